//! Connections to a PostgreSQL server, for the shared limiter and for the ledger of `mps-jobs`.
//!
//! Not covered by semantic versioning, because the types of the protocol's crate are visible here.

mod connection;
mod failure;
mod passfile;
mod server;
mod text;
mod tls;
mod url;

pub use self::{
    connection::{Connection, StatementResult},
    failure::{Failure, FailureKind},
    server::Server,
    text::{identifier, literal},
};

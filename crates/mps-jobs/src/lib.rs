//! A durable record of every billed task: its intent, its send, the answer, and its files.
//!
//! A [`Ledger`](ledger::Ledger) records an intent before a byte leaves, so that a crash at any moment
//! leaves one of two things behind: a request that was provably not sent, or one that is **in doubt**
//! and is never sent again without a person's decision. Its store is a file of this machine (SQLite)
//! or a PostgreSQL server that several hosts share.
//!
//! | part | module |
//! |---|---|
//! | states and transitions of a row, without I/O | [`state`] |
//! | the ledger: operations, stores, seal | [`ledger`] |
//! | the content hash of a request | [`content_hash`] |
//!
//! # Features
//! - `reqwest` (default): the HTTP transport, over rustls.
//! - `test-util`: test doubles, see `mps_core`.
//! - `postgres`: ledgers in a PostgreSQL server, which several hosts share.
//! - `failpoints`: ends the process at a named place, for tests of crashes.

mod amount;
mod doubt;
mod error;
mod events;
#[cfg(feature = "failpoints")]
pub mod failpoint;
mod gate;
mod hash;
mod job;
mod jobs;
pub mod ledger;
mod machine;
mod out;
mod report;
mod request;
mod runner;
mod settings;
pub mod state;
mod step;
mod submit;

pub use amount::{Amount, InvalidAmount};
pub use doubt::{DoubtPage, Tried};
pub use error::JobsError;
pub use events::JobEvent;
pub use gate::LedgerGate;
pub use hash::content_hash;
pub use job::{Job, JobFile, JobView, Utc};
pub use jobs::Jobs;
pub use ledger::{Key, Resolution};
pub use ledger::{Ledger, LedgerError, LedgerErrorKind};
pub use mps_aigc as aigc;
pub use report::{Report, Stopped, Unrecorded};
pub use request::Priced;
pub use state::State;
pub use step::Step;
pub use submit::Submit;

/// Returns a future that is never ready: the `shutdown` of a run that ends by itself.
pub fn never() -> std::future::Pending<()> {
    std::future::pending()
}

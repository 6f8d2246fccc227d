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

#[cfg(feature = "failpoints")]
pub mod failpoint;
mod hash;
pub mod ledger;
mod machine;
pub mod state;

pub use hash::content_hash;
pub use ledger::{Ledger, LedgerError, LedgerErrorKind};
pub use mps_aigc as aigc;
pub use state::State;

//! Durable jobs on Tencent Cloud MPS: each request is recorded under a key, sent once, followed and
//! fetched, across crashes, restarts and hosts.
//!
//! ```no_run
//! use mps_jobs::{Jobs, aigc::{Aigc, models::CreateAigcVideoTask}};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let jobs = Jobs::open("clips.db").await?.max_seconds(3_000); // or postgres://...
//! let fox = CreateAigcVideoTask::new().model_name("Kling").prompt("a fox in the snow").duration(5);
//! jobs.submit("fox", fox).out("clips/{key}.{ext}").await?; // same key, same job, one bill
//! let report = jobs.run_until_empty(Aigc::from_env()?, mps_jobs::never()).await?;
//! for doubt in report.in_doubt() {
//!     println!("{doubt}"); // key, when, what to do
//! }
//! println!("{report}"); // 1 fetched, 5 of 3,000 s
//! # Ok(())
//! # }
//! ```
//!
//! - [`Jobs::run`] does what was submitted until it is shut down, beside a web service for example;
//!   [`Jobs::run_until_empty`] does a batch; [`Jobs::step`] is one idempotent call for a workflow engine.
//!   `examples/web_service.rs` and `examples/batch.rs` are complete programs.
//! - A request that may have been billed is **never sent again by itself**. Such a job is in doubt, and
//!   [`Report::in_doubt`] has the [page](DoubtPage) with which a person finds out;
//!   [`Jobs::resolve`] records the decision.
//! - Caps on seconds and money are compared in the transaction that records the intent to send, so
//!   that no number of processes exceeds them.
//! - [`Jobs::get`] and [`Jobs::events`] read the ledger and never ask the service. So does the command
//!   `mps`: `mps --ledger clips.db tasks --in-doubt` lists, `show` and `resolve` take `BATCH/KEY`.
//!
//! Below is the [`Ledger`]. It records an intent before a byte leaves, so that a crash
//! at any moment leaves one of two things behind: a request that was provably not sent, or one that is
//! in doubt. Its store is a file of this machine (SQLite) or a PostgreSQL server that several hosts
//! share.
//!
//! | part | module |
//! |---|---|
//! | states and transitions of a row, without I/O | [`state`] |
//! | the ledger: operations, stores, seal | [`ledger`] |
//! | the content hash of a request | [`content_hash`] |
//! | the call gate that arms a row as late as possible | [`LedgerGate`] |
//! | a file of requests, and what it would cost | [`manifest`], [`plan`] |
//!
//! # Features
//! - `reqwest` (default): the HTTP transport, over rustls.
//! - `test-util`: test doubles, see `mps_core`.
//! - `postgres`: ledgers in a PostgreSQL server, which several hosts share.
//! - `gallery`: [`gallery::Gallery`], the page that shows a batch with its results.
//! - `failpoints`: ends the process at a named place, for tests of crashes.

mod amount;
mod batch;
mod doubt;
mod error;
mod events;
#[cfg(feature = "failpoints")]
pub mod failpoint;
#[cfg(feature = "gallery")]
pub mod gallery;
mod gate;
mod hash;
mod job;
mod jobs;
pub mod ledger;
mod machine;
pub mod manifest;
mod out;
pub mod plan;
mod prices;
mod report;
mod request;
mod runner;
mod settings;
pub mod state;
mod state_folder;
mod step;
mod submit;

pub use amount::{Amount, InvalidAmount};
pub use batch::{BatchError, ChangedRow, PrepareOptions, PreparedBatch};
pub use doubt::{DoubtPage, Tried};
pub use error::JobsError;
pub use events::JobEvent;
pub use gate::LedgerGate;
pub use hash::content_hash;
pub use job::{Job, JobFile, JobView, Utc};
pub use jobs::Jobs;
pub use ledger::{Key, Resolution};
pub use ledger::{Ledger, LedgerError, LedgerErrorKind, PeekedTask, peek_tasks};
pub use manifest::Manifest;
pub use mps_aigc as aigc;
pub use plan::Plan;
pub use prices::{PriceTable, PriceTableError};
pub use report::{Report, Stopped, Unrecorded};
pub use request::Priced;
pub use state::State;
pub use state_folder::state_folder_from_env;
pub use step::Step;
pub use submit::Submit;

/// Returns a future that is never ready: the `shutdown` of a run that ends by itself.
pub fn never() -> std::future::Pending<()> {
    std::future::pending()
}

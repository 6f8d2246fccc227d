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
//! # Dependencies
//! The crates are not on crates.io yet. The second line names the runtime:
//!
//! ```sh
//! cargo add mps-jobs --git https://github.com/mps-aigc/mps-aigc    # or: --path ../mps/crates/mps-jobs
//! cargo add tokio --features macros,rt-multi-thread
//! cargo add futures-util                                            # for the stream of events
//! ```
//!
//! Requests and the client are [`aigc`], so that `mps-aigc` is no dependency of its own.
//!
//! # Examples
//! **Run beside a service.** [`Jobs`] is `Clone`, and clones share the ledger: one clone runs, the others
//! submit. [`Jobs::run`] takes the client by value and a future that ends it.
//!
//! ```no_run
//! use mps_jobs::{Jobs, aigc::Aigc};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let jobs = Jobs::open("clips.db").await?
//!     .batch("spring") // unique keys are those of a batch; default: jobs
//!     .folder("/srv/clips") // of the results; default: the current folder
//!     .account("studio"); // who pays, for limit and caps; default: the account of the client
//! let running = tokio::spawn(jobs.clone().run(Aigc::from_env()?, mps_jobs::shutdown_signal()));
//! // ... submit, get and resolve with `jobs` ...
//! let report = running.await??;
//! println!("{report}");
//! # Ok(())
//! # }
//! ```
//!
//! **Submit and ask.** [`Jobs::submit`] returns the [`Job`], a known one as it is. The same key with
//! another request is [`JobsError::Differs`]. [`Jobs::get`] returns `None` for an unknown key.
//!
//! ```no_run
//! # use mps_jobs::{Jobs, JobsError, State, aigc::models::CreateAigcVideoTask};
//! # async fn example(jobs: Jobs, request: CreateAigcVideoTask) -> Result<(), JobsError> {
//! match jobs.submit("fox", request).await {
//!     Ok(job) => println!("{}: {}", job.key(), job.state()), // fox: planned
//!     Err(JobsError::Differs { key, members }) => println!("{key} differs in {members:?}"),
//!     Err(error) => return Err(error),
//! }
//! if let Some(job) = jobs.get(&"fox".parse()?).await?
//!     && job.state() == State::Fetched
//! {
//!     println!("{}", job.files()[0].path.display());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Any action.** [`Jobs::submit_untyped`] takes JSON as the API documents it.
//!
//! ```no_run
//! # async fn example(jobs: mps_jobs::Jobs) -> Result<(), Box<dyn std::error::Error>> {
//! use mps_jobs::aigc::UntypedCall;
//!
//! let body = serde_json::value::to_raw_value(&serde_json::json!({"Prompt": "a map"}))?;
//! jobs.submit_untyped("map", UntypedCall::new("CreateAigcImageTask", body)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! **Follow changes.** The items of [`Jobs::events`] are `Result<JobEvent, JobsError>`.
//!
//! ```no_run
//! # async fn example(jobs: mps_jobs::Jobs) -> Result<(), mps_jobs::JobsError> {
//! use futures_util::TryStreamExt;
//!
//! let mut events = std::pin::pin!(jobs.events());
//! while let Some(event) = events.try_next().await? {
//!     println!("{}: {:?} -> {}", event.key, event.was, event.state);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **A file of requests**, and the counters of its [`Report`]; `docs/batch.md` has the format.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use mps_jobs::{Jobs, Manifest, PrepareOptions, State, aigc::Aigc};
//!
//! let manifest = Manifest::open("foxes.jsonl")?;
//! let jobs = Jobs::open("clips.db").await?.batch("foxes").folder("clips").max_seconds(3_000);
//! let batch = jobs.prepare(&manifest, PrepareOptions::default()).await?;
//! let report = batch.run(&Aigc::from_env()?, mps_jobs::never()).await?;
//! println!("{} fetched, {} failed", report.count(State::Fetched), report.count(State::Failed));
//! println!("complete: {}, not saved: {:?}", report.is_complete(), report.unsaved);
//! if let Some(reason) = &report.stopped {
//!     println!("not all was sent: {reason}"); // a cap, the account, the service, ...
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Decide about a job in doubt**, after a person has looked into the vendor's console.
//!
//! ```no_run
//! # async fn example(jobs: mps_jobs::Jobs) -> Result<(), mps_jobs::JobsError> {
//! use mps_jobs::{Key, Resolution};
//!
//! let key: Key = "fox".parse()?;
//! jobs.resolve(&key, Resolution::TaskId("2600000146-AigcVideo-a36d1b37".to_owned())).await?; // it exists
//! // or Resolution::Recreate (certainly not: send it again), or Resolution::Abandon (give it up)
//! # Ok(())
//! # }
//! ```
//!
//! # The ledger
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
//! | feature | brings |
//! |---|---|
//! | `reqwest` (default) | the HTTP transport |
//! | `tls` (default) | its TLS, by rustls; without it only `http://` is called, such as an emulator |
//! | `test-util` | test doubles, see `mps_core` |
//! | `postgres` | ledgers in a PostgreSQL server, which several hosts share |
//! | `gallery` | [`gallery::Gallery`], the page that shows a batch with its results |
//! | `failpoints` | ends the process at a named place, for tests of crashes |
#![cfg_attr(docsrs, feature(doc_cfg))]

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
mod secrets;
mod settings;
mod shutdown_signal;
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
pub use hash::{MEDIA_FOLDER, content_hash, uploaded_hash};
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
pub use shutdown_signal::shutdown_signal;
pub use state::State;
pub use state_folder::state_folder_from_env;
pub use step::Step;
pub use submit::Submit;

/// Returns a future that is never ready: the `shutdown` of a run that ends by itself.
pub fn never() -> std::future::Pending<()> {
    std::future::pending()
}

//! Tencent Cloud MPS AI generation on this machine: for tests and demos, without network, money
//! or credentials.
//!
//! It is as strict as the service where it can be: it verifies every signature over the bytes it
//! receives, keeps the documented limits, holds requests to the specification and answers with
//! the service's error codes. Tasks wait, run and end by a clock that a test can hold still.
//! Results are videos, images and songs that open. What an account would have paid is on a bill, so that a test can
//! assert that nothing was paid twice.
//!
//! ```
//! use mps_emulator::Emulator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::start().await?;
//!
//! // Hand these to a client, and let it work.
//! println!("{} {} {}", emulator.endpoint(), emulator.secret_id(), emulator.secret_key());
//!
//! assert_eq!(emulator.bill().duplicates, 0);
//! emulator.stop().await?;
//! # Ok(())
//! # }
//! ```
//!
//! - [`Emulator`] listens on a loopback port. [`Service`] is the same without a socket, a function
//!   from request to response, and [`InProcess`] carries a client's requests to it, for tests
//!   that run in virtual time.
//! - A marker in the prompt, or what takes its place, decides how a task ends: `[emulator:fail]`,
//!   `[emulator:fail=MESSAGE]`, `[emulator:refuse=CODE]`.
//! - A [`Fault`] lets requests go wrong: refused, slow, cut off, or executed and then not answered.
//! - [`VirtualClock`] holds time still, moves it and speeds it up. [`Snapshot`] is the whole state, to be
//!   kept and put back; [`Builder::state_file`] does so across restarts.
//! - Everything the Rust API shows is also to be had as JSON under `/_emulator/v1/`.
//!
//! `docs/emulator.md` in the repository says what is faithful, what is guessed and why, and what
//! is not there.

mod account;
mod api;
mod bill;
mod builder;
mod clock;
mod control;
mod emulator;
mod exchange;
mod faults;
mod ids;
mod inner;
mod limit;
mod log;
mod marker;
mod media;
mod operations;
mod refusal;
mod reply;
mod results;
mod server;
mod service;
mod settings;
mod snapshot;
mod start_error;
mod state;
mod state_file;
mod task_record;
mod tasks;
mod temporary;
mod transport;

pub use bill::{Bill, BillItem};
pub use builder::Builder;
pub use clock::{BadRate, ClockState, VirtualClock};
pub use emulator::Emulator;
pub use faults::{BadFault, Fault};
pub use limit::RateLimit;
pub use log::{DOWNLOADS_TARGET, DownloadRecord, Outcome, REQUESTS_TARGET, RequestRecord};
pub use service::Service;
pub use settings::BucketUrls;
pub use snapshot::{Snapshot, SnapshotError};
pub use start_error::StartError;
pub use task_record::{ResultState, TaskRecord};
pub use tasks::{Durations, Spread, TaskFamily};
pub use temporary::TemporaryCredentials;
pub use transport::InProcess;

/// A time in microseconds, as the control API counts it.
fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

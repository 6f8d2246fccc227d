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

mod api;
mod emulator;
mod engine;
mod faults;
mod http;
mod lock;
mod media;

pub use api::{
    snapshot::{Snapshot, SnapshotError},
    task_record::{ResultState, TaskRecord},
};
pub use emulator::{
    Emulator, builder::Builder, in_process::InProcess, service::Service, start_error::StartError,
};
pub use engine::{
    bill::{Bill, BillItem},
    clock::{ClockState, InvalidRate, VirtualClock},
    limits::RateLimit,
    log::{DOWNLOADS_TARGET, DownloadRecord, Outcome, REQUESTS_TARGET, RequestRecord},
    settings::BucketUrls,
    tasks::{Durations, Spread},
    temporary_credentials::TemporaryCredentials,
};
pub use faults::{Fault, InvalidFault};
pub use mps_models::TaskFamily;

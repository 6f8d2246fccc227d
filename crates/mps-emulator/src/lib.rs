//! An emulator of the Tencent Cloud MPS AI generation service, for tests and demos without network,
//! money or credentials.
//!
//! It is as strict as the service where the service's behaviour is known: it verifies every
//! signature over the received bytes, enforces the documented limits, checks requests against the
//! specification and returns the service's error codes. Tasks wait, run and end by a clock that a
//! test can freeze. Results are playable videos, images and songs. A bill shows the cost of every
//! call, so that a test can assert that nothing was paid twice.
//!
//! # Examples
//! For example, an emulator in a test:
//! ```
//! use mps_emulator::Emulator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::start().await?;
//!
//! // Configure a client with these.
//! println!("{} {} {}", emulator.endpoint(), emulator.secret_id(), emulator.secret_key());
//!
//! assert_eq!(emulator.bill().duplicates, 0);
//! emulator.stop().await?;
//! # Ok(())
//! # }
//! ```
//!
//! - [`Emulator`] listens on a loopback port. [`Service`] is the same without a socket, a function
//!   from request to response, and [`InProcess`] is a transport to it, for tests in virtual time.
//! - A marker in the prompt decides how a task ends, for example `[emulator:fail]`,
//!   `[emulator:fail=MESSAGE]` or `[emulator:refuse=CODE]`.
//! - A [`Fault`] makes requests fail: refused, slow, cut off, or executed without an answer.
//! - [`VirtualClock`] freezes, advances and accelerates time. [`Snapshot`] is the whole state,
//!   which can be saved and restored; [`Builder::state_file`] does so across restarts.
//! - The control API under `/_emulator/v1/` offers the same as the Rust API, as JSON.
//!
//! # Features
//! | feature | brings |
//! |---|---|
//! | `tls` | HTTPS, with a certificate made at the start |
//!
//! `docs/emulator.md` in the repository lists the faithful, the estimated and the missing
//! behaviour, with reasons.
#![cfg_attr(docsrs, feature(doc_cfg))]

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

//! Generation of video, images and sound with Tencent Cloud MPS: create a task, wait for it,
//! download the file.
//!
//! ```no_run
//! # async fn example() -> Result<(), mps_aigc::Error> {
//! use mps_aigc::{Aigc, models::CreateAigcVideoTask};
//!
//! let aigc = Aigc::from_env()?;
//! let request = CreateAigcVideoTask::new().model_name("Hunyuan").prompt("move the picture").duration(5);
//! let task = aigc.video().create(&request).await?;
//! println!("task {}", task.id()); // Keep it: the wait can be resumed from the id alone.
//! let done = task.until_done().await?;
//! for file in done.results().save_all("cat.mp4").await? {
//!     println!("{} ({} bytes)", file.path.display(), file.bytes);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - A create is **never sent twice** when the first request may have been executed: the error is
//!   then in doubt, see [`Error::in_doubt`]. A create whose future is dropped loses no task id, see
//!   [`Tasks::create`].
//! - A [`Task`] can be rebuilt from its id or its [`TaskHandle`], in another process, a day later.
//! - All waits of a client share one poll scheduler, which learns when tasks finish:
//!   [`Aigc::watch_all`] watches 100,000 tasks as a stream of [`Event`]s within 40 polls a second.
//! - A wait ends at its deadline and not because a poll failed, see [`WaitOptions`]; the error has
//!   the task id.
//! - The service keeps most results for 12 hours. Downloads resume, also in another process, are
//!   checked for length, checksum and kind, hashed, and appear under their name only when they are
//!   complete. No file is replaced. See [`RemoteFile`] and [`DownloadOptions`].
//! - Every [`Error`] has a kind to match on and [`advice`](Error::advice) on the next step.
//!
//! Every setting of the underlying client is available through [`Aigc::builder`], and its crate as
//! [`core`]. Requests and answers are in [`models`].
//!
//! # Features
//! | feature | brings |
//! |---|---|
//! | `reqwest` (default) | the HTTP transport |
//! | `tls` (default) | its TLS, by rustls; without it only `http://` is called, such as an emulator |
//! | `file-limit` | a rate limit shared by all processes of a machine (Unix) |
//! | `redis`, `redis-tls` | a rate limit shared by hosts, without and with TLS |
//! | `postgres` | a rate limit shared by hosts through a PostgreSQL server, with TLS |
//! | `test-util` | test doubles, see [`core`] |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod any_task;
mod client;
mod destination;
mod done;
mod error;
mod family;
mod fetch;
mod file_name;
#[rustfmt::skip]
mod generated;
mod handle;
mod name_template;
mod place;
mod results;
mod task;
mod watch;

pub use any_task::AnyTask;
pub use client::Aigc;
pub use destination::Destination;
pub use done::Done;
pub use error::{Error, ErrorKind, UnknownErrorKind};
pub use family::{Create, Family, Snapshot};
pub use fetch::{Delivered, DownloadOptions, DownloadProgress, ExistingFile, SavedFile};
/// For the crates of this workspace.
#[doc(hidden)]
pub use file_name::{is_invisible, is_reserved};
pub use generated::{Audio, Image, Scenario, Video};
pub use handle::{AccountHash, HandleError, TaskHandle};
pub use mps_core as core;
pub use mps_core::{
    Advice, CallHandle, CallOptions, Client, ClientBuilder, Dispatch, Intent, Observer,
    PreflightLevel, Prepared, RawBody, UntypedCall,
    credentials::{self, Credentials},
    endpoint::{Endpoint, Site},
    telemetry,
};
pub use mps_models as models;
pub use mps_models::{MediaKind, TaskFamily};
pub use results::{
    CosFolder, CosObject, DoneAt, Expected, JsonText, JsonTextError, Location, RemoteFile,
    ResultFile, Results, TaskResults, TimeBasis,
};
pub use task::{Task, Tasks};
pub use watch::{
    Curve, Curves, Eta, Event, Events, FixedPause, LearnedPolicy, Outcomes, PollInput,
    PollSettings, PollingPolicy, WaitOptions,
};

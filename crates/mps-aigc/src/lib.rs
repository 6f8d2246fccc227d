//! Generate video, pictures and sound with Tencent Cloud MPS: create a task, wait for it, fetch the
//! file.
//!
//! ```no_run
//! # async fn example() -> Result<(), mps_aigc::Error> {
//! use mps_aigc::{Aigc, Credentials, models::CreateAigcVideoTask};
//!
//! let aigc = Aigc::builder().credentials(Credentials::new("AKIDEXAMPLE", "not a real key")).build()?;
//! let request = CreateAigcVideoTask::new().model_name("Hunyuan").prompt("move the picture").duration(5);
//! let task = aigc.video().create(&request).await?;
//! println!("task {}", task.id()); // Keep it: the wait can be resumed from the id alone.
//! let done = task.wait().await?;
//! for file in done.download("cat.mp4").await? {
//!     println!("{} ({} bytes)", file.path.display(), file.bytes);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - A create is **never sent twice** when the first may have been executed: the error then says
//!   so, see [`Error::in_doubt`].
//! - A [`Task`] can be rebuilt from its id, in another process, tomorrow.
//! - Waiting ends at its deadline and not because a poll failed; the error keeps the task id.
//! - Results live for 12 hours. Downloads resume, are checked for length, hashed, and appear under
//!   their name only when they are whole.
//!
//! # Features
//! - `reqwest` (default): the HTTP transport, over rustls.

mod client;
mod destination;
mod download;
mod error;
mod family;
#[rustfmt::skip]
mod generated;
mod task;
mod watch;

pub use client::{Aigc, AigcBuilder};
pub use destination::Destination;
pub use download::SavedFile;
pub use error::{Error, ErrorKind};
pub use family::{Create, Family, Snapshot};
pub use generated::{Audio, Image, Scenario, Video};
pub use mps_core::{
    CallOptions, Client, Dispatch, PreflightLevel, Prepared, RawBody, UntypedCall,
    credentials::{self, Credentials},
    endpoint::{Endpoint, Site},
    telemetry,
};
pub use mps_models as models;
pub use task::{Done, Task, Tasks};
pub use watch::WaitOptions;

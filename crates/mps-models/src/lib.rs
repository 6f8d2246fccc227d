//! What the AI generation API of Tencent Cloud MPS (version 2019-06-12) is: its requests, its
//! answers and the rules a request has to keep. Serde types and plain data, no I/O.
//!
//! ```
//! use mps_models::{Action, CreateAigcVideoTask, preflight::Preflight};
//!
//! let request = CreateAigcVideoTask::new()
//!     .model_name("Hunyuan")
//!     .prompt("move the picture")
//!     .duration(5);
//!
//! assert!(request.preflight().is_ok());
//! assert_eq!(CreateAigcVideoTask::INFO.rate_limit, 10);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! - A request struct carries the name of its action, its answer that name and `Response`.
//!   [`Action`] ties the two together and says what executing the action does.
//! - Fields are public and follow the wire: `ImageUrl` is `image_url`. Whatever the
//!   documentation calls optional is an `Option` or a `Vec`; a `null` and a member that is
//!   missing read the same, since the published flags are unreliable.
//! - Members that no schema names are kept in `extra` and sent on unchanged.
//! - Value sets on which a program branches are open enums: an unknown value is kept, never an
//!   error. All other names, those of models above all, are plain text.
//! - [`Preflight`](preflight::Preflight) finds what the service would refuse before a request is sent and paid for.
//! - [`capabilities`] are tables of what each model can do, for programs that offer a choice.
//! - `Debug` never shows a prompt or a URL, which may be pre-signed.
//!
//! The types are generated from the files under `spec/`; `cargo xtask codegen` writes them.

mod action;
mod billing;
pub mod capabilities;
mod de;
mod open_enum;
pub mod preflight;
mod redact;
pub mod schema;
pub mod service;
mod task_family;

#[rustfmt::skip]
mod generated;

pub use action::{Action, ActionInfo, ActionVisitor, Effect, action};
pub use generated::*;
pub use open_enum::{TaskPhase, UnknownValue};
pub use task_family::{TaskFamilyInfo, UnknownFamily};

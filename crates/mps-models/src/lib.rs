//! The AI generation API of Tencent Cloud MPS (version 2019-06-12) as types and data: requests,
//! responses and the rules for requests. Serde types and plain data, no I/O.
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
//! - A request struct has the name of its action; the response struct has that name and `Response`.
//!   [`Action`] connects the two and states the effect of the action.
//! - Fields are public and named after the members: `ImageUrl` is `image_url`. A member that the
//!   documentation calls optional is an `Option` or a `Vec`; `null` and a missing member read the
//!   same, since the published flags are unreliable.
//! - Members that no schema names are kept in `extra`, of requests and of responses, and sent
//!   unchanged.
//! - Value sets on which a program branches are open enums: an unknown value is kept and is never
//!   an error. All other names, for example those of models, are plain text.
//! - [`Preflight`](preflight::Preflight) finds the mistakes that the service would refuse before a
//!   request is sent and paid for.
//! - [`models`] are the names of models and versions as constants, [`schema`] describes every message
//!   as data and as JSON Schema.
//! - [`capabilities`] are tables of the features of each model, for programs that offer a choice.
//! - `Debug` never shows a prompt or a URL, which may be pre-signed.
//!
//! The crate has no features.
//! The types are generated from the files under `spec/`; `cargo xtask codegen` writes them.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod action;
mod billing;
pub mod capabilities;
mod de;
mod media_kind;
mod open_enum;
pub mod preflight;
mod redact;
pub mod schema;
mod ser;
pub mod service;
mod task_family;

#[rustfmt::skip]
mod generated;

pub use action::{Action, ActionInfo, ActionVisitor, Effect, action};
pub use generated::*;
pub use media_kind::{MediaKind, UnknownMediaKind};
pub use open_enum::{TaskPhase, UnknownValue};
pub use task_family::{Confirmation, ResultKind, ResultSource, TaskFamilyInfo, UnknownFamily};

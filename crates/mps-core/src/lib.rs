//! Calls of Tencent Cloud MPS: checked before they cost anything, held to the rate limit, signed
//! with TC3-HMAC-SHA256, and retried only where that cannot bill twice.
//!
//! | step | module |
//! |---|---|
//! | credentials, kept out of logs | [`credentials`] |
//! | endpoints and failover | [`endpoint`] |
//! | permits: at most N starts in any window of one second | [`limit`] |
//! | signatures, stage by stage | [`sign`] |
//! | HTTP | [`transport`] |
//! | retries | [`retry`] |
//! | errors: the cause, and how far the request got | [`Error`], [`Dispatch`], [`Advice`] |
//! | a check before each attempt, and outcomes without a caller | [`Gate`], [`Observer`], [`CallHandle`] |
//! | spans, events and metrics | [`telemetry`] |
//! | time, injected | [`clock`] |
//! | text from outside, escaped | [`text`] |
//!
//! [`Client`] combines them. For whole tasks, from creation to the downloaded file, use the crate
//! `mps-aigc`.
//!
//! # Features
//! | feature | brings |
//! |---|---|
//! | `reqwest` (default) | the HTTP transport |
//! | `tls` (default) | its TLS, by rustls; without it only `http://` is called, such as an emulator |
//! | `file-limit` | a rate limit shared by all processes of a machine (Unix) |
//! | `redis` | a rate limit shared by hosts |
//! | `redis-tls` | the same over TLS (`rediss://`) |
//! | `postgres` | a rate limit shared by hosts through a PostgreSQL server, with TLS |
//! | `test-util` | a clock that tests step by hand ([`clock::TestClock`]) and a scripted transport ([`transport::ScriptedTransport`]) |
#![cfg_attr(docsrs, feature(doc_cfg))]

use std::pin::Pin;

mod call;
mod client;
pub mod clock;
pub mod credentials;
pub mod endpoint;
mod envelope;
mod error;
pub mod limit;
mod names;
#[cfg(feature = "postgres")]
#[doc(hidden)]
pub mod postgres;
pub mod retry;
pub mod sign;
#[doc(hidden)]
pub mod sync;
pub mod telemetry;
pub mod text;
#[cfg(all(
    feature = "tls",
    any(feature = "reqwest", feature = "redis-tls", feature = "postgres")
))]
mod tls;
pub mod transport;
mod wire;

pub use call::{
    CallEnd, CallHandle, CallOptions, Gate, GateError, Intent, Observer, Output, PreflightLevel,
    Prepared, RawBody, UntypedCall,
};
pub use client::{Client, ClientBuilder};
pub use error::{Advice, Dispatch, Error, ErrorKind, StopReason};
pub use names::UnknownName;

/// A boxed future that can be sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

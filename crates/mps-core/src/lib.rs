//! One call to Tencent Cloud MPS, done right: checked before it costs anything, held to the rate
//! limit, signed with TC3-HMAC-SHA256, and tried again only where that cannot bill twice.
//!
//! | step | module |
//! |---|---|
//! | keys that never show | [`credentials`] |
//! | where calls go | [`endpoint`] |
//! | permits: at most N starts in any one second | [`limit`] |
//! | signatures, stage by stage | [`sign`] |
//! | bytes on the wire | [`transport`] |
//! | what may be tried again | [`retry`] |
//! | what went wrong, and how far it got | [`Error`], [`Dispatch`] |
//! | what calls tell: spans, events, metrics | [`telemetry`] |
//! | time, injected | [`clock`] |
//! | text from outside, escaped | [`text`] |
//!
//! [`Client`] puts them in order. For whole tasks, from creation to the downloaded file, use the
//! crate `mps-aigc`.
//!
//! # Features
//! - `reqwest` (default): the HTTP transport, over rustls.
//! - `file-limit`: a rate limit shared by all processes of a machine (Unix).
//! - `redis`: a rate limit shared by hosts.
//! - `redis-tls`: the same over TLS (`rediss://`).
//! - `test-util`: a clock that tests step by hand ([`clock::TestClock`]) and a scripted transport
//!   ([`transport::ScriptedTransport`]).

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
pub mod retry;
pub mod sign;
pub mod telemetry;
pub mod text;
#[cfg(any(feature = "reqwest", feature = "redis-tls"))]
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

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

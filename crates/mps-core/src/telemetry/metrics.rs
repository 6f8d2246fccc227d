//! The hook for counters and histograms of calls.

use std::{fmt, time::Duration};

use mps_models::Effect;

use crate::{
    endpoint::BreakerState,
    error::{Dispatch, Error, ErrorKind, StopReason},
};

/// Receives the events of calls. By default every method does nothing.
///
/// The client calls these methods on the task of the call, so they must be quick and must not block.
/// Their arguments are borrowed and contain no keys, tokens, bodies or prompts. A call that is dropped
/// before its end causes no further events.
///
/// # Examples
/// ```
/// use std::{sync::atomic::{AtomicU64, Ordering}, time::Duration};
/// use mps_core::telemetry::{CallInfo, Failure, Metrics};
///
/// #[derive(Debug, Default)]
/// struct Retries(AtomicU64);
///
/// impl Metrics for Retries {
///     fn retrying(&self, _: CallInfo<'_>, _: &Failure<'_>, _: Duration) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
/// ```
#[expect(
    unused_variables,
    reason = "names document arguments that the default ignores"
)]
pub trait Metrics: fmt::Debug + Send + Sync {
    /// Records that the limiter granted a permit after `waited`.
    fn permit_waited(&self, call: CallInfo<'_>, waited: Duration) {}

    /// Records the end of an attempt, with or without success.
    fn attempt_ended(&self, call: CallInfo<'_>, attempt: &AttemptEnded<'_>) {}

    /// Records that an attempt failed and that another one follows after `pause`.
    fn retrying(&self, call: CallInfo<'_>, failure: &Failure<'_>, pause: Duration) {}

    /// Records that the service throttled an attempt. The limiter leaves more room afterwards.
    fn throttled(&self, call: CallInfo<'_>, failure: &Failure<'_>) {}

    /// Records that a call is in doubt: it may have been executed and billed. Should raise an alert.
    fn in_doubt(&self, call: CallInfo<'_>, failure: &Failure<'_>) {}

    /// Records that the service refused a token and that the credentials were refreshed.
    fn credentials_refreshed(&self, call: CallInfo<'_>, outcome: RefreshOutcome) {}

    /// Records that the circuit breaker of an endpoint opened, half-opened or closed.
    fn breaker_changed(&self, host: &str, state: BreakerState) {}

    /// Records the end of a call, with or without success. Calls that preflight refuses cause no event.
    fn call_ended(&self, call: CallInfo<'_>, ended: &CallEnded<'_>) {}
}

/// The call that an event belongs to.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallInfo<'a> {
    /// Name of the action.
    pub action: &'a str,
    /// The effect of executing it.
    pub effect: Effect,
}

/// The end of one attempt.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptEnded<'a> {
    /// Number of the attempt, from 1.
    pub number: u32,
    /// Host of the endpoint, with the port unless it is the scheme's default.
    pub host: &'a str,
    /// Time from handing the request to the transport to the end of the response.
    pub took: Duration,
    /// Status of the HTTP response, if a whole one was received.
    pub http_status: Option<u16>,
    /// Length of the request's body, in bytes.
    pub sent_bytes: usize,
    /// Length of the response's body in bytes, if a whole one was received.
    pub received_bytes: Option<usize>,
    /// Request id for the vendor's support, if a response had one.
    pub request_id: Option<&'a str>,
    /// The failure, or `None` after a success.
    pub failure: Option<Failure<'a>>,
}

/// The end of one call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallEnded<'a> {
    /// The number of times that the request was passed to the transport.
    pub attempts: u32,
    /// Duration of the call, waiting included.
    pub took: Duration,
    /// Request id for the vendor's support, if a response had one.
    pub request_id: Option<&'a str>,
    /// The failure, or `None` after a success.
    pub failure: Option<Failure<'a>>,
}

/// A failure without any text of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure<'a> {
    /// The kind of the error.
    pub kind: ErrorKind,
    /// The progress of the request.
    pub dispatch: Dispatch,
    /// Error code of the service.
    pub code: Option<&'a str>,
    /// Status of the HTTP response.
    pub http_status: Option<u16>,
    /// Request id for the vendor's support.
    pub request_id: Option<&'a str>,
    /// The reason why there is no retry; set only at the end of a call.
    pub stopped: Option<StopReason>,
}

impl<'a> Failure<'a> {
    pub(crate) fn of(error: &'a Error) -> Self {
        Self {
            kind: error.kind(),
            dispatch: error.dispatch(),
            code: error.code(),
            http_status: error.http_status(),
            request_id: error.request_id(),
            stopped: error.stopped(),
        }
    }
}

/// The outcome of a request for fresh credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshOutcome {
    /// New credentials, with which the call is retried.
    Renewed,
    /// The same credentials, which would be refused again.
    Unchanged,
    /// No credentials, or not in time.
    Failed,
}

impl RefreshOutcome {
    /// Returns the name used in events: `renewed`, `unchanged` or `failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        }
    }
}

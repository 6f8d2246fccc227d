//! The hook for counters and histograms.

use std::{fmt, time::Duration};

use mps_models::Effect;

use crate::{
    endpoint::BreakerState,
    error::{Dispatch, Error, ErrorKind, StopReason},
};

/// Told what happens to calls, to be counted. Every method does nothing unless it is written.
///
/// Methods are called where the thing happens, on the task that calls: they must be quick and must
/// not block. What they are given is borrowed, cheap, and free of keys, tokens, bodies and prompts.
/// A call that is dropped before its end is not heard of again.
///
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
    reason = "the names say what the default does without"
)]
pub trait Metrics: fmt::Debug + Send + Sync {
    /// The limiter let an attempt start, so long after it was asked.
    fn permit_waited(&self, call: CallInfo<'_>, waited: Duration) {}

    /// An attempt came to its end, good or bad.
    fn attempt_ended(&self, call: CallInfo<'_>, attempt: &AttemptEnded<'_>) {}

    /// An attempt failed, and another one follows after `pause`.
    fn retrying(&self, call: CallInfo<'_>, failure: &Failure<'_>, pause: Duration) {}

    /// The service throttled an attempt, which the limiter learns from.
    fn throttled(&self, call: CallInfo<'_>, failure: &Failure<'_>) {}

    /// A call may have been executed and billed, and nobody knows. Wants an alert.
    fn in_doubt(&self, call: CallInfo<'_>, failure: &Failure<'_>) {}

    /// The service refused a token, and the credentials were asked for anew.
    fn credentials_refreshed(&self, call: CallInfo<'_>, outcome: RefreshOutcome) {}

    /// An access point's breaker, named by its host, opened, half-opened or closed.
    fn breaker_changed(&self, host: &str, state: BreakerState) {}

    /// A call came to its end, good or bad. Not told of calls that preflight refuses.
    fn call_ended(&self, call: CallInfo<'_>, ended: &CallEnded<'_>) {}
}

/// Which call it is about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallInfo<'a> {
    /// Name of the action.
    pub action: &'a str,
    /// The effect of executing it.
    pub effect: Effect,
}

/// One attempt.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptEnded<'a> {
    /// The call's first attempt is 1.
    pub number: u32,
    /// Host that it went to, with the port where it is not the scheme's own.
    pub host: &'a str,
    /// From handing the request to the transport to the end of its answer.
    pub took: Duration,
    /// The id to quote to the vendor's support, if an answer had one.
    pub request_id: Option<&'a str>,
    /// The failure, or `None` after a success.
    pub failure: Option<Failure<'a>>,
}

/// One call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallEnded<'a> {
    /// The number of times that the request was passed to the transport.
    pub attempts: u32,
    /// From the call to its end, waiting included.
    pub took: Duration,
    /// The id to quote to the vendor's support, if an answer had one.
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
    /// The service's error code.
    pub code: Option<&'a str>,
    /// Status of the HTTP answer.
    pub http_status: Option<u16>,
    /// The id to quote to the vendor's support.
    pub request_id: Option<&'a str>,
    /// Why it is not tried again; known only at the end of a call.
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
    /// Others, which the call is tried again with.
    Renewed,
    /// The same again, which would be refused again.
    Unchanged,
    /// None, or not in time.
    Failed,
}

impl RefreshOutcome {
    /// The name used in events: `renewed`, `unchanged` or `failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        }
    }
}

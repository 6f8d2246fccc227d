//! The kind of an error, and the reason why there was no further attempt.

use std::fmt;

use crate::names::names;

/// The kind of an [`Error`](super::Error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client or the call is set up wrongly. Nothing was sent.
    Config,
    /// The request breaks a known rule; see [`Error::report`](super::Error::report). Nothing was sent.
    Preflight,
    /// No usable credentials. Nothing was sent.
    Credentials,
    /// The deadline passed, or would pass before the next step could begin.
    Timeout,
    /// The rate limiter could not be reached, so no start was permitted. Nothing was sent.
    Limiter,
    /// The call gate refused the attempt, see [`CallOptions::gate`](crate::CallOptions::gate).
    /// Nothing was sent.
    Gate,
    /// The caller dropped the call, or the runtime ended. Only observers and handles receive it.
    Cancelled,
    /// No connection could be made. Nothing was sent.
    Connect,
    /// The connection broke before a whole answer arrived.
    Interrupted,
    /// Something other than the service answered, such as a proxy or a gateway. It refused the
    /// request if the status is 4xx; with 408, 499 or any other status it may have forwarded it.
    Gateway,
    /// The service answered with an error code.
    Service,
    /// The service's answer could not be understood.
    Decode,
    /// The request or the answer is larger than allowed.
    TooLarge,
}

names!("error kind", ErrorKind {
    Config = "config",
    Preflight = "preflight",
    Credentials = "credentials",
    Timeout = "timeout",
    Limiter = "limiter",
    Gate = "gate",
    Cancelled = "cancelled",
    Connect = "connect",
    Interrupted = "interrupted",
    Gateway = "gateway",
    Service = "service",
    Decode = "decode",
    TooLarge = "too_large",
});

/// The reason why a failed call was not retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// Another attempt cannot change the answer.
    Permanent,
    /// The call is not a read and may have been executed: another attempt could bill twice.
    InDoubt,
    /// All allowed attempts were used.
    AttemptsUsed,
    /// The deadline left no time for another attempt.
    Deadline,
    /// The retry budget shared by all calls of the client is used up.
    BudgetUsed,
    /// The rate limiter could not be reached.
    NoPermit,
    /// The call gate refused the attempt.
    GateRefused,
    /// The caller went away.
    CallerGone,
}

impl StopReason {
    /// Returns the reason as words that complete "not retried: …".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "another try cannot change the answer",
            Self::InDoubt => "it may have been executed and billed",
            Self::AttemptsUsed => "all attempts were used",
            Self::Deadline => "the deadline leaves no time",
            Self::BudgetUsed => "the shared retry budget is used up",
            Self::NoPermit => "the rate limiter cannot be asked",
            Self::GateRefused => "the call gate refused the attempt",
            Self::CallerGone => "the caller went away",
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

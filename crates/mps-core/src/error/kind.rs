//! What kind of trouble an error is, and why nothing more was tried.

use std::fmt;

use crate::names::names;

/// The coarse kind of an [`Error`](super::Error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client was set up wrongly. Nothing was sent.
    Config,
    /// The request breaks a known rule; see [`Error::report`](super::Error::report). Nothing was sent.
    Preflight,
    /// No usable credentials. Nothing was sent.
    Credentials,
    /// The deadline passed, or would pass before the next step could begin.
    Timeout,
    /// The rate limiter could not be asked, so no start was permitted. Nothing was sent.
    Limiter,
    /// The call gate refused the attempt, see [`CallOptions::gate`](crate::CallOptions::gate).
    /// Nothing was sent.
    Gate,
    /// The caller dropped the call, or the runtime ended. Seen by observers and handles only.
    Cancelled,
    /// No connection could be made. Nothing was sent.
    Connect,
    /// The connection broke before a whole answer arrived.
    Interrupted,
    /// Something other than the service answered, such as a proxy or a gateway. With a 4xx status
    /// it refused the request; with 408, 499 or any other it may have passed the request on.
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

/// Why a failed call was not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// Another try cannot change the answer.
    Permanent,
    /// It may have been executed and is paid: another try could bill twice.
    InDoubt,
    /// All allowed attempts were used.
    AttemptsUsed,
    /// The deadline left no time for another try.
    Deadline,
    /// The retry budget shared by all calls of the client is used up.
    BudgetUsed,
    /// The rate limiter could not be asked, and lets nobody start until it can.
    NoPermit,
    /// The call gate refused the attempt.
    GateRefused,
    /// The caller went away.
    CallerGone,
}

impl StopReason {
    /// The reason in words that complete "not tried again: …".
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

//! How far a request got.

use crate::names::names;

/// What is known about a failed request's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dispatch {
    /// No byte of it left this machine. Trying again is safe.
    NotSent,
    /// The service answered that it did not execute it. Trying again cannot bill twice.
    Refused,
    /// Bytes left and no usable answer came back: it may or may not have been executed.
    Unknown,
    /// It was executed; only its answer is missing or could not be read.
    Executed,
}

names!("dispatch", Dispatch {
    NotSent = "not_sent",
    Refused = "refused",
    Unknown = "unknown",
    Executed = "executed",
});

impl Dispatch {
    /// Whether the action may have run, so that a paid create may have been billed.
    #[must_use]
    pub const fn may_have_executed(self) -> bool {
        matches!(self, Self::Unknown | Self::Executed)
    }
}

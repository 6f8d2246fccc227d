//! The progress of a request: sent or not, executed or not.

use crate::names::names;

/// The progress of the request of a failed call.
///
/// # Example
/// ```
/// use mps_core::Dispatch;
///
/// assert!(Dispatch::Unknown.may_have_executed());
/// assert!(!Dispatch::NotSent.may_have_executed());
/// assert_eq!(Dispatch::Refused.as_str(), "refused");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dispatch {
    /// No byte of it left this machine. Another attempt is safe.
    NotSent,
    /// The service answered that it did not execute it. Another attempt cannot bill twice.
    Refused,
    /// Bytes left and no usable answer arrived: it may or may not have been executed.
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
    /// Returns whether the action may have been executed, so that a paid create may have been
    /// billed.
    #[must_use]
    pub const fn may_have_executed(self) -> bool {
        matches!(self, Self::Unknown | Self::Executed)
    }
}

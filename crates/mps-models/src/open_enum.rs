//! Types shared by the generated open enums, whose value sets may grow.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that the specification does not list, kept as the service sent it.
///
/// Only parsing creates it, so it is never a value that has a variant of its own in this version of
/// the crate. Match on the variants you need and treat the rest with `_`: a value that is unknown
/// today may get its own variant later.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns the value as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The phase of a task, common to all families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskPhase {
    /// Queued, running, or in a state that this version does not have: ask again later.
    Pending,
    /// Ended with a result.
    Succeeded,
    /// Ended without a result.
    Failed,
}

impl TaskPhase {
    /// Returns `pending`, `succeeded` or `failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// Formats `pending`, `succeeded` or `failed`.
impl fmt::Display for TaskPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

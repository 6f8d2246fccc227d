//! Value sets that may grow: what generated enums share.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value the specification does not list, kept as the service sent it.
///
/// It can only be made by parsing, so it never holds a value that has a variant of its own in
/// this version of the crate. Match on the variants you know and treat the rest with `_`: a
/// value that is unknown today may get its own variant tomorrow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The value as it stands on the wire.
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

/// How far a task has come, whatever its family calls that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskPhase {
    /// Queued, running, or in a state this version does not know: ask again later.
    Pending,
    /// Ended with a result.
    Succeeded,
    /// Ended without a result.
    Failed,
}

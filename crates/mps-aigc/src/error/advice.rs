//! Advice on how to go on after an error.

use serde::{Deserialize, Serialize};

/// The next step after an [`Error`](super::Error), see [`Error::advice`](super::Error::advice).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Advice {
    /// Nothing was created, and the same call can succeed later.
    RetryLater,
    /// A create may have been executed and billed: look for its task before creating again.
    LookFirst,
    /// The task exists: wait for it or download its result again, with its id. This costs nothing.
    Resume,
    /// Change the request, or the task id, before trying again.
    FixRequest,
    /// Change the credentials or the account before trying again.
    FixAccount,
    /// Choose another output file, or make room for it, and download again.
    FixOutput,
    /// Nothing helps: the result is gone.
    GiveUp,
}

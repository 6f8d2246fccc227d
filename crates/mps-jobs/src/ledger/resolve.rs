//! Decisions of a person: resolving an attempt in doubt, and planning an ended row again.

use super::{
    Ledger,
    error::LedgerError,
    rows::{Claim, Item, RowId, Timestamp},
};

/// A person's decision about an attempt in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolution {
    /// The task was found; poll it from `due` on.
    TaskId {
        /// The id of the task.
        task: String,
        /// The time of the first poll.
        due: Timestamp,
    },
    /// It is sent again by the next run of its batch. The old price counts as spent.
    Recreate,
    /// It is given up. Its price counts as spent.
    Abandon,
}

impl Ledger {
    /// Decides an attempt in doubt, and returns the row after it.
    ///
    /// # Errors
    /// [`WrongState`](super::LedgerErrorKind::WrongState) when the row is not in doubt, when another row
    /// has the task id, or when a single create is to be sent by a run (use
    /// [`recreate_now`](Self::recreate_now)); [`CapReached`](super::LedgerErrorKind::CapReached) when a
    /// repeat does not fit; [`NotFound`](super::LedgerErrorKind::NotFound); else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn resolve(&self, row: &RowId, decision: Resolution) -> Result<Item, LedgerError> {
        self.later((row.clone(), decision)).await
    }

    /// Claims an attempt in doubt in order to send it again at once. The old price counts as spent. If
    /// nothing is sent, the row returns to `in_doubt`.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all. A claim that nobody received is in
    /// doubt again when the process ends.
    pub async fn recreate_now(&self, row: &RowId) -> Result<Claim, LedgerError> {
        self.later(row.clone()).await
    }

    /// Plans a refused, failed, unsent, expired or abandoned row of a batch again, and returns it.
    ///
    /// # Errors
    /// [`WrongState`](super::LedgerErrorKind::WrongState) for a row in another state, for a single
    /// create, and for a row whose body was forgotten;
    /// [`NotFound`](super::LedgerErrorKind::NotFound); else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn retry(&self, row: &RowId) -> Result<Item, LedgerError> {
        self.later(row.clone()).await
    }
}

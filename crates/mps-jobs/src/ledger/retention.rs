//! Forgetting: what people asked to be forgotten, and what is old.

use super::{
    Ledger,
    error::LedgerError,
    rows::{RowId, Timestamp},
};

/// A selection of rows to forget. Only ended rows are forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Forget {
    /// These rows.
    Rows(Vec<RowId>),
    /// Rows that ended before this time.
    EndedBefore(Timestamp),
}

/// The outcome of forgetting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// The number of rows whose content was removed.
    pub scrubbed: u64,
    /// The number of rows that were removed, a year after their end.
    pub removed: u64,
    /// The rows that have not ended, and were left alone.
    pub open: Vec<RowId>,
}

impl Ledger {
    /// Removes the content of ended rows: bodies, messages, file paths and URLs, and notes of events,
    /// also from free pages and from the write-ahead log. Key, hash, task id, state and billable
    /// seconds stay for a year. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call may have forgotten a part. Repeat it.
    pub async fn forget(&self, rows: Forget) -> Result<Forgotten, LedgerError> {
        self.later(rows).await
    }

    /// Applies the retention: contents are removed 30 days after the end of a row, and the row a year
    /// after it. Works in small steps and does nothing when nothing is due. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call may have done a part. Repeat it.
    pub async fn retain(&self) -> Result<Forgotten, LedgerError> {
        self.later(()).await
    }
}

//! From a task id to its files.

use super::{
    Ledger,
    error::LedgerError,
    rows::{FileRow, RowId, Timestamp},
    send::Answer,
};

/// The result of a task that is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// The status as on the wire.
    pub status: Option<String>,
    /// The time at which the service deletes the results.
    pub expires: Option<Timestamp>,
    /// The URLs of the results. Their queries are left out, since a signed URL is a secret.
    pub urls: Vec<String>,
}

impl Ledger {
    /// Records a poll that found the task running, and the time of the next one. Idempotent; may be
    /// lost with the machine.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn polled(
        &self,
        row: &RowId,
        status: &str,
        due: Timestamp,
    ) -> Result<(), LedgerError> {
        self.later((row.clone(), status.to_owned(), due)).await
    }

    /// Records that a created task is done, with its results. Returns `false` when the row is not
    /// created: another poller was faster. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn done(&self, row: &RowId, finished: Finished) -> Result<bool, LedgerError> {
        self.later((row.clone(), finished)).await
    }

    /// Records that a created task failed. Returns `false` when the row is not created. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn failed(&self, row: &RowId, answer: Answer) -> Result<bool, LedgerError> {
        self.later((row.clone(), answer)).await
    }

    /// Records a saved result: path, size, entity tag and hash. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn file_saved(&self, row: &RowId, file: FileRow) -> Result<(), LedgerError> {
        self.later((row.clone(), file)).await
    }

    /// Records that every result of a done task is saved. Returns `false` when the row is not done.
    /// Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn fetched(&self, row: &RowId) -> Result<bool, LedgerError> {
        self.later(row.clone()).await
    }

    /// Records that the results of a task are gone. Describe the task again before. Returns `false`
    /// when the row is neither created nor done. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn expired(&self, row: &RowId) -> Result<bool, LedgerError> {
        self.later(row.clone()).await
    }
}

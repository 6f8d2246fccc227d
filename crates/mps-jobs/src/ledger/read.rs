//! Reading the ledger.

use super::{
    Ledger,
    error::LedgerError,
    rows::{AuditEvent, Batch, BatchId, Count, FileRow, Item, Key, RowId, Stray, Timestamp},
};
use crate::state::State;

/// A selection of rows. The default selects all, newest first, up to 1,000.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Rows of this batch, in its order; of all batches and single creates, newest first, if `None`.
    pub batch: Option<BatchId>,
    /// Rows of this account.
    pub account: Option<String>,
    /// Rows of this endpoint.
    pub endpoint: Option<String>,
    /// Rows in one of these states; in any, if empty.
    pub states: Vec<State>,
    /// Rows whose results expire before this time.
    pub expires_before: Option<Timestamp>,
    /// Rows after this one: the last row of the page before.
    pub after: Option<(Timestamp, RowId)>,
    /// The most rows to return.
    pub limit: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            batch: None,
            account: None,
            endpoint: None,
            states: Vec::new(),
            expires_before: None,
            after: None,
            limit: 1_000,
        }
    }
}

impl Ledger {
    /// Returns a row, or `None` if there is no such row.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn get(&self, row: &RowId) -> Result<Option<Item>, LedgerError> {
        self.later(row.clone()).await
    }

    /// Returns the row with a key in a batch. Single creates are in [`BatchId::singles`].
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn find(&self, batch: &BatchId, key: &Key) -> Result<Option<Item>, LedgerError> {
        self.later((batch.clone(), key.clone())).await
    }

    /// Returns the rows with a key or a task id, in any batch.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn find_any(&self, key_or_task: &str) -> Result<Vec<Item>, LedgerError> {
        self.later(key_or_task.to_owned()).await
    }

    /// Returns a page of the selected rows. To read on, set [`Filter::after`] to the last one's
    /// `added` and `row`.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Item>, LedgerError> {
        self.later(filter.clone()).await
    }

    /// Returns the number of rows of a batch in each state that occurs, with their sums.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn count(&self, batch: &BatchId) -> Result<Vec<Count>, LedgerError> {
        self.later(batch.clone()).await
    }

    /// Returns a batch, or `None` if there is no such batch.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn batch(&self, batch: &BatchId) -> Result<Option<Batch>, LedgerError> {
        self.later(batch.clone()).await
    }

    /// Returns all batches, newest first.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn batches(&self) -> Result<Vec<Batch>, LedgerError> {
        self.later(()).await
    }

    /// Returns the body of a row as JSON, or `None` when it was forgotten.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn body(&self, row: &RowId) -> Result<Option<String>, LedgerError> {
        self.later(row.clone()).await
    }

    /// Returns the results of a row, in their order.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn files(&self, row: &RowId) -> Result<Vec<FileRow>, LedgerError> {
        self.later(row.clone()).await
    }

    /// Returns the answers that arrived too late for a row.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn strays(&self, row: &RowId) -> Result<Vec<Stray>, LedgerError> {
        self.later(row.clone()).await
    }

    /// Returns the changes of a row, oldest first.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn history(&self, row: &RowId) -> Result<Vec<AuditEvent>, LedgerError> {
        self.later(row.clone()).await
    }

    /// Returns up to `limit` changes of all rows after the one with number `n`, oldest first; 0 begins
    /// with the first.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn events_since(&self, n: i64, limit: u32) -> Result<Vec<AuditEvent>, LedgerError> {
        self.later((n, limit)).await
    }
}

//! Processes of the ledger, and the rows that ended ones left behind.

use super::{Ledger, error::LedgerError, rows::Worker};

/// The number of rows that were taken from processes that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reaped {
    /// Rows that were not sent: planned again, or unsent.
    pub released: u64,
    /// Rows that may have been sent: now in doubt.
    pub in_doubt: u64,
    /// Rows whose task id was found in the seal.
    pub created: u64,
}

impl Ledger {
    /// Takes the rows of processes that have ended. Rows that were not sent return to their
    /// [`home`](super::Item::home), rows that may have been sent become in doubt. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn reap(&self) -> Result<Reaped, LedgerError> {
        self.later(()).await
    }

    /// Records that this process is alive. Call it every 5 s on a shared server; a file needs none.
    /// Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn heartbeat(&self) -> Result<(), LedgerError> {
        self.later(()).await
    }

    /// Returns the living processes of the ledger, this one included.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn workers(&self) -> Result<Vec<Worker>, LedgerError> {
        self.later(()).await
    }
}

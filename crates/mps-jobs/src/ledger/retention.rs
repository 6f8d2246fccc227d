//! Forgetting: rows that people select, and rows past their retention.

use std::time::Duration;

use super::{
    Ledger,
    change::Change,
    error::LedgerError,
    item::{locked, row_id, select},
    names::Timestamp,
    recall::FORGOTTEN,
    rows::RowId,
    schema::OF_ROW,
    tx::{Op, Transaction, values},
};
use crate::state::Transition;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Time after its end for which the content of a row is kept.
const CONTENT: Duration = DAY.saturating_mul(30);
/// Time after its end for which a row is kept.
pub(crate) const ROW: Duration = DAY.saturating_mul(365);
/// Rows of one transaction.
const STEP: usize = 200;
/// Rows that are removed at once, since the seal is written anew afterwards.
const MOST: usize = 20_000;

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
    /// Removes the content of ended rows: bodies, messages, file paths and URLs, and notes of events
    /// but for those of forgotten sends, also from free pages and from the write-ahead log. Key, hash,
    /// task id, state and billable seconds stay for a year. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call may have forgotten a part. Repeat it.
    pub async fn forget(&self, rows: Forget) -> Result<Forgotten, LedgerError> {
        let mut forgotten = Forgotten::default();
        match rows {
            Forget::Rows(rows) => {
                for rows in rows.chunks(STEP) {
                    let step = self.scrub(rows.to_vec()).await?;
                    forgotten.scrubbed += step.scrubbed;
                    forgotten.open.extend(step.open);
                }
            }
            Forget::EndedBefore(time) => forgotten.scrubbed = self.scrub_before(time).await?,
        }
        self.truncate_log(forgotten.scrubbed).await?;
        Ok(forgotten)
    }

    /// Applies the retention: contents are removed 30 days after the end of a row, and the row a year
    /// after it. Works in small steps, removes at most
    /// 20,000 rows, and does nothing when nothing is due. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call may have done a part. Repeat it.
    pub async fn retain(&self) -> Result<Forgotten, LedgerError> {
        // The store's clock: that of one host among many may be wrong by years.
        let now = self.run(Op::read("now"), (), |tx, ()| {
            Box::pin(std::future::ready(Ok(tx.now())))
        });
        let now = now.await?;
        let op = Op::durable("lapse").idempotent();
        self.run(op, now.before(CONTENT), |tx, time| {
            Box::pin(lapse(tx, *time))
        })
        .await?;
        let mut forgotten = Forgotten {
            scrubbed: self.scrub_before(now.before(CONTENT)).await?,
            ..Forgotten::default()
        };
        forgotten.removed = self.remove_before(now.before(ROW)).await?;
        self.truncate_log(forgotten.scrubbed + forgotten.removed)
            .await?;
        Ok(forgotten)
    }

    async fn scrub(&self, rows: Vec<RowId>) -> Result<Forgotten, LedgerError> {
        let op = Op::durable("forget").idempotent();
        self.run(op, rows, |tx, rows| Box::pin(scrub(tx, rows)))
            .await
    }

    /// Removes rows from the seal, then from the store: a row that only the seal has would look like a
    /// send that the store forgot.
    async fn remove_before(&self, time: Timestamp) -> Result<u64, LedgerError> {
        let removable = self
            .run(Op::read("removable"), time, |tx, time| {
                Box::pin(removable(tx, *time))
            })
            .await?;
        if removable.is_empty() {
            return Ok(0);
        }
        self.compact_seal(removable.iter().cloned().collect(), time)
            .await?;
        let mut removed = 0;
        for rows in removable.chunks(STEP) {
            let args = (rows.to_vec(), time);
            let op = Op::durable("remove").idempotent();
            removed += self
                .run(op, args, |tx, (rows, time)| {
                    Box::pin(remove(tx, rows, *time))
                })
                .await?;
        }
        Ok(removed)
    }

    async fn scrub_before(&self, time: Timestamp) -> Result<u64, LedgerError> {
        let mut scrubbed = 0;
        loop {
            let rows = self
                .run(Op::read("old"), time, |tx, time| Box::pin(old(tx, *time)))
                .await?;
            if rows.is_empty() {
                return Ok(scrubbed);
            }
            scrubbed += self.scrub(rows).await?.scrubbed;
        }
    }
}

/// The states of ended rows, and those whose content was not removed yet.
const ENDED: &str = "done IS NOT NULL
    AND state IN ('fetched', 'refused', 'unsent', 'failed', 'expired', 'abandoned')";

/// Returns some ended rows that still have their content.
async fn old(tx: &mut dyn Transaction, before: Timestamp) -> Result<Vec<RowId>, LedgerError> {
    let sql = format!(
        "SELECT batch, seq FROM item WHERE {ENDED} AND done < $1 AND forgotten IS NULL LIMIT {STEP}"
    );
    let rows = tx.query(&sql, values![before.0]).await?;
    rows.into_iter().map(|mut row| row_id(&mut row)).collect()
}

/// Ends rows whose results were not fetched and are long deleted.
async fn lapse(tx: &mut dyn Transaction, before: Timestamp) -> Result<(), LedgerError> {
    let lapsed = format!("phase IN ('created', 'done') AND created < $1 LIMIT {STEP} FOR UPDATE");
    for item in select(tx, &lapsed, values![before.0]).await? {
        let created = item.created.map(|time| time.0);
        Change::new(Transition::Expire)
            .note("its results were not fetched within 30 days")
            .set("done", created)
            .apply(tx, &item)
            .await?;
    }
    Ok(())
}

async fn scrub(tx: &mut dyn Transaction, rows: &[RowId]) -> Result<Forgotten, LedgerError> {
    let mut forgotten = Forgotten::default();
    for row in rows {
        match locked(tx, row).await? {
            None => continue,
            Some(item) if !item.state.is_ended() => {
                forgotten.open.push(row.clone());
                continue;
            }
            Some(_) => forgotten.scrubbed += 1,
        }
        let values = values![row.batch.as_str(), row.seq];
        // Those of the comparison with the seal stay: without them it would take a send for forgotten again.
        let notes =
            format!("UPDATE event SET note = NULL WHERE {OF_ROW} AND note NOT LIKE '{FORGOTTEN}%'");
        for statement in [
            "DELETE FROM body WHERE batch = $1 AND seq = $2",
            "DELETE FROM file WHERE batch = $1 AND seq = $2",
            &notes,
        ] {
            tx.execute(statement, values).await?;
        }
        tx.execute(
            "UPDATE item SET message = NULL, out = NULL, forgotten = $3
                WHERE batch = $1 AND seq = $2",
            values![row.batch.as_str(), row.seq, tx.now().0],
        )
        .await?;
    }
    Ok(forgotten)
}

/// Returns rows that ended long ago and whose content was removed.
async fn removable(tx: &mut dyn Transaction, before: Timestamp) -> Result<Vec<RowId>, LedgerError> {
    let sql = format!(
        "SELECT batch, seq FROM item WHERE {ENDED} AND done < $1 AND forgotten IS NOT NULL LIMIT {MOST}"
    );
    let rows = tx.query(&sql, values![before.0]).await?;
    rows.into_iter().map(|mut row| row_id(&mut row)).collect()
}

/// Removes rows unless they were claimed again meanwhile. Returns the number of those removed.
async fn remove(
    tx: &mut dyn Transaction,
    rows: &[RowId],
    before: Timestamp,
) -> Result<u64, LedgerError> {
    let mut removed = 0;
    let item = format!(
        "SELECT seq FROM item WHERE batch = $1 AND seq = $2 AND {ENDED} AND done < $3
            AND forgotten IS NOT NULL FOR UPDATE"
    );
    // The newest event of a file stays: its number is the epoch of the store, and is given once.
    let events =
        format!("DELETE FROM event WHERE {OF_ROW} /*SQLite: AND n < (SELECT MAX(n) FROM event)*/");
    for row in rows {
        let values = values![row.batch.as_str(), row.seq, before.0];
        if tx.query(&item, values).await?.is_empty() {
            continue;
        }
        removed += 1;
        let row = values![row.batch.as_str(), row.seq];
        tx.execute(&events, row).await?;
        for table in ["body", "file", "stray", "item"] {
            let delete = format!("DELETE FROM {table} WHERE batch = $1 AND seq = $2");
            tx.execute(&delete, row).await?;
        }
    }
    Ok(removed)
}

//! Reading the ledger.

use super::{
    Ledger, batch,
    error::LedgerError,
    export::file,
    filter::{Filter, list},
    item::{as_reaped, row_id, select, state},
    names::{BatchId, Key, Timestamp},
    phase,
    rows::{AuditEvent, Batch, Count, Fence, FileRow, Item, RowId, Stray},
    schema::OF_ROW,
    tx::{Op, Row, Transaction, Value, values},
};

impl Ledger {
    /// Returns a row, or `None` if there is no such row.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn get(&self, row: &RowId) -> Result<Option<Item>, LedgerError> {
        self.run(Op::read("get"), row.clone(), |tx, row| {
            Box::pin(get(tx, row))
        })
        .await
    }

    /// Returns the row with a key in a batch. Single creates are in [`BatchId::singles`].
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn find(&self, batch: &BatchId, key: &Key) -> Result<Option<Item>, LedgerError> {
        self.run(
            Op::read("find"),
            (batch.clone(), key.clone()),
            |tx, (batch, key)| Box::pin(find(tx, batch, key)),
        )
        .await
    }

    /// Returns the rows with a key or a task id, in any batch.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn find_any(&self, key_or_task: &str) -> Result<Vec<Item>, LedgerError> {
        self.run(Op::read("find_any"), key_or_task.to_owned(), |tx, name| {
            Box::pin(find_any(tx, name))
        })
        .await
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
        self.run(Op::read("list"), filter.clone(), |tx, filter| {
            Box::pin(list(tx, filter))
        })
        .await
    }

    /// Returns the number of rows of a batch in each state that occurs, with their sums.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn count(&self, batch: &BatchId) -> Result<Vec<Count>, LedgerError> {
        self.run(Op::read("count"), batch.clone(), |tx, batch| {
            Box::pin(count(tx, batch))
        })
        .await
    }

    /// Returns a batch, or `None` if there is no such batch.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn batch(&self, batch: &BatchId) -> Result<Option<Batch>, LedgerError> {
        self.run(Op::read("batch"), batch.clone(), |tx, batch| {
            Box::pin(batch::find(tx, batch))
        })
        .await
    }

    /// Returns all batches, newest first.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn batches(&self) -> Result<Vec<Batch>, LedgerError> {
        self.run(Op::read("batches"), (), |tx, ()| Box::pin(batch::all(tx)))
            .await
    }

    /// Returns the body of a row as JSON, or `None` when it was forgotten.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn body(&self, row: &RowId) -> Result<Option<String>, LedgerError> {
        self.run(Op::read("body"), row.clone(), |tx, row| {
            Box::pin(batch::body(tx, row))
        })
        .await
    }

    /// Returns the results of a row, in their order.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn files(&self, row: &RowId) -> Result<Vec<FileRow>, LedgerError> {
        self.run(Op::read("files"), row.clone(), |tx, row| {
            Box::pin(files(tx, row))
        })
        .await
    }

    /// Returns the answers that arrived too late for a row.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn strays(&self, row: &RowId) -> Result<Vec<Stray>, LedgerError> {
        self.run(Op::read("strays"), row.clone(), |tx, row| {
            Box::pin(strays(tx, row))
        })
        .await
    }

    /// Returns the changes of a row, oldest first.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn history(&self, row: &RowId) -> Result<Vec<AuditEvent>, LedgerError> {
        self.run(Op::read("history"), row.clone(), |tx, row| {
            Box::pin(history(tx, row))
        })
        .await
    }

    /// Returns up to `limit` changes of all rows after the one with number `n`, oldest first; 0 begins
    /// with the first.
    ///
    /// On a shared server, transactions may commit in another order than their events are numbered. So
    /// a reader that goes on after the last number may miss a change that was made at the same moment;
    /// the rows themselves are complete.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn events_since(&self, n: i64, limit: u32) -> Result<Vec<AuditEvent>, LedgerError> {
        self.run(Op::read("events_since"), (n, limit), |tx, (n, limit)| {
            Box::pin(events_since(tx, *n, *limit))
        })
        .await
    }
}

/// Returns the selected rows as they are after reaping.
pub(super) async fn selected(
    tx: &mut dyn Transaction,
    condition: &str,
    values: &[Value],
) -> Result<Vec<Item>, LedgerError> {
    let items = select(tx, condition, values).await?;
    Ok(items.into_iter().map(|item| as_reaped(tx, item)).collect())
}

async fn get(tx: &mut dyn Transaction, row: &RowId) -> Result<Option<Item>, LedgerError> {
    let values = values![row.batch.as_str(), row.seq];
    Ok(selected(tx, "batch = $1 AND seq = $2", values).await?.pop())
}

async fn find(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    key: &Key,
) -> Result<Option<Item>, LedgerError> {
    let values = values![batch.as_str(), key.as_str()];
    Ok(selected(tx, "batch = $1 AND key = $2", values).await?.pop())
}

async fn find_any(tx: &mut dyn Transaction, name: &str) -> Result<Vec<Item>, LedgerError> {
    // By batch, since keys are indexed in their batch.
    let condition = "batch IN (SELECT id FROM batch) AND key = $1 ORDER BY added DESC";
    let mut found = selected(tx, condition, values![name]).await?;
    if found.is_empty() {
        let condition = "task = $1 ORDER BY added DESC";
        found = selected(tx, condition, values![name]).await?;
    }
    Ok(found)
}

pub(crate) async fn count(
    tx: &mut dyn Transaction,
    batch: &BatchId,
) -> Result<Vec<Count>, LedgerError> {
    const SUMS: &str = "COUNT(*), CAST(SUM(ms) AS BIGINT), CAST(COALESCE(SUM(price), 0) AS BIGINT)
        FROM item WHERE batch = $1 AND phase";
    // By the index of phases; the two states of a claim are counted in the few rows that are claimed.
    let sql = format!(
        "SELECT phase, {SUMS} IN ({}) GROUP BY phase
            UNION ALL SELECT state, {SUMS} = '{}' GROUP BY state",
        phase::unclaimed(),
        phase::CLAIMED,
    );
    let mut counts = Vec::new();
    for mut row in tx.query(&sql, values![batch.as_str()]).await? {
        counts.push(Count {
            state: state(&row.text()?)?,
            rows: row.int()?,
            ms: row.int()?,
            price: row.int()?,
        });
    }
    counts.sort_by_key(|count| count.state);
    Ok(counts)
}

async fn files(tx: &mut dyn Transaction, row: &RowId) -> Result<Vec<FileRow>, LedgerError> {
    let sql = "SELECT n, url, path, bytes, sha256 FROM file
        WHERE batch = $1 AND seq = $2 ORDER BY n";
    let mut files = Vec::new();
    for mut row in tx.query(sql, values![row.batch.as_str(), row.seq]).await? {
        files.push(file(&mut row)?);
    }
    Ok(files)
}

async fn strays(tx: &mut dyn Transaction, row: &RowId) -> Result<Vec<Stray>, LedgerError> {
    let sql = "SELECT batch, seq, fence, task, seen, why FROM stray
        WHERE batch = $1 AND seq = $2 ORDER BY fence";
    let mut strays = Vec::new();
    for mut row in tx.query(sql, values![row.batch.as_str(), row.seq]).await? {
        strays.push(Stray {
            row: row_id(&mut row)?,
            fence: Fence(row.int()?),
            task: row.text()?,
            seen: Timestamp(row.int()?),
            why: row.text()?,
        });
    }
    Ok(strays)
}

const EVENT: &str = "SELECT n, batch, seq, at, fence, was, now, worker, note FROM event WHERE ";

async fn history(tx: &mut dyn Transaction, row: &RowId) -> Result<Vec<AuditEvent>, LedgerError> {
    let sql = format!("{EVENT} {OF_ROW} ORDER BY n");
    let rows = tx.query(&sql, values![row.batch.as_str(), row.seq]).await?;
    rows.into_iter().map(event).collect()
}

async fn events_since(
    tx: &mut dyn Transaction,
    n: i64,
    limit: u32,
) -> Result<Vec<AuditEvent>, LedgerError> {
    let sql = format!("{EVENT} n > $1 ORDER BY n LIMIT $2");
    let rows = tx.query(&sql, values![n, i64::from(limit)]).await?;
    rows.into_iter().map(event).collect()
}

fn event(mut row: Row) -> Result<AuditEvent, LedgerError> {
    Ok(AuditEvent {
        n: row.int()?,
        row: row_id(&mut row)?,
        at: Timestamp(row.int()?),
        fence: Fence(row.int()?),
        was: row.optional_text()?.map(|name| state(&name)).transpose()?,
        now: state(&row.text()?)?,
        worker: row.text()?,
        note: row.optional_text()?,
    })
}

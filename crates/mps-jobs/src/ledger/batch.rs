//! Reading and opening rows of the tables `batch`, `body` and `worker`.

use std::path::{Path, PathBuf};

use super::{
    Ledger,
    change::no_batch,
    error::LedgerError,
    learned::{meta, set_meta},
    names::{BatchId, Key, Timestamp},
    read::count,
    rows::{Batch, Count, RowId},
    submit::{Caps, Single},
    tx::{Op, Row, Transaction, Value, unexpected, values},
};
use crate::state::State;

const BATCH: &str =
    "id, account, endpoint, source, manifest, cap, cap_ms, held, held_ms, spent, spent_ms, added";

fn batch(mut row: Row) -> Result<Batch, LedgerError> {
    let row = &mut row;
    Ok(Batch {
        id: BatchId::try_from(row.text()?).map_err(|_| unexpected())?,
        account: row.optional_text()?,
        endpoint: row.optional_text()?,
        source: row.optional_text()?,
        manifest_hash: row.optional_text()?,
        cap: row.optional_int()?,
        cap_ms: row.optional_int()?,
        held: row.int()?,
        held_ms: row.int()?,
        spent: row.int()?,
        spent_ms: row.int()?,
        added: Timestamp(row.int()?),
    })
}

/// Returns the batch with a name.
pub(crate) async fn find(
    tx: &mut dyn Transaction,
    id: &BatchId,
) -> Result<Option<Batch>, LedgerError> {
    let sql = format!("SELECT {BATCH} FROM batch WHERE id = $1");
    let row = tx.query(&sql, values![id.as_str()]).await?.pop();
    row.map(batch).transpose()
}

/// Returns all batches, newest first.
pub(crate) async fn all(tx: &mut dyn Transaction) -> Result<Vec<Batch>, LedgerError> {
    let sql = format!("SELECT {BATCH} FROM batch ORDER BY added DESC, id");
    let rows = tx.query(&sql, &[]).await?;
    rows.into_iter().map(batch).collect()
}

/// The state of a batch at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchStatus {
    /// The batch with its caps and sums.
    pub batch: Batch,
    /// The number of rows in each state that occurs, with their sums.
    pub counts: Vec<Count>,
    /// The earliest time at which the service deletes results that are not fetched yet; `None` if
    /// there are none.
    pub earliest_expiry: Option<Timestamp>,
    /// The keys of the first rows in doubt.
    pub in_doubt: Vec<Key>,
}

impl BatchStatus {
    /// Returns the number of rows in a state.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        count_of(&self.counts, state)
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        State::ALL.into_iter().map(|state| self.count(state)).sum()
    }
}

/// Returns the number of rows in a state.
pub(crate) fn count_of(counts: &[Count], state: State) -> u64 {
    let rows = counts
        .iter()
        .find(|count| count.state == state)
        .map(|count| count.rows);
    u64::try_from(rows.unwrap_or_default()).unwrap_or_default()
}

impl Ledger {
    /// Returns the state of a batch, with the keys of up to `limit` rows in doubt; `None` if there is
    /// no such batch. Counts by an index, so that 100,000 rows take milliseconds.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn status(
        &self,
        batch: &BatchId,
        limit: u32,
    ) -> Result<Option<BatchStatus>, LedgerError> {
        self.run(
            Op::read("status"),
            (batch.clone(), limit),
            |tx, (batch, limit)| Box::pin(status(tx, batch, *limit)),
        )
        .await
    }
}

impl Ledger {
    /// Records the folder below which this host saves the results of a batch. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn keep_folder(&self, batch: &BatchId, folder: &Path) -> Result<(), LedgerError> {
        let args = (batch.clone(), folder.to_string_lossy().into_owned());
        let op = Op::relaxed("keep_folder").idempotent();
        self.run(op, args, |tx, (batch, folder)| {
            Box::pin(keep_folder(tx, batch, folder))
        })
        .await
    }

    /// Returns the folder below which this host saved the results of a batch last; `None` if it has not
    /// run the batch.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn folder(&self, batch: &BatchId) -> Result<Option<PathBuf>, LedgerError> {
        self.run(Op::read("folder"), batch.clone(), |tx, batch| {
            Box::pin(folder(tx, batch))
        })
        .await
    }
}

/// Returns the key in `meta` for the folder of this host. A name of a batch contains no slash.
fn folder_key(tx: &dyn Transaction, batch: &BatchId) -> String {
    format!("folder/{batch}/{}", tx.process().host)
}

async fn keep_folder(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    folder: &str,
) -> Result<(), LedgerError> {
    let key = folder_key(tx, batch);
    set_meta(tx, &key, Value::private(folder)).await
}

async fn folder(tx: &mut dyn Transaction, batch: &BatchId) -> Result<Option<PathBuf>, LedgerError> {
    let key = folder_key(tx, batch);
    Ok(meta(tx, &key).await?.map(PathBuf::from))
}

async fn status(
    tx: &mut dyn Transaction,
    id: &BatchId,
    limit: u32,
) -> Result<Option<BatchStatus>, LedgerError> {
    let Some(batch) = find(tx, id).await? else {
        return Ok(None);
    };
    // In the order of an index, in which rows without an expiry have the time at which they were done.
    let expiry = "SELECT expires FROM item
        WHERE batch = $1 AND phase = 'done' AND expires IS NOT NULL
        ORDER BY COALESCE(expires, done) LIMIT 1";
    let expiry = tx.query(expiry, values![id.as_str()]).await?.pop();
    let earliest_expiry = match expiry {
        Some(mut row) => row.optional_int()?.map(Timestamp),
        None => None,
    };
    let doubts =
        "SELECT key FROM item WHERE batch = $1 AND phase = 'in_doubt' ORDER BY seq LIMIT $2";
    let mut in_doubt = Vec::new();
    for mut row in tx
        .query(doubts, values![id.as_str(), i64::from(limit)])
        .await?
    {
        in_doubt.push(Key::try_from(row.text()?).map_err(|_| unexpected())?);
    }
    Ok(Some(BatchStatus {
        batch,
        counts: count(tx, id).await?,
        earliest_expiry,
        in_doubt,
    }))
}

/// Returns a batch and keeps others from changing it until the transaction ends.
pub(crate) async fn locked_batch(
    tx: &mut dyn Transaction,
    id: &BatchId,
) -> Result<Batch, LedgerError> {
    let sql = format!("SELECT {BATCH} FROM batch WHERE id = $1 FOR UPDATE");
    let row = tx.query(&sql, values![id.as_str()]).await?.pop();
    row.map_or_else(|| Err(no_batch(id.as_str())), batch)
}

/// Creates the batch of an account's single creates if necessary, sets its caps, and locks it: of two
/// callers with the same content one waits for the other here.
pub(crate) async fn open_singles(
    tx: &mut dyn Transaction,
    id: &BatchId,
    single: &Single,
) -> Result<(), LedgerError> {
    let lock = "SELECT id FROM batch WHERE id = $1 FOR UPDATE";
    if tx.query(lock, values![id.as_str()]).await?.is_empty() {
        let values = values![id.as_str(), &single.account, &single.endpoint, tx.now().0];
        tx.execute(
            "INSERT INTO batch (id, account, endpoint, added) VALUES ($1, $2, $3, $4)
                ON CONFLICT (id) DO NOTHING",
            values,
        )
        .await?;
        locked_batch(tx, id).await?;
    }
    if single.caps != Caps::default() {
        tx.execute(
            "UPDATE batch SET cap = COALESCE($2, cap), cap_ms = COALESCE($3, cap_ms) WHERE id = $1",
            values![id.as_str(), single.caps.money, single.caps.ms],
        )
        .await?;
    }
    Ok(())
}

/// Returns the body of a row.
pub(crate) async fn body(
    tx: &mut dyn Transaction,
    row: &RowId,
) -> Result<Option<String>, LedgerError> {
    let sql = "SELECT json FROM body WHERE batch = $1 AND seq = $2";
    let found = tx.query(sql, values![row.batch.as_str(), row.seq]).await?;
    found
        .into_iter()
        .next()
        .map(|mut row| row.text())
        .transpose()
}

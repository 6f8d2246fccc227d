//! Recording batches and their rows.

use super::{
    Ledger,
    batch::locked_batch,
    change::{no_batch, no_price},
    compare::{known, revive},
    error::{LedgerError, LedgerErrorKind},
    insert::{insert, unclaimed},
    names::{BatchId, Key},
    phase,
    rows::{Batch, NewItem, RowId},
    submit::Caps,
    tx::{Op, Transaction, Value, values},
};
use crate::state::Home;

/// Rows of one INSERT statement.
const ROWS: usize = 100;

/// Numbers of rows from which on the store's planner looks at them again: until then, or until the
/// server does it by itself a minute later, it may choose an index that reads all rows of a batch.
const GROWN: [i64; 3] = [500, 5_000, 50_000];

/// A batch to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBatch {
    /// The name, unique in the ledger.
    pub id: BatchId,
    /// The place that the manifest is read from.
    pub source: Option<String>,
}

/// The outcome of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// The number of rows that were added.
    pub added: u64,
    /// The number of rows that were there already, with the same content.
    pub unchanged: u64,
    /// The rows that are there with another content. When there is one, nothing was added.
    pub changed: Vec<Key>,
}

impl Ledger {
    /// Records a batch, or returns the one that exists.
    ///
    /// Idempotent. A batch that exists with another `source` is returned as it is; compare.
    ///
    /// # Errors
    /// [`InvalidName`](super::LedgerErrorKind::InvalidName) for the name of a batch of single creates;
    /// else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn create_batch(&self, batch: NewBatch) -> Result<Batch, LedgerError> {
        let op = Op::durable("create_batch").idempotent();
        self.run(op, batch, |tx, batch| Box::pin(create_batch(tx, batch)))
            .await
    }

    /// Adds rows to a batch as planned. Rows are found by their key: a row with the same content is
    /// left alone, whatever its state, unless it was [withdrawn](Self::withdraw): then it is planned
    /// again.
    ///
    /// Idempotent. Use chunks of about 500 rows: each call is one transaction.
    ///
    /// # Errors
    /// [`NotFound`](super::LedgerErrorKind::NotFound) for an unknown batch; else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn import(
        &self,
        batch: &BatchId,
        rows: Vec<NewItem>,
    ) -> Result<Imported, LedgerError> {
        let args = (batch.clone(), rows);
        let op = Op::durable("import").idempotent();
        self.run(op, args, |tx, (batch, rows)| {
            Box::pin(import(tx, batch, rows))
        })
        .await
    }

    /// Records the hash of a manifest that was imported completely. Idempotent.
    ///
    /// # Errors
    /// [`NotFound`](super::LedgerErrorKind::NotFound) for an unknown batch; else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn set_manifest(&self, batch: &BatchId, hash: &str) -> Result<(), LedgerError> {
        let args = (batch.clone(), hash.to_owned());
        let op = Op::durable("set_manifest").idempotent();
        self.run(op, args, |tx, (batch, hash)| {
            Box::pin(set_manifest(tx, batch, hash))
        })
        .await
    }

    /// Binds a batch to the account and endpoint of its first run, and sets its caps. Idempotent.
    ///
    /// A batch may have been bound before by another process: then account and endpoint must be equal.
    /// Caps are replaced; `None` leaves one as it is.
    ///
    /// # Errors
    /// [`WrongAccount`](super::LedgerErrorKind::WrongAccount) when the batch is bound to another account
    /// or endpoint, [`NoPrice`](super::LedgerErrorKind::NoPrice) for a cap on money over rows without a
    /// price, [`NotFound`](super::LedgerErrorKind::NotFound) for an unknown batch; else any error of the
    /// store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn bind(
        &self,
        batch: &BatchId,
        account: &str,
        endpoint: &str,
        caps: Caps,
    ) -> Result<Batch, LedgerError> {
        let args = (batch.clone(), account.to_owned(), endpoint.to_owned(), caps);
        let op = Op::durable("bind").idempotent();
        self.run(op, args, |tx, (batch, account, endpoint, caps)| {
            Box::pin(bind(tx, batch, account, endpoint, *caps))
        })
        .await
    }
}

async fn create_batch(tx: &mut dyn Transaction, new: &NewBatch) -> Result<Batch, LedgerError> {
    if new.id.is_singles() {
        let message = "the name of a batch begins with a slash";
        let error = LedgerError::new(LedgerErrorKind::InvalidName, message);
        return Err(error.with_hint("choose another name: --name NAME"));
    }
    let source = new.source.as_ref().map(Value::private);
    let values = values![new.id.as_str(), source, tx.now().0];
    tx.execute(
        "INSERT INTO batch (id, source, added) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        values,
    )
    .await?;
    locked_batch(tx, &new.id).await
}

async fn import(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    rows: &[NewItem],
) -> Result<Imported, LedgerError> {
    locked_batch(tx, batch).await?;
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    let known = known(tx, batch, &keys).await?;
    let mut imported = Imported::default();
    let mut new = Vec::new();
    for row in rows {
        match known.get(row.key.as_str()) {
            None => new.push(row),
            Some((hash, _)) if *hash == row.hash => imported.unchanged += 1,
            Some(_) => imported.changed.push(row.key.clone()),
        }
    }
    if imported.changed.is_empty() {
        imported.added = insert_planned(tx, batch, &new).await?;
        if imported.unchanged > 0 {
            revive(tx, batch, &keys).await?;
        }
    }
    Ok(imported)
}

/// Returns `count` numbered parameters from `first` on, as in `$2, $3`.
pub(crate) fn list(first: usize, count: usize) -> String {
    let numbers: Vec<_> = (first..first + count)
        .map(|number| format!("${number}"))
        .collect();
    numbers.join(", ")
}

/// Returns the number of the last row of a batch; 0 if it has none.
pub(crate) async fn last_seq(
    tx: &mut dyn Transaction,
    batch: &BatchId,
) -> Result<i64, LedgerError> {
    let last = "SELECT COALESCE(MAX(seq), 0) FROM item WHERE batch = $1";
    let last = tx.query(last, values![batch.as_str()]).await?.pop();
    last.map_or(Ok(0), |mut row| row.int())
}

/// Inserts planned rows after the last one of a locked batch. Returns their number.
async fn insert_planned(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    rows: &[&NewItem],
) -> Result<u64, LedgerError> {
    let Some(new) = rows.first() else {
        return Ok(0);
    };
    let last = last_seq(tx, batch).await?;
    let row = RowId {
        batch: batch.clone(),
        seq: last + 1,
    };
    let mut first = unclaimed(tx, row, new, Home::Planned);
    let mut inserted = 0;
    for rows in rows.chunks(ROWS) {
        inserted += insert(tx, &first, rows).await?;
        first.row.seq = last + inserted + 1;
    }
    let numbers = last..last + inserted;
    if GROWN.iter().any(|rows| numbers.contains(rows)) {
        tx.refresh_statistics().await?;
    }
    Ok(inserted.unsigned_abs())
}

async fn set_manifest(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    hash: &str,
) -> Result<(), LedgerError> {
    let set = "UPDATE batch SET manifest = $2 WHERE id = $1";
    match tx.execute(set, values![batch.as_str(), hash]).await? {
        0 => Err(no_batch(batch.as_str())),
        _ => Ok(()),
    }
}

async fn bind(
    tx: &mut dyn Transaction,
    id: &BatchId,
    account: &str,
    endpoint: &str,
    caps: Caps,
) -> Result<Batch, LedgerError> {
    let batch = locked_batch(tx, id).await?;
    batch.check_account(account, endpoint)?;
    if caps.money.is_some() {
        let unpriced = format!(
            "SELECT seq FROM item WHERE batch = $1 AND phase IN ({}) AND price IS NULL LIMIT 1",
            phase::all()
        );
        if let Some(mut row) = tx.query(&unpriced, values![id.as_str()]).await?.pop() {
            let (batch, seq) = (id.clone(), row.int()?);
            return Err(no_price(&RowId { batch, seq }));
        }
    }
    tx.execute(
        "UPDATE batch SET account = $2, endpoint = $3, cap = COALESCE($4, cap),
            cap_ms = COALESCE($5, cap_ms) WHERE id = $1",
        values![id.as_str(), account, endpoint, caps.money, caps.ms],
    )
    .await?;
    locked_batch(tx, id).await
}

impl Batch {
    /// Returns an error if the batch is bound to another account or endpoint.
    pub(crate) fn check_account(&self, account: &str, endpoint: &str) -> Result<(), LedgerError> {
        let is_other =
            |bound: &Option<String>, to: &str| bound.as_ref().is_some_and(|bound| bound != to);
        if is_other(&self.account, account) || is_other(&self.endpoint, endpoint) {
            return Err(wrong_account(self));
        }
        Ok(())
    }
}

fn wrong_account(batch: &Batch) -> LedgerError {
    let bound = |text: &Option<String>| text.clone().unwrap_or_default();
    let message = format!(
        "batch {} belongs to account {} at {}",
        batch.id,
        bound(&batch.account),
        bound(&batch.endpoint)
    );
    LedgerError::new(LedgerErrorKind::WrongAccount, message)
        .with_hint("use that account and endpoint, or import it under another name: --name NAME")
}

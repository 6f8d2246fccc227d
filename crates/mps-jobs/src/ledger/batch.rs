//! Reading and opening rows of the tables `batch`, `body` and `worker`.

use super::{
    change::no_batch,
    error::LedgerError,
    names::{BatchId, Timestamp},
    rows::{Batch, RowId},
    submit::{Caps, Single},
    tx::{Row, Transaction, unexpected, values},
};

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
    let values = values![id.as_str(), &single.account, &single.endpoint, tx.now().0];
    tx.execute(
        "INSERT INTO batch (id, account, endpoint, added) VALUES ($1, $2, $3, $4)
            ON CONFLICT (id) DO NOTHING",
        values,
    )
    .await?;
    locked_batch(tx, id).await?;
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

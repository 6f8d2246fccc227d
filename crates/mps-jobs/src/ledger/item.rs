//! Reading rows of the table `item`.

use super::{
    error::LedgerError,
    names::{BatchId, Key, Timestamp},
    rows::{Fence, Item, RowId},
    tx::{Row, Transaction, Value, unexpected, values},
};
use crate::state::{Home, State, Transition, next};

/// The columns of an [`Item`], in the order in which [`item`] reads them.
pub(crate) const ITEM: &str = "batch, seq, account, endpoint, key, hash, action, model, ms, price, out, state, \
    home, fence, attempt, owner, lease, added, armed, created, task, request_id, code, message, status, \
    done, expires";

/// Returns a row of the columns [`ITEM`].
pub(crate) fn item(mut row: Row) -> Result<Item, LedgerError> {
    next_item(&mut row)
}

/// Takes the columns [`ITEM`] from a row. A name that no version writes is damage.
pub(crate) fn next_item(row: &mut Row) -> Result<Item, LedgerError> {
    Ok(Item {
        row: row_id(row)?,
        account: row.optional_text()?,
        endpoint: row.optional_text()?,
        key: Key::try_from(row.text()?).map_err(|_| unexpected())?,
        hash: row.text()?,
        action: row.text()?,
        model: row.optional_text()?,
        ms: row.int()?,
        price: row.optional_int()?,
        out: row.optional_text()?,
        state: state(&row.text()?)?,
        home: Home::from_state(state(&row.text()?)?).ok_or_else(unexpected)?,
        fence: Fence(row.int()?),
        attempt: row.int()?,
        owner: row.optional_text()?,
        lease: time(row)?,
        added: Timestamp(row.int()?),
        armed: time(row)?,
        created: time(row)?,
        task: row.optional_text()?,
        request_id: row.optional_text()?,
        code: row.optional_text()?,
        message: row.optional_text()?,
        status: row.optional_text()?,
        done: time(row)?,
        expires: time(row)?,
    })
}

pub(crate) fn row_id(row: &mut Row) -> Result<RowId, LedgerError> {
    Ok(RowId {
        batch: BatchId::try_from(row.text()?).map_err(|_| unexpected())?,
        seq: row.int()?,
    })
}

pub(crate) fn state(name: &str) -> Result<State, LedgerError> {
    State::from_name(name).ok_or_else(unexpected)
}

pub(crate) fn time(row: &mut Row) -> Result<Option<Timestamp>, LedgerError> {
    Ok(row.optional_int()?.map(Timestamp))
}

/// Returns all rows that a condition selects.
pub(crate) async fn select(
    tx: &mut dyn Transaction,
    condition: &str,
    values: &[Value],
) -> Result<Vec<Item>, LedgerError> {
    let sql = format!("SELECT {ITEM} FROM item WHERE {condition}");
    let rows = tx.query(&sql, values).await?;
    rows.into_iter().map(item).collect()
}

/// Returns a row and keeps others from changing it until the transaction ends.
pub(crate) async fn locked(
    tx: &mut dyn Transaction,
    row: &RowId,
) -> Result<Option<Item>, LedgerError> {
    let values = values![row.batch.as_str(), row.seq];
    let mut found = select(tx, "batch = $1 AND seq = $2 FOR UPDATE", values).await?;
    Ok(found.pop())
}

/// Returns an item as it is after reaping: a listing needs no writer to show the rows that a process that has
/// ended left behind.
pub(crate) fn as_reaped(tx: &mut dyn Transaction, mut item: Item) -> Item {
    let transition = match item.state {
        State::Intent => Transition::Release,
        State::Sending => Transition::Doubt,
        _ => return item,
    };
    if is_orphan(tx, &item)
        && let Ok(state) = next(item.state, transition, item.home)
    {
        item.state = state;
    }
    item
}

/// Returns `true` when the process that claimed the row has lost it.
pub(crate) fn is_orphan(tx: &mut dyn Transaction, item: &Item) -> bool {
    let owner = item.owner.as_deref().unwrap_or_default();
    tx.is_orphan(owner, item.lease.unwrap_or_default())
}

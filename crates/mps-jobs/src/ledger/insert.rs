//! Inserting rows with their bodies: planned ones by the hundred, and a claimed one.

use super::{
    error::{LedgerError, LedgerErrorKind},
    import::list,
    names::BatchId,
    phase,
    rows::{Fence, Item, NewItem, RowId},
    tx::{Transaction, Value, values},
};
use crate::state::Home;

/// The highest price and length of a row, so that the sums of a batch cannot overflow.
const MOST: i64 = 1_000_000_000_000;

/// Returns the row of a new item at home, before its first claim.
pub(crate) fn unclaimed(tx: &dyn Transaction, row: RowId, new: &NewItem, home: Home) -> Item {
    Item {
        row,
        account: None,
        endpoint: None,
        key: new.key.clone(),
        hash: new.hash.clone(),
        action: new.action.clone(),
        model: new.model.clone(),
        ms: new.ms,
        price: new.price,
        out: new.out.clone(),
        state: home.state(),
        home,
        fence: Fence(0),
        attempt: 0,
        owner: None,
        lease: None,
        added: tx.now(),
        armed: None,
        created: None,
        task: None,
        request_id: None,
        code: None,
        message: None,
        status: None,
        done: None,
        expires: None,
    }
}

/// Inserts rows that are like the first one, but for their numbers, which follow its number, and their contents. Returns
/// their number.
pub(crate) async fn insert(
    tx: &mut dyn Transaction,
    first: &Item,
    rows: &[&NewItem],
) -> Result<i64, LedgerError> {
    let batch = &first.row.batch;
    // Parameters that all rows share.
    let mut items = values![
        batch.as_str(),
        first.account.as_ref(),
        first.endpoint.as_ref(),
        first.state.as_str(),
        phase::of(first.state),
        first.home.state().as_str(),
        first.fence.0,
        first.attempt,
        first.owner.as_ref(),
        first.lease.map(|lease| lease.0),
        first.added.0,
    ]
    .to_vec();
    let mut bodies = values![batch.as_str()].to_vec();
    let (of_items, of_bodies) = (items.len(), bodies.len());
    let mut seq = first.row.seq;
    for row in rows {
        check_amounts(row)?;
        items.extend_from_slice(values![
            seq,
            row.key.as_str(),
            &row.hash,
            &row.action,
            row.model.as_ref(),
            row.ms,
            row.price,
            row.out.as_ref().map(Value::private),
        ]);
        bodies.extend_from_slice(values![seq, Value::private(&row.body)]);
        seq += 1;
    }
    let sql = format!(
        "INSERT INTO item (batch, account, endpoint, state, phase, home, fence, attempt, owner, lease, added,
            seq, key, hash, action, model, ms, price, out)
            VALUES {} ON CONFLICT DO NOTHING",
        tuples(of_items, 8, rows.len())
    );
    let inserted = tx.execute(&sql, &items).await?;
    if usize::try_from(inserted) != Ok(rows.len()) {
        return Err(taken(batch));
    }
    let sql = format!(
        "INSERT INTO body (batch, seq, json) VALUES {}",
        tuples(of_bodies, 2, rows.len())
    );
    tx.execute(&sql, &bodies).await?;
    Ok(seq - first.row.seq)
}

/// Returns the parameters of an INSERT whose rows begin with the same ones, as in `($1, $2, $3), ($1, $4, $5)`.
fn tuples(shared: usize, own: usize, rows: usize) -> String {
    let same = list(1, shared);
    let tuple = |row: usize| format!("({same}, {})", list(shared + row * own + 1, own));
    (0..rows).map(tuple).collect::<Vec<_>>().join(", ")
}

/// Returns an error for an amount that would lower the sums of its batch or overflow them.
fn check_amounts(row: &NewItem) -> Result<(), LedgerError> {
    let range = 0..=MOST;
    if range.contains(&row.ms) && row.price.is_none_or(|price| range.contains(&price)) {
        return Ok(());
    }
    let message = format!(
        "the price or the length of {} is negative or too large",
        row.key
    );
    Err(LedgerError::new(LedgerErrorKind::NoPrice, message)
        .with_hint("correct the price table, or the duration"))
}

fn taken(batch: &BatchId) -> LedgerError {
    let message = format!("two rows of batch {batch} have the same key or output name");
    LedgerError::new(LedgerErrorKind::InvalidName, message)
        .with_hint("give each row its own `id` and `out`")
}

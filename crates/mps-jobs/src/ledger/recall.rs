//! Sends that are in the seal and missing from the store.

use super::{
    batch,
    change::{Change, record},
    error::LedgerError,
    item::select,
    phase,
    retention::ROW,
    rows::{Item, Token},
    schema::OF_ROW,
    seal::{Sealed, Sent},
    settle::is_known_task,
    tx::{Transaction, values},
};
use crate::state::{State, Transition};

/// The reason in the event of a recalled row.
pub(crate) const FORGOTTEN: &str = "the store forgot this send";

/// Compares sends of the seal with the store. One that the store does not know becomes in doubt, or
/// created if the seal has its task id. Idempotent.
pub(crate) async fn recall(tx: &mut dyn Transaction, sends: &[Sealed]) -> Result<u64, LedgerError> {
    let mut recalled = 0;
    for sealed in sends {
        let known = find(tx, &sealed.sent).await?;
        let item = match known {
            Some(item) => item,
            // Another host removed the row after its time, which this host's seal does not know.
            None if sealed.sent.at < tx.now().before(ROW) => continue,
            None => insert(tx, &sealed.sent).await?,
        };
        recalled += u64::from(recall_one(tx, &item, sealed).await?);
    }
    Ok(recalled)
}

async fn recall_one(
    tx: &mut dyn Transaction,
    item: &Item,
    sealed: &Sealed,
) -> Result<bool, LedgerError> {
    let Sent { claim, at, .. } = &sealed.sent;
    let is_older = item.fence < claim.fence;
    let item = match item.state {
        // A single create that was refused is sent again without a decision, like one that was not sent.
        State::Planned | State::Intent | State::Unsent | State::Refused
            if is_older || !is_known(tx, item, &sealed.sent).await? =>
        {
            doubt(tx, item, sealed).await?
        }
        _ if item.fence > claim.fence => return Ok(false),
        // The row was retried after its end, and the retry was sent.
        State::Failed | State::Expired | State::Abandoned | State::Created | State::Done
            if is_older =>
        {
            doubt(tx, item, sealed).await?
        }
        State::Sending | State::InDoubt if is_older => {
            let sql = "UPDATE item SET fence = $3, armed = $4 WHERE batch = $1 AND seq = $2";
            let row = &item.row;
            tx.execute(
                sql,
                values![row.batch.as_str(), row.seq, claim.fence.0, at.0],
            )
            .await?;
            let note = FORGOTTEN.into();
            record(tx, row, claim.fence, Some(item.state), item.state, note).await?;
            Item {
                fence: claim.fence,
                ..item.clone()
            }
        }
        State::InDoubt => item.clone(),
        _ => return Ok(false),
    };
    if let Some(task) = &sealed.task
        && !is_known_task(tx, &item, task).await?
    {
        let created = tx.now().0;
        Change::new(Transition::Create)
            .note("the seal has the task id")
            .set("task", task)
            .set("created", created)
            .clear(&["owner", "lease", "done", "code", "message"])
            .apply(tx, &item)
            .await?;
        return Ok(true);
    }
    Ok(is_older || item.state != State::InDoubt)
}

async fn doubt(
    tx: &mut dyn Transaction,
    item: &Item,
    sealed: &Sealed,
) -> Result<Item, LedgerError> {
    let sent = &sealed.sent;
    let before = item.task.as_ref();
    let note = before.map(|task| format!("{FORGOTTEN}, a repeat after task {task}"));
    Change::new(Transition::Recall)
        .note(note.as_deref().unwrap_or(FORGOTTEN))
        .set("fence", sent.claim.fence.max(item.fence).0)
        .set("armed", sent.at.0)
        .set("account", &sent.account)
        .set("endpoint", &sent.endpoint)
        .set("code", "store_forgot")
        .clear(&["owner", "lease", "done", "forgotten"])
        // They are those of the attempt before.
        .clear(&["task", "request_id", "message", "status"])
        .clear(&["created", "expires"])
        .apply_and_read(tx, item)
        .await
}

/// Returns `true` if the row has the event of a send, or was compared with it before. A token does not tell: an attempt
/// is sent again with it after throttling, and a copy of the store gives out tokens again.
async fn is_known(tx: &mut dyn Transaction, item: &Item, sent: &Sent) -> Result<bool, LedgerError> {
    let sql = format!(
        "SELECT n FROM event WHERE {OF_ROW} AND (now = 'sending' AND fence = $3 AND at = $4
            OR fence >= $3 AND note LIKE '{FORGOTTEN}%') LIMIT 1"
    );
    let Token { row, fence } = &sent.claim;
    let values = values![row.batch.as_str(), item.row.seq, fence.0, sent.at.0];
    Ok(!tx.query(&sql, values).await?.is_empty())
}

/// Returns the row of a send: by its key, since a store that went back may have given its number to
/// another row.
async fn find(tx: &mut dyn Transaction, sent: &Sent) -> Result<Option<Item>, LedgerError> {
    let batch = sent.claim.row.batch.as_str();
    let values = values![batch, &sent.key];
    let mut found = select(tx, "batch = $1 AND key = $2 FOR UPDATE", values).await?;
    Ok(found.pop())
}

/// Records the row of a send that the store lost completely. Its body is lost.
async fn insert(tx: &mut dyn Transaction, sent: &Sent) -> Result<Item, LedgerError> {
    let row = &sent.claim.row;
    let batch = row.batch.as_str();
    let values = values![batch, &sent.account, &sent.endpoint, tx.now().0];
    tx.execute(
        "INSERT INTO batch (id, account, endpoint, added) VALUES ($1, $2, $3, $4)
            ON CONFLICT (id) DO NOTHING",
        values,
    )
    .await?;
    batch::locked_batch(tx, &row.batch).await?;
    let home = if row.batch.is_singles() {
        State::Unsent
    } else {
        State::Planned
    };
    let values = values![
        batch,
        row.seq,
        &sent.key,
        &sent.hash,
        &sent.action,
        sent.ms,
        sent.price,
        home.as_str(),
        phase::of(home),
        tx.now().0,
    ];
    tx.execute(
        "INSERT INTO item (batch, seq, key, hash, action, ms, price, state, home, phase, added)
            SELECT $1, CASE WHEN EXISTS (SELECT 1 FROM item WHERE batch = $1 AND seq = $2)
                THEN (SELECT MAX(seq) + 1 FROM item WHERE batch = $1) ELSE $2 END,
                $3, $4, $5, $6, $7, $8, $8, $9, $10",
        values,
    )
    .await?;
    let inserted = find(tx, sent).await?;
    inserted.ok_or_else(super::tx::unexpected)
}

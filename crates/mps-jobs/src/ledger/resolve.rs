//! Decisions of a person: resolving an attempt in doubt, and planning an ended row again.

use super::{
    Ledger, batch,
    change::{Change, no_row, wrong_state},
    compare::WITHDRAWN,
    error::{LedgerError, LedgerErrorKind},
    import::list,
    item::{locked, select},
    names::{BatchId, Key},
    rows::{Claim, Item, RowId},
    send::claimed,
    settle::is_known_task,
    tx::{Op, Transaction, Value, values},
};
use crate::state::{Home, State, Transition};

/// A person's decision about an attempt in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolution {
    /// The task was found; this is its id.
    TaskId(String),
    /// It is sent again by the next run of its batch. The old price counts as spent.
    Recreate,
    /// It is given up. Its price counts as spent.
    Abandon,
}

impl Ledger {
    /// Decides an attempt in doubt, and returns the row after it.
    ///
    /// # Errors
    /// [`WrongState`](super::LedgerErrorKind::WrongState) when the row is not in doubt, when another row
    /// has the task id, or when a single create is to be sent by a run (use
    /// [`recreate_now`](Self::recreate_now)); [`CapReached`](super::LedgerErrorKind::CapReached) when a
    /// repeat does not fit; [`NotFound`](super::LedgerErrorKind::NotFound); else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn resolve(&self, row: &RowId, decision: Resolution) -> Result<Item, LedgerError> {
        let args = (row.clone(), decision);
        let op = Op::durable("resolve").sends_nothing();
        self.run(op, args, |tx, (row, decision)| {
            Box::pin(resolve(tx, row, decision))
        })
        .await
    }

    /// Claims an attempt in doubt in order to send it again at once. The old price counts as spent. If
    /// nothing is sent, the row returns to `in_doubt`.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all. A claim that was not received is in
    /// doubt again when the process ends.
    pub async fn recreate_now(&self, row: &RowId) -> Result<Claim, LedgerError> {
        self.run(Op::durable("recreate_now"), row.clone(), |tx, row| {
            Box::pin(recreate_now(tx, row))
        })
        .await
    }

    /// Plans a refused, failed, unsent, expired or abandoned row of a batch again, and returns it.
    ///
    /// # Errors
    /// [`WrongState`](super::LedgerErrorKind::WrongState) for a row in another state, for a single
    /// create, and for a row whose body was forgotten;
    /// [`NotFound`](super::LedgerErrorKind::NotFound); else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn retry(&self, row: &RowId) -> Result<Item, LedgerError> {
        let op = Op::durable("retry").sends_nothing();
        self.run(op, row.clone(), |tx, row| Box::pin(retry(tx, row)))
            .await
    }
}

/// The outcome of planning the rows in some states again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retried {
    /// The number of rows that are planned again.
    pub planned: u64,
    /// The keys of rows that cannot be repeated, since their contents were forgotten.
    pub forgotten: Vec<Key>,
    /// The number of the last row that was looked at; `None` when there was none.
    last: Option<i64>,
}

/// Rows that are planned again in one transaction.
const PAGE: i64 = 500;

/// Arguments of one transaction of [`Ledger::retry_all`]: the batch, the states, and the row before.
type Page = (BatchId, Vec<State>, i64);

impl Ledger {
    /// Plans the rows of a batch in some of the states refused, failed, unsent, expired and abandoned
    /// again, 500 in a transaction. Rows that were removed from their manifest are left out.
    /// Idempotent.
    ///
    /// # Errors
    /// [`WrongState`](super::LedgerErrorKind::WrongState) for another state; else any error of the
    /// store. Rows before the error are planned.
    ///
    /// # Cancel safety
    /// A dropped call may have planned some of the rows. Repeat it.
    pub async fn retry_all(
        &self,
        batch: &BatchId,
        states: &[State],
    ) -> Result<Retried, LedgerError> {
        let mut retried = Retried::default();
        let mut after = 0;
        loop {
            let args = (batch.clone(), states.to_vec(), after);
            let op = Op::durable("retry_all").idempotent();
            let page = self
                .run(op, args, |tx, page| Box::pin(retry_page(tx, page)))
                .await?;
            retried.planned += page.planned;
            retried.forgotten.extend(page.forgotten);
            match page.last {
                Some(last) => after = last,
                None => return Ok(retried),
            }
        }
    }
}

async fn retry_page(
    tx: &mut dyn Transaction,
    (batch, states, after): &Page,
) -> Result<Retried, LedgerError> {
    let mut values = values![batch.as_str(), *after, PAGE].to_vec();
    values.extend(states.iter().map(|state| Value::from(state.as_str())));
    let condition = format!(
        "batch = $1 AND seq > $2 AND COALESCE(code, '') <> '{WITHDRAWN}' AND state IN ({})
            ORDER BY seq LIMIT $3 FOR UPDATE",
        list(4, states.len())
    );
    let mut page = Retried::default();
    for item in select(tx, &condition, &values).await? {
        page.last = Some(item.row.seq);
        if batch::body(tx, &item.row).await?.is_some() {
            retry(tx, &item.row).await?;
            page.planned += 1;
        } else {
            page.forgotten.push(item.key);
        }
    }
    Ok(page)
}

/// Returns a row that is in doubt.
async fn doubtful(tx: &mut dyn Transaction, row: &RowId) -> Result<Item, LedgerError> {
    match locked(tx, row).await? {
        None => Err(no_row(row)),
        Some(item) if item.state == State::InDoubt => Ok(item),
        Some(item) => Err(wrong_state(row, item.state)),
    }
}

async fn resolve(
    tx: &mut dyn Transaction,
    row: &RowId,
    decision: &Resolution,
) -> Result<Item, LedgerError> {
    let item = doubtful(tx, row).await?;
    let now = tx.now().0;
    let change = match decision {
        Resolution::TaskId(task) => {
            if is_known_task(tx, &item, task).await? {
                let message = "another row of the ledger has this task id";
                return Err(LedgerError::new(LedgerErrorKind::WrongState, message)
                    .with_hint("look at it: mps show ID"));
            }
            Change::new(Transition::ResolveTask)
                .note("a person found the task")
                .set("task", task)
                .set("created", now)
                .clear(&["code", "message"])
        }
        Resolution::Recreate if row.batch.is_singles() => {
            return Err(wrong_state(row, item.state)
                .with_hint("send it again at once: mps resolve KEY --recreate"));
        }
        Resolution::Recreate => Change::new(Transition::Recreate)
            .note("a person decided to send it again")
            .set("home", State::Planned.as_str()),
        Resolution::Abandon => Change::new(Transition::Abandon)
            .note("a person gave it up")
            .set("done", now),
    };
    change
        .clear(&["owner", "lease"])
        .apply_and_read(tx, &item)
        .await
}

async fn recreate_now(tx: &mut dyn Transaction, row: &RowId) -> Result<Claim, LedgerError> {
    let item = doubtful(tx, row).await?;
    let change = Change::new(Transition::RecreateNow)
        .note("a person decided to send it again")
        .set("home", State::InDoubt.as_str());
    let home = Home::InDoubt;
    let item = Item {
        home,
        ..claimed(tx, change, &item).await?
    };
    match batch::body(tx, row).await? {
        Some(body) => Ok(Claim { item, body }),
        None => Err(wrong_state(row, item.state)),
    }
}

async fn retry(tx: &mut dyn Transaction, row: &RowId) -> Result<Item, LedgerError> {
    let Some(item) = locked(tx, row).await? else {
        return Err(no_row(row));
    };
    if row.batch.is_singles() || batch::body(tx, row).await?.is_none() {
        return Err(wrong_state(row, item.state).with_hint(
            "create it anew: a single create, or one whose content was forgotten, is not repeated",
        ));
    }
    let note = item.task.as_ref().map(|task| format!("after task {task}"));
    let planned = Change::new(Transition::Retry)
        .note(note.as_deref().unwrap_or("again"))
        .set("home", State::Planned.as_str())
        .clear(&[
            "owner",
            "lease",
            "armed",
            "created",
            "task",
            "request_id",
            "code",
            "message",
            "status",
        ])
        .clear(&["done", "expires"])
        .apply_and_read(tx, &item)
        .await?;
    let files = "DELETE FROM file WHERE batch = $1 AND seq = $2";
    tx.execute(files, values![row.batch.as_str(), row.seq])
        .await?;
    Ok(planned)
}

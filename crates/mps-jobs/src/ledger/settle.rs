//! The outcome of a send.

use super::{
    Ledger,
    change::{Change, no_row},
    error::LedgerError,
    item::{ITEM, next_item},
    learned::keep_commit_time,
    rows::{Item, Token},
    seal::Entry,
    send::current,
    tx::{Op, Transaction, Value, values},
};
use crate::state::{State, Transition};

/// The answer of the service, or the error of the call, at the end of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The request id.
    pub request_id: Option<String>,
    /// The error code, or the kind of the error.
    pub code: Option<String>,
    /// The error message, without secrets, prompts and signed URLs.
    pub message: Option<String>,
}

/// The outcome of recording a task id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recorded {
    /// The id is the row's task.
    Created,
    /// The row no longer waits for this attempt, or another row has this id. The id is kept as a
    /// stray; it may be billed.
    Stray,
}

impl Answer {
    /// Returns the message, which may quote the request.
    pub(crate) fn private_message(&self) -> Option<Value> {
        self.message.as_ref().map(Value::private)
    }
}

impl Ledger {
    /// Records that nothing was sent and that the caller gives the claim up, armed or not. The row
    /// returns to its [`home`](super::Item::home). Returns `false` when the claim is no longer
    /// valid. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn not_sent(&self, claim: &Token, answer: Answer) -> Result<bool, LedgerError> {
        let args = (claim.clone(), answer);
        let op = Op::durable("not_sent").joined().idempotent();
        let released = self
            .run(op, args, |tx, (claim, answer)| {
                Box::pin(not_sent(tx, claim, answer))
            })
            .await?;
        self.seal_later(released, Entry::not_sent(claim)).await;
        Ok(released)
    }

    /// Records the task id that the service answered with, in the seal and in the store. Idempotent.
    ///
    /// # Errors
    /// Any error of the store. The seal may have the id nevertheless.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn created(
        &self,
        claim: &Token,
        task: &str,
        answer: Answer,
    ) -> Result<Recorded, LedgerError> {
        // Before the store, which may fail or be busy: the id of a task must not be lost.
        self.seal_later(true, Entry::created(claim, task)).await;
        // A server's row would keep other hosts waiting for this commit.
        let commit_us = self.changed_commit_time().filter(|_| !self.is_shared());
        let args = (claim.clone(), task.to_owned(), answer, commit_us);
        let op = Op::durable("created").joined().idempotent();
        let recorded = self
            .run(op, args, |tx, (claim, task, answer, commit_us)| {
                Box::pin(async move {
                    let recorded = created(tx, claim, task, answer).await?;
                    keep_commit_time(tx, *commit_us).await?;
                    Ok(recorded)
                })
            })
            .await?;
        match commit_us {
            Some(us) => self.commit_time_is_kept(us),
            None => self.store_commit_time().await,
        }
        Ok(recorded)
    }

    /// Records that the service refused the request: nothing was created. Returns `false` when the row
    /// no longer waits for this attempt. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn refused(&self, claim: &Token, answer: Answer) -> Result<bool, LedgerError> {
        let args = (claim.clone(), answer);
        let op = Op::durable("refused").joined().idempotent();
        let refused = self
            .run(op, args, |tx, (claim, answer)| {
                Box::pin(refused(tx, claim, answer))
            })
            .await?;
        self.seal_later(refused, Entry::not_sent(claim)).await;
        Ok(refused)
    }

    /// Records that the outcome is unknown: the request may have been executed and billed. Returns
    /// `false` when the row no longer waits for this attempt. Idempotent.
    ///
    /// # Errors
    /// Any error of the store. The row then becomes in doubt when this process ends.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn in_doubt(&self, claim: &Token, answer: Answer) -> Result<bool, LedgerError> {
        let args = (claim.clone(), answer);
        let op = Op::durable("in_doubt").joined().idempotent();
        self.run(op, args, |tx, (claim, answer)| {
            Box::pin(in_doubt(tx, claim, answer))
        })
        .await
    }
}

async fn not_sent(
    tx: &mut dyn Transaction,
    claim: &Token,
    answer: &Answer,
) -> Result<bool, LedgerError> {
    let Some(item) = current(tx, claim).await? else {
        return Ok(false);
    };
    let transition = match item.state {
        State::Intent => Transition::Release,
        State::Sending => Transition::NotSent,
        state => return Ok(item.owner.is_none() && state == item.home.state()),
    };
    let change = answered(Change::new(transition), answer);
    released(tx, change, &item).await?;
    Ok(true)
}

/// Applies a transition that takes a row from its holder. A row whose home is an end ends now.
pub(crate) async fn released(
    tx: &mut dyn Transaction,
    change: Change<'_>,
    item: &Item,
) -> Result<(), LedgerError> {
    let ends = item.home.state().is_ended();
    let done = ends.then(|| tx.now().0);
    let change = change.set("done", done).clear(&["owner", "lease"]);
    change.apply(tx, item).await.map(drop)
}

fn answered<'a>(change: Change<'a>, answer: &Answer) -> Change<'a> {
    change
        .set("request_id", answer.request_id.as_ref())
        .set("code", answer.code.as_ref())
        .set("message", answer.private_message())
}

async fn created(
    tx: &mut dyn Transaction,
    claim: &Token,
    task: &str,
    answer: &Answer,
) -> Result<Recorded, LedgerError> {
    // One statement, since each is a round trip.
    let sql = format!(
        "SELECT {ITEM}, (SELECT MIN(o.seq) FROM item o
            WHERE o.account = item.account AND o.endpoint = item.endpoint AND o.task = $3)
            FROM item WHERE batch = $1 AND seq = $2 FOR UPDATE"
    );
    let values = values![claim.row.batch.as_str(), claim.row.seq, task];
    let Some(mut row) = tx.query(&sql, values).await?.pop() else {
        return Err(no_row(&claim.row));
    };
    let item = next_item(&mut row)?;
    let is_known_task = row.optional_int()?.is_some();
    let is_ours = item.fence == claim.fence;
    if is_ours && item.task.as_deref() == Some(task) {
        return Ok(Recorded::Created);
    }
    if !is_ours || !matches!(item.state, State::Sending | State::InDoubt) {
        return stray(
            tx,
            &item,
            claim,
            task,
            "the row no longer waits for this attempt",
        )
        .await;
    }
    if is_known_task {
        if item.state == State::Sending {
            let change = answered(Change::new(Transition::Doubt), answer);
            change
                .note("another row has the task id")
                .apply(tx, &item)
                .await?;
        }
        return stray(tx, &item, claim, task, "another row has this task id").await;
    }
    let now = tx.now().0;
    Change::new(Transition::Create)
        .set("task", task)
        .set("request_id", answer.request_id.as_ref())
        .set("created", now)
        .clear(&["lease", "code", "message"])
        .apply(tx, &item)
        .await?;
    Ok(Recorded::Created)
}

/// Returns `true` when another row of the account has the task id.
pub(crate) async fn is_known_task(
    tx: &mut dyn Transaction,
    item: &Item,
    task: &str,
) -> Result<bool, LedgerError> {
    let sql = "SELECT seq FROM item WHERE account = $1 AND endpoint = $2 AND task = $3";
    let values = values![item.account.as_ref(), item.endpoint.as_ref(), task];
    Ok(!tx.query(sql, values).await?.is_empty())
}

async fn stray(
    tx: &mut dyn Transaction,
    item: &Item,
    claim: &Token,
    task: &str,
    why: &str,
) -> Result<Recorded, LedgerError> {
    let row = &item.row;
    let values = values![
        row.batch.as_str(),
        row.seq,
        claim.fence.0,
        task,
        tx.now().0,
        why
    ];
    tx.execute(
        "INSERT INTO stray (batch, seq, fence, task, seen, why) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (batch, seq, fence) DO NOTHING",
        values,
    )
    .await?;
    Ok(Recorded::Stray)
}

async fn refused(
    tx: &mut dyn Transaction,
    claim: &Token,
    answer: &Answer,
) -> Result<bool, LedgerError> {
    let Some(item) = current(tx, claim).await? else {
        return Ok(false);
    };
    match item.state {
        State::Refused => Ok(true),
        // Intent: refused before it was armed, by a check of this machine, or disarmed after the answer.
        State::Intent | State::Sending | State::InDoubt => {
            let done = tx.now().0;
            let change = answered(Change::new(Transition::Refuse), answer).set("done", done);
            change.clear(&["owner", "lease"]).apply(tx, &item).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

async fn in_doubt(
    tx: &mut dyn Transaction,
    claim: &Token,
    answer: &Answer,
) -> Result<bool, LedgerError> {
    let Some(item) = current(tx, claim).await? else {
        return Ok(false);
    };
    match item.state {
        State::InDoubt => Ok(true),
        State::Sending => {
            let change = answered(Change::new(Transition::Doubt), answer);
            change.apply(tx, &item).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

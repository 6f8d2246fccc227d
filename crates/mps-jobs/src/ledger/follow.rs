//! From a task id to its files.

use std::fmt;

use mps_aigc::{ResultFile, Results, SavedFile};

use super::{
    Ledger,
    change::{Change, record},
    error::LedgerError,
    item::locked,
    names::Timestamp,
    rows::{Item, RowId},
    settle::Answer,
    tx::{Op, Transaction, Value, values},
};
use crate::{
    hash::without_query,
    state::{State, Transition},
};

/// The result of a task that is done. `Debug` leaves the URLs out, which may be signed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// The status as on the wire.
    pub status: Option<String>,
    /// The time at which the service deletes the results.
    pub expires: Option<Timestamp>,
    /// The URLs of the results. Their queries are left out, since a signed URL is a secret.
    pub urls: Vec<String>,
}

impl Finished {
    /// Returns the end of a task with these results; `status` is the last one, as on the wire.
    #[must_use]
    pub fn new(status: Option<String>, results: &Results) -> Self {
        let url = |file: &ResultFile| file.url().map(str::to_owned);
        Self {
            status,
            expires: results.expires_at().map(Timestamp::from),
            urls: results.files.iter().filter_map(url).collect(),
        }
    }
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished")
            .field("status", &self.status)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// Records the status of a task that a poll found running. Idempotent; may be lost with the machine.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn polled(&self, row: &RowId, status: &str) -> Result<(), LedgerError> {
        let args = (row.clone(), status.to_owned());
        let op = Op::relaxed("polled").idempotent();
        self.run(op, args, |tx, (row, status)| {
            Box::pin(polled(tx, row, status))
        })
        .await
    }

    /// Records that a created task is done, with its results. Returns `false` when the row is not
    /// created: another poller was faster. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn done(&self, row: &RowId, finished: Finished) -> Result<bool, LedgerError> {
        let args = (row.clone(), finished);
        let op = Op::durable("done").idempotent();
        self.run(op, args, |tx, (row, finished)| {
            Box::pin(done(tx, row, finished))
        })
        .await
    }

    /// Records that a created task failed. Returns `false` when the row is not created. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn failed(&self, row: &RowId, answer: Answer) -> Result<bool, LedgerError> {
        let args = (row.clone(), answer);
        let op = Op::durable("failed").idempotent();
        self.run(op, args, |tx, (row, answer)| {
            Box::pin(failed(tx, row, answer))
        })
        .await
    }

    /// Records the reason why the results of a done task could not be saved, as an event of the row,
    /// which stays done. May be lost with the machine.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn unsaved(&self, row: &RowId, reason: &str) -> Result<(), LedgerError> {
        let args = (row.clone(), reason.to_owned());
        let op = Op::relaxed("unsaved").sends_nothing();
        self.run(op, args, |tx, (row, reason)| {
            Box::pin(unsaved(tx, row, reason))
        })
        .await
    }

    /// Records that every result of a done task is saved, and where: the files in the order of the
    /// results. Returns `false` when the row is not done. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn fetched(&self, row: &RowId, files: &[SavedFile]) -> Result<bool, LedgerError> {
        let args = (row.clone(), files.to_vec());
        let op = Op::durable("fetched").idempotent();
        self.run(op, args, |tx, (row, files)| {
            Box::pin(fetched(tx, row, files))
        })
        .await
    }

    /// Records that results of a fetched row were saved again, with their numbers, after their files had
    /// been deleted. Changes nothing else, and nothing of a row in another state. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub(crate) async fn fetched_again(
        &self,
        row: &RowId,
        files: Vec<(i64, SavedFile)>,
    ) -> Result<(), LedgerError> {
        let args = (row.clone(), files);
        let op = Op::durable("fetched_again").idempotent();
        self.run(op, args, |tx, (row, files)| {
            Box::pin(fetched_again(tx, row, files))
        })
        .await
    }

    /// Records that the results of a task are gone. Describe the task again before. Returns `false`
    /// when the row is neither created nor done. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn expired(&self, row: &RowId) -> Result<bool, LedgerError> {
        let op = Op::durable("expired").idempotent();
        self.run(op, row.clone(), |tx, row| Box::pin(expired(tx, row)))
            .await
    }
}

async fn polled(tx: &mut dyn Transaction, row: &RowId, status: &str) -> Result<(), LedgerError> {
    let set = "UPDATE item SET status = $3
        WHERE batch = $1 AND seq = $2 AND state = 'created'";
    tx.execute(set, values![row.batch.as_str(), row.seq, status])
        .await?;
    Ok(())
}

/// Applies a transition if the row is in the state `from`. Returns `true` if it was, or if the change
/// happened before.
async fn step(
    tx: &mut dyn Transaction,
    row: &RowId,
    from: &[State],
    to: State,
    change: Change<'_>,
) -> Result<bool, LedgerError> {
    match locked(tx, row).await? {
        Some(item) if from.contains(&item.state) => {
            change.apply(tx, &item).await?;
            Ok(true)
        }
        Some(Item { state, .. }) => Ok(state == to),
        None => Ok(false),
    }
}

async fn done(
    tx: &mut dyn Transaction,
    row: &RowId,
    finished: &Finished,
) -> Result<bool, LedgerError> {
    let change = Change::new(Transition::Finish)
        .set("status", finished.status.as_ref())
        .set("expires", finished.expires.map(|time| time.0))
        .set("done", tx.now().0)
        .clear(&["code", "message"]);
    let is_done = step(tx, row, &[State::Created], State::Done, change).await?;
    if is_done {
        for (n, url) in (0_i64..).zip(&finished.urls) {
            let url = Value::private(without_query(url));
            let values = values![row.batch.as_str(), row.seq, n, url];
            tx.execute(
                "INSERT INTO file (batch, seq, n, url) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (batch, seq, n) DO UPDATE SET url = excluded.url",
                values,
            )
            .await?;
        }
    }
    Ok(is_done)
}

async fn failed(
    tx: &mut dyn Transaction,
    row: &RowId,
    answer: &Answer,
) -> Result<bool, LedgerError> {
    let change = Change::new(Transition::Fail)
        .set("code", answer.code.as_ref())
        .set("message", answer.private_message())
        .set("done", tx.now().0);
    step(tx, row, &[State::Created], State::Failed, change).await
}

async fn unsaved(tx: &mut dyn Transaction, row: &RowId, reason: &str) -> Result<(), LedgerError> {
    match locked(tx, row).await? {
        Some(item) if item.state == State::Done => {
            let (fence, state) = (item.fence, item.state);
            // It may quote the path of a file.
            let note = Value::private(reason);
            record(tx, &item.row, fence, Some(state), state, note).await
        }
        _ => Ok(()),
    }
}

async fn fetched(
    tx: &mut dyn Transaction,
    row: &RowId,
    files: &[SavedFile],
) -> Result<bool, LedgerError> {
    let change = Change::new(Transition::Fetch);
    let is_fetched = step(tx, row, &[State::Done], State::Fetched, change).await?;
    if is_fetched {
        for (n, file) in (0_i64..).zip(files) {
            save(tx, row, n, file).await?;
        }
    }
    Ok(is_fetched)
}

async fn fetched_again(
    tx: &mut dyn Transaction,
    row: &RowId,
    files: &[(i64, SavedFile)],
) -> Result<(), LedgerError> {
    let item = locked(tx, row).await?;
    let Some(item) = item.filter(|item| item.state == State::Fetched) else {
        return Ok(());
    };
    for (n, file) in files {
        save(tx, row, *n, file).await?;
    }
    let note = "fetched again: the file was deleted";
    let (fence, state) = (item.fence, item.state);
    record(tx, &item.row, fence, Some(state), state, note.into()).await
}

/// Adds a saved file to its result, which is there unless the task was done without URLs.
async fn save(
    tx: &mut dyn Transaction,
    row: &RowId,
    n: i64,
    file: &SavedFile,
) -> Result<(), LedgerError> {
    let values = values![
        row.batch.as_str(),
        row.seq,
        n,
        Value::private(file.path.to_string_lossy()),
        i64::try_from(file.bytes).ok(),
        &file.sha256,
    ];
    tx.execute(
        "INSERT INTO file (batch, seq, n, url, path, bytes, sha256)
            VALUES ($1, $2, $3, '', $4, $5, $6)
            ON CONFLICT (batch, seq, n) DO UPDATE SET path = excluded.path,
                bytes = excluded.bytes, sha256 = excluded.sha256",
        values,
    )
    .await?;
    Ok(())
}

async fn expired(tx: &mut dyn Transaction, row: &RowId) -> Result<bool, LedgerError> {
    let change = Change::new(Transition::Expire).set("done", tx.now().0);
    let from = [State::Created, State::Done];
    step(tx, row, &from, State::Expired, change).await
}

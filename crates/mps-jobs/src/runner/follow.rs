//! Waits for created tasks, and records their ends.

use std::{collections::HashSet, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use mps_aigc::{AnyTask, ErrorKind, ResultFile, Snapshot};

use super::{Work, results};
use crate::{
    job::handle,
    ledger::{Answer, Finished, Item, LedgerError, RowId, Timestamp},
};

/// Rows that are read from the ledger at once.
const PAGE: usize = 500;

/// Runs until it is dropped.
pub(super) async fn run(work: &Work) {
    while let Err(error) = load(work).await {
        tracing::warn!(%error, "the created tasks could not be read");
        work.change().await;
    }
    let mut followed = HashSet::new();
    let mut ends = FuturesUnordered::new();
    loop {
        for item in work.take_created() {
            if followed.insert(item.row.clone()) {
                ends.push(follow(work, item));
            }
        }
        work.set_followed(followed.len());
        tokio::select! {
            Some(row) = ends.next() => drop(followed.remove(&row)),
            () = work.change() => {}
        }
    }
}

/// Hands over every created row of this process. Those that are followed already are left alone.
pub(super) async fn load(work: &Work) -> Result<(), LedgerError> {
    let mut after = 0;
    loop {
        let page = work.ledger.to_follow(&work.batch, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.row.seq;
        page.into_iter().for_each(|item| work.hand_over(item));
    }
}

/// Follows one task to its end and records it.
async fn follow(work: &Work, item: Item) -> RowId {
    let row = item.row.clone();
    let Some(handle) = handle(&item) else {
        return row;
    };
    let task = work.aigc.task(handle);
    loop {
        match poll(work, &item, &task).await {
            Ok(true) => break,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, key = %item.key, "the end of a task could not be recorded")
            }
        }
        work.clock().sleep(Duration::from_secs(5)).await;
    }
    work.notify();
    row
}

/// Polls a task once. Returns `true` when it has ended and that is recorded.
pub(crate) async fn poll(work: &Work, item: &Item, task: &AnyTask) -> Result<bool, LedgerError> {
    match task.status().await {
        Ok(snapshot) => described(work, item, task, snapshot).await,
        Err(error) if error.kind() == ErrorKind::NotFound && is_old(work, item) => {
            work.ledger.expired(&item.row).await?;
            Ok(true)
        }
        Err(error) => {
            tracing::warn!(%error, key = %item.key, "a poll failed");
            Ok(false)
        }
    }
}

async fn described(
    work: &Work,
    item: &Item,
    task: &AnyTask,
    snapshot: Snapshot,
) -> Result<bool, LedgerError> {
    match results::outcome(task, &snapshot) {
        None => Ok(false),
        // The service writes the status before the results.
        Some(Ok(results)) if results.files.is_empty() => Ok(false),
        Some(Ok(results)) => {
            let url = |file: &ResultFile| file.location.url().map(str::to_owned);
            let finished = Finished {
                status: Some(snapshot.status),
                expires: results.expires_at().map(Timestamp::from),
                urls: results.files.iter().filter_map(url).collect(),
            };
            work.keep_results(&item.row, results);
            work.ledger.done(&item.row, finished).await?;
            Ok(true)
        }
        Some(Err(error)) if error.kind() != ErrorKind::TaskFailed => {
            tracing::warn!(%error, key = %item.key, "a task does not go on by itself");
            Ok(false)
        }
        Some(Err(_)) => {
            let answer = Answer {
                message: snapshot.message,
                ..Answer::default()
            };
            work.ledger.failed(&item.row, answer).await?;
            Ok(true)
        }
    }
}

/// Returns the time for which the service keeps the results of a row's family.
pub(super) fn kept_for(item: &Item) -> Option<Duration> {
    let family = mps_models::TaskFamily::created_by(&item.action)?;
    let hours = family.info().result_hours?;
    Some(Duration::from_secs(u64::from(hours) * 3_600))
}

/// Returns `true` when the service may have forgotten the task.
fn is_old(work: &Work, item: &Item) -> bool {
    let now = Timestamp::from(work.clock().wall());
    match (item.created, kept_for(item)) {
        (Some(created), Some(kept_for)) => created.after(kept_for) < now,
        _ => false,
    }
}

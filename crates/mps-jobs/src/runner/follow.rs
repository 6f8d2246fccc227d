//! Waits for created tasks, and records their ends.

use std::{collections::HashSet, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use mps_aigc::{AnyTask, ErrorKind, Snapshot};
use mps_models::TaskPhase;

use super::Work;
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
            Err(error) => tracing::warn!(%error, key = %item.key, "the end of a task could not be recorded"),
        }
        work.clock().sleep(Duration::from_secs(5)).await;
    }
    work.notify();
    row
}

/// Polls a task once. Returns `true` when it has ended and that is recorded.
pub(crate) async fn poll(work: &Work, item: &Item, task: &AnyTask) -> Result<bool, LedgerError> {
    match task.status().await {
        Ok(snapshot) => described(work, item, snapshot).await,
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

async fn described(work: &Work, item: &Item, snapshot: Snapshot) -> Result<bool, LedgerError> {
    match snapshot.phase {
        TaskPhase::Pending => Ok(false),
        TaskPhase::Failed => {
            let answer = Answer {
                message: snapshot.message,
                ..Answer::default()
            };
            work.ledger.failed(&item.row, answer).await?;
            Ok(true)
        }
        TaskPhase::Succeeded if snapshot.urls.is_empty() => Ok(false),
        TaskPhase::Succeeded => {
            let finished = Finished {
                status: Some(snapshot.status.clone()),
                expires: expiry(work, item),
                urls: snapshot.urls.clone(),
            };
            work.keep_described(&item.row, snapshot);
            work.ledger.done(&item.row, finished).await?;
            Ok(true)
        }
    }
}

fn expiry(work: &Work, item: &Item) -> Option<Timestamp> {
    let now = Timestamp::from(work.clock().wall());
    Some(now.after(kept_for(item)?))
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

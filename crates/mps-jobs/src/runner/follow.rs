//! Waits for created tasks by the client's poll schedule, and records their ends.

use std::time::Duration;

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use mps_aigc::{AnyTask, Error, ErrorKind, Event, Results, WaitOptions};

use super::Work;
use crate::ledger::{Answer, Finished, Item, LedgerError, RowId, Timestamp};

/// Rows that are read from the ledger at once.
const PAGE: usize = 500;

/// Longest wait for one task. After it the task is waited for again.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3_600);

/// Pause before a task is waited for again whose wait ended without its end.
const PAUSE: Duration = Duration::from_secs(60);

/// Runs until it is dropped.
pub(super) async fn run(work: &Work) {
    while let Err(error) = load(work).await {
        tracing::warn!(%error, "the created tasks could not be read");
        work.change().await;
    }
    let mut ends = FuturesUnordered::new();
    loop {
        let created = work.take_created().into_iter();
        ends.extend(created.map(|item| Box::pin(follow(work, item))));
        tokio::select! {
            Some(row) = ends.next() => work.ended(&row),
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
        for item in page {
            work.hand_over(item);
        }
    }
}

/// Follows one task to its end and records it.
async fn follow(work: &Work, item: Item) -> RowId {
    loop {
        match follow_once(work, &item).await {
            Ok(true) => break,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, key = %item.key, "the end of a task could not be recorded");
            }
        }
        work.clock().sleep(PAUSE).await;
    }
    work.notify();
    item.row
}

/// Waits for the end of a task. Returns `true` when it is recorded.
async fn follow_once(work: &Work, item: &Item) -> Result<bool, LedgerError> {
    let Some(handle) = item.handle(work.aigc.client()) else {
        return Ok(true);
    };
    let options = WaitOptions::new().timeout(LONGEST_WAIT);
    let mut events = work.aigc.watch_all_with([handle], &options);
    let mut status = item.status.clone();
    while let Some(event) = events.next().await {
        match event {
            Event::Queued { snapshot, .. } | Event::Running { snapshot, .. } => {
                work.ledger.polled(&item.row, &snapshot.status).await?;
                status = Some(snapshot.status);
            }
            Event::Ended { snapshot, .. } => status = Some(snapshot.status),
            Event::Done { results, .. } => return done(work, item, status, results).await,
            Event::Failed { error, .. } => return failed(work, item, &error).await,
            _ => {}
        }
    }
    Ok(false)
}

/// Polls a task once. Returns `true` when it has ended and that is recorded.
pub(crate) async fn poll(work: &Work, item: &Item, task: &AnyTask) -> Result<bool, LedgerError> {
    let polled = task.status().await.map(|snapshot| {
        let outcome = task.outcome(&snapshot);
        (snapshot.status, outcome)
    });
    match polled {
        Ok((_, None)) => Ok(false),
        // The service writes the status before the results.
        Ok((_, Some(Ok(results)))) if results.files.is_empty() => Ok(false),
        Ok((status, Some(Ok(results)))) => done(work, item, Some(status), results).await,
        Ok((_, Some(Err(error)))) | Err(error) => failed(work, item, &error).await,
    }
}

async fn done(
    work: &Work,
    item: &Item,
    status: Option<String>,
    results: Results,
) -> Result<bool, LedgerError> {
    let finished = Finished::new(status, &results);
    work.keep_results(&item.row, results);
    work.saved(&item.row);
    work.ledger.done(&item.row, finished).await?;
    Ok(true)
}

async fn failed(work: &Work, item: &Item, error: &Error) -> Result<bool, LedgerError> {
    match error.kind() {
        ErrorKind::TaskFailed => {
            let message = Some(error.to_string());
            let answer = Answer {
                message,
                ..Answer::default()
            };
            work.ledger.failed(&item.row, answer).await?;
            work.pace.freed();
            Ok(true)
        }
        ErrorKind::NotFound if item.outlived_its_results(Timestamp::from(work.clock().wall())) => {
            work.ledger.expired(&item.row).await?;
            Ok(true)
        }
        // Done without a result: it is looked for until it expires.
        ErrorKind::Unfetchable => {
            work.ledger.done(&item.row, Finished::default()).await?;
            Ok(true)
        }
        kind => {
            if kind == ErrorKind::NotFound {
                // The run ends without it after a few times, and names it.
                work.unsaved(item, error.to_string());
            }
            tracing::warn!(%error, key = %item.key, "a task is not followed for a while");
            Ok(false)
        }
    }
}

//! Waits for created tasks by the client's poll schedule, and records their ends.

use std::{collections::HashSet, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use mps_aigc::{AnyTask, Error, ErrorKind, Event, ResultFile, Results, TaskHandle, WaitOptions};

use super::{Work, results};
use crate::{
    job::handle,
    ledger::{Answer, Finished, Item, LedgerError, RowId, Timestamp},
};

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
    let mut followed = HashSet::new();
    let mut ends = FuturesUnordered::new();
    loop {
        for item in work.take_created() {
            if followed.insert(item.row.clone()) {
                ends.push(Box::pin(follow(work, item)));
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
    let Some(handle) = handle(item) else {
        return Ok(true);
    };
    let options = WaitOptions::new().timeout(LONGEST_WAIT);
    let handle = by_service_time(work, handle);
    let mut events = work.aigc.watch_all_with([handle], &options);
    let mut status = item.status.clone();
    while let Some(event) = events.next().await {
        match event {
            Event::Queued { snapshot, .. } | Event::Running { snapshot, .. } => {
                let now = Timestamp::from(work.clock().wall());
                work.ledger.polled(&item.row, &snapshot.status, now).await?;
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

/// Returns the handle with the time of the creation by the service's clock, from which waits count the
/// age. The ledger has this machine's time: with a clock that is hours slow, a new task would read as
/// hours old, and its next poll would be hours away.
fn by_service_time(work: &Work, handle: TaskHandle) -> TaskHandle {
    let (machine, service) = (work.clock().wall(), work.aigc.client().service_time());
    let created = handle.created_at().and_then(|created| {
        let age = machine.duration_since(created).unwrap_or_default();
        service.checked_sub(age)
    });
    match created {
        Some(created) => handle.with_created_at(created),
        None => handle,
    }
}

/// Polls a task once. Returns `true` when it has ended and that is recorded.
pub(crate) async fn poll(work: &Work, item: &Item, task: &AnyTask) -> Result<bool, LedgerError> {
    let polled = task.status().await.map(|snapshot| {
        let outcome = results::outcome(task, &snapshot);
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
    let url = |file: &ResultFile| file.location.url().map(str::to_owned);
    let finished = Finished {
        status,
        expires: results.expires_at().map(Timestamp::from),
        urls: results.files.iter().filter_map(url).collect(),
    };
    work.keep_results(&item.row, results);
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
            Ok(true)
        }
        ErrorKind::NotFound if is_old(work, item) => {
            work.ledger.expired(&item.row).await?;
            Ok(true)
        }
        // Done without a result: it is looked for until it expires.
        ErrorKind::Unfetchable => {
            work.ledger.done(&item.row, Finished::default()).await?;
            Ok(true)
        }
        _ => {
            tracing::warn!(%error, key = %item.key, "a task is not followed for a while");
            Ok(false)
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

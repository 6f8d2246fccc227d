//! Saves the results of done tasks, the earliest expiry first.

use std::collections::HashSet;

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use mps_aigc::{
    AnyTask, Destination, DownloadOptions, Error, ErrorKind, ExistingFile, Results, SavedFile,
};

use super::Work;
use crate::{
    batch::sidecar,
    ledger::{Item, LedgerError, RowId, Timestamp},
    out,
    secrets::without_secrets,
};

/// Rows that are fetched at the same time.
const ROWS: usize = 16;

/// Rows without saved results whose reasons are recorded: a full disk fails all of them.
const MOST_REASONS: usize = 20;

/// Runs until it is dropped. Partial files stay, and the next run continues them.
pub(super) async fn run(work: &Work) {
    let mut busy = HashSet::new();
    let mut fetches = FuturesUnordered::new();
    loop {
        match next(work, &busy).await {
            Ok(items) => {
                for item in items {
                    busy.insert(item.row.clone());
                    fetches.push(Box::pin(fetch_in_loop(work, item)));
                }
            }
            Err(error) => tracing::warn!(%error, "the done tasks could not be read"),
        }
        tokio::select! {
            Some(row) = fetches.next() => drop(busy.remove(&row)),
            () = work.change() => {}
        }
    }
}

/// Waits until no done row of this process is left, except for those whose results could not be saved
/// in several attempts.
pub(super) async fn emptied(work: &Work) {
    loop {
        let limit = work.given_up_rows() + 1;
        match work.ledger.to_fetch(&work.batch, limit).await {
            Ok(items) if items.len() < limit => return,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the done tasks could not be read"),
        }
        work.change().await;
    }
}

/// Returns rows to be fetched now, as many as there is room for.
async fn next(work: &Work, busy: &HashSet<RowId>) -> Result<Vec<Item>, LedgerError> {
    let room = ROWS.saturating_sub(busy.len());
    if room == 0 {
        return Ok(Vec::new());
    }
    let limit = ROWS + busy.len() + work.unsaved_rows();
    let mut items = work.ledger.to_fetch(&work.batch, limit).await?;
    items.retain(|item| !busy.contains(&item.row) && !work.waits_to_save(&item.row));
    work.set_behind(items.first().is_some_and(|item| is_late(work, item)));
    items.truncate(room);
    Ok(items)
}

/// Returns `true` when half of the time is over for which the service keeps the results.
///
/// A task that started now would wait as long, so that a quarter of a day is left as a reserve.
fn is_late(work: &Work, item: &Item) -> bool {
    // The service's clock, as for the expiry.
    let now = Timestamp::from(work.aigc.client().service_time());
    match (item.expires, item.kept_for()) {
        (Some(expires), Some(kept_for)) => expires.before(kept_for / 2) < now,
        _ => false,
    }
}

async fn fetch_in_loop(work: &Work, item: Item) -> RowId {
    let reason = match fetch(work, &item).await {
        Ok(reason) => reason,
        Err(error) => Some(error.to_string()),
    };
    match reason {
        None => work.saved(&item.row),
        Some(reason) => unsaved(work, &item, reason).await,
    }
    work.notify();
    item.row
}

/// Plans another attempt. The first failure of a row becomes an event, so that the cause is seen before
/// the run ends, unless many rows have failed.
async fn unsaved(work: &Work, item: &Item, reason: String) {
    tracing::warn!(reason, key = %item.key, "the results could not be saved; trying again later");
    let recorded = without_secrets(&reason).into_owned();
    let attempts = work.unsaved(item, reason);
    if attempts > 1 || work.unsaved_rows() > MOST_REASONS {
        return;
    }
    if let Err(error) = work.ledger.unsaved(&item.row, &recorded).await {
        tracing::warn!(%error, "the reason is not recorded");
    }
}

/// Fetches the results of a done row and records them, or that they are gone. Returns the reason why
/// neither is possible now.
pub(crate) async fn fetch(work: &Work, item: &Item) -> Result<Option<String>, LedgerError> {
    let Some(handle) = item.handle(work.aigc.client()) else {
        return Ok(None);
    };
    let results = match work.take_results(&item.row) {
        Some(results) => Ok(Some(results)),
        None => describe(&work.aigc.task(handle)).await,
    };
    let saved = match results {
        Ok(Some(results)) => save(work, item, &results).await,
        Ok(None) => {
            return Ok(Some(
                "the service describes the task as running again".to_owned(),
            ));
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(files) => {
            if work.settings.sidecar
                && let Err(reason) = sidecar::write_all(&work.ledger, item, &files).await?
            {
                return Ok(Some(reason));
            }
            work.ledger.fetched(&item.row, &files).await?;
            Ok(None)
        }
        Err(error) if is_gone(&error) => {
            work.ledger.expired(&item.row).await?;
            Ok(None)
        }
        Err(error) => Ok(Some(error.to_string())),
    }
}

pub(super) fn is_gone(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Expired | ErrorKind::NotFound)
}

/// Asks for the results, for example after a restart: their URLs are not stored.
pub(super) async fn describe(task: &AnyTask) -> Result<Option<Results>, Error> {
    let snapshot = task.status().await?;
    task.outcome(&snapshot).transpose()
}

/// Saves the results under the row's name. A name that another file has is left alone.
async fn save(work: &Work, item: &Item, results: &Results) -> Result<Vec<SavedFile>, Error> {
    if results
        .files
        .iter()
        .all(|file| file.location.cos().is_some())
    {
        // They are in a bucket of the user's own.
        return Ok(Vec::new());
    }
    let name = item.out.as_deref().unwrap_or(out::DEFAULT);
    let path = out::path(&work.settings.folder, name);
    match save_as(results, &path, &work.downloads).await {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let beside = work.downloads.clone().existing(ExistingFile::KeepBoth);
            save_as(results, &path, &beside).await
        }
        saved => saved,
    }
}

async fn save_as(
    results: &Results,
    path: &str,
    options: &DownloadOptions,
) -> Result<Vec<SavedFile>, Error> {
    let destination = Destination::reserve_with(path, options).await?;
    results.save_all_to(&destination, options).await
}

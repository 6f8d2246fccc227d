//! Saves the results of done tasks, the earliest expiry first.

use std::collections::HashSet;

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use mps_aigc::{
    AnyTask, Audio, Destination, Error, ErrorKind, Family, Image, SavedFile, Scenario, Snapshot, Video,
};

use super::{Work, follow::kept_for};
use crate::{
    job::handle,
    ledger::{FileRow, Item, LedgerError, RowId, Timestamp},
    out,
};

/// Rows that are fetched at the same time.
const ROWS: usize = 16;

/// Runs until it is dropped. Partial files stay, and the next run continues them.
pub(super) async fn run(work: &Work) {
    let mut busy = HashSet::new();
    let mut fetches = FuturesUnordered::new();
    loop {
        match next(work, &busy).await {
            Ok(items) => {
                for item in items {
                    busy.insert(item.row.clone());
                    fetches.push(fetch_in_loop(work, item));
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
    let now = Timestamp::from(work.clock().wall());
    match (item.expires, kept_for(item)) {
        (Some(expires), Some(kept_for)) => expires.before(kept_for / 2) < now,
        _ => false,
    }
}

async fn fetch_in_loop(work: &Work, item: Item) -> RowId {
    match fetch(work, &item).await {
        Ok(Ok(())) => work.saved(&item.row),
        Ok(Err(error)) => {
            tracing::warn!(%error, key = %item.key, "the results could not be saved; trying again later");
            work.unsaved(&item, error);
        }
        Err(error) => tracing::warn!(%error, key = %item.key, "a saved file could not be recorded"),
    }
    work.notify();
    item.row
}

/// Fetches the results of a done row and records them, or that they are gone.
pub(crate) async fn fetch(work: &Work, item: &Item) -> Result<Result<(), Error>, LedgerError> {
    let Some(handle) = handle(item) else {
        return Ok(Ok(()));
    };
    let task = work.aigc.task(handle);
    match save(work, item, &task).await {
        Ok(files) => {
            record(work, item, files).await?;
            Ok(Ok(()))
        }
        Err(error) if matches!(error.kind(), ErrorKind::Expired | ErrorKind::NotFound) => {
            work.ledger.expired(&item.row).await?;
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(error)),
    }
}

async fn save(work: &Work, item: &Item, task: &AnyTask) -> Result<Vec<SavedFile>, Error> {
    let snapshot = match work.take_described(&item.row) {
        Some(snapshot) => snapshot,
        None => task.status().await?,
    };
    save_family::<Video>(work, item, task, &snapshot).await
}

async fn save_family<F: Family>(work: &Work, item: &Item, task: &AnyTask, snapshot: &Snapshot) -> Result<Vec<SavedFile>, Error> {
    let name = item.out.as_deref().unwrap_or(out::DEFAULT);
    let path = out::path(&work.settings.folder, name, Some("mp4"));
    let Some(task) = task.typed::<F>() else { return Ok(Vec::new()) };
    let Some(done) = task.outcome(snapshot.clone()) else { return Ok(Vec::new()) };
    let destination = Destination::reserve(path).await?;
    done?.download_to(&destination).await
}

async fn record(work: &Work, item: &Item, files: Vec<SavedFile>) -> Result<(), LedgerError> {
    let known = work.ledger.files(&item.row).await?;
    for (n, file) in (0..).zip(files) {
        let row = FileRow {
            n,
            url: known.iter().find(|row| row.n == n).map_or_else(String::new, |row| row.url.clone()),
            path: Some(file.path.to_string_lossy().into_owned()),
            bytes: i64::try_from(file.bytes).ok(),
            etag: None,
            sha256: Some(file.sha256),
        };
        work.ledger.file_saved(&item.row, row).await?;
    }
    work.ledger.fetched(&item.row).await?;
    Ok(())
}

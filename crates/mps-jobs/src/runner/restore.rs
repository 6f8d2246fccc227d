//! Fetches results again whose files were deleted, while the service keeps them. Creates nothing.

use std::{
    io,
    path::{Path, PathBuf},
};

use futures_util::{StreamExt as _, stream};
use mps_aigc::{Destination, Error, SavedFile};

use super::{
    Work,
    fetch::{describe, is_gone},
};
use crate::{
    batch::sidecar,
    ledger::{ExportedRow, FileRow, Item, Timestamp},
    out,
    state::State,
};

/// Rows that are read from the ledger at once.
const PAGE: usize = 500;

/// Rows that are fetched again at the same time, beside those that are fetched for the first time.
const ROWS: usize = 4;

/// Looks for the files of all fetched rows, and fetches again those that were deleted from the folder of
/// this run. Files elsewhere are not looked for, and neither is any of a ledger that hosts share, since each
/// host has the files that it fetched.
pub(crate) async fn restore_files(work: &Work) {
    if work.ledger.is_shared() {
        return;
    }
    let mut after = 0;
    loop {
        let page = match work.ledger.export(&work.batch, after, PAGE, false).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "the fetched rows could not be read");
                return;
            }
        };
        let Some(last) = page.last() else { return };
        after = last.item.row.seq;
        let folder = work.settings.folder.clone();
        let deleted = tokio::task::spawn_blocking(move || deleted(page, &folder)).await;
        let rows = deleted.unwrap_or_default().into_iter();
        let restored = rows.map(|(item, files)| restore(work, item, files));
        stream::iter(restored)
            .buffer_unordered(ROWS)
            .for_each(|()| async {})
            .await;
    }
}

/// Returns the rows of which files in a folder are gone, with these files.
fn deleted(page: Vec<ExportedRow>, folder: &Path) -> Vec<(Item, Vec<FileRow>)> {
    let is_deleted = |file: &FileRow| {
        let Some(path) = file.path.as_deref().map(Path::new) else {
            return false;
        };
        let found = path.symlink_metadata();
        let is_below = path.starts_with(folder) || (folder == Path::new(".") && path.is_relative());
        is_below && found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    let fetched = page
        .into_iter()
        .filter(|row| row.item.state == State::Fetched);
    let rows = fetched.map(|row| {
        let files = row.files.into_iter().filter(is_deleted).collect::<Vec<_>>();
        (row.item, files)
    });
    rows.filter(|(_, files)| !files.is_empty()).collect()
}

async fn restore(work: &Work, item: Item, files: Vec<FileRow>) {
    let now = Timestamp::from(work.aigc.client().service_time());
    if item.expires.is_some_and(|expires| expires < now) {
        return work.gone(&item);
    }
    match fetch_again(work, &item, &files).await {
        Ok(None) => work.restored(&item),
        Ok(Some(reason)) => work.not_restored(&item, reason),
        Err(error) if is_gone(&error) => work.gone(&item),
        Err(error) => work.not_restored(&item, error.to_string()),
    }
}

/// Saves results at their places. Returns the reason why that is not possible now.
async fn fetch_again(work: &Work, item: &Item, files: &[FileRow]) -> Result<Option<String>, Error> {
    let Some(handle) = item.handle(work.aigc.client()) else {
        return Ok(Some("the task is not known".to_owned()));
    };
    let Some(results) = describe(&work.aigc.task(handle)).await? else {
        return Ok(Some(
            "the service describes the task as running again".to_owned(),
        ));
    };
    let mut saved = Vec::new();
    for file in files {
        let place = file.path.as_deref().map(PathBuf::from).unwrap_or_default();
        let result = usize::try_from(file.n).ok();
        let Some(result) = result.and_then(|n| results.iter().nth(n)) else {
            return Ok(Some("the task has fewer results than before".to_owned()));
        };
        let destination = Destination::reserve_with(out::literal(&place), &work.downloads).await?;
        let found = result.save_to(&destination, &work.downloads).await?;
        saved.push((file.n, found));
    }
    Ok(record(work, item, saved).await.err())
}

async fn record(work: &Work, item: &Item, saved: Vec<(i64, SavedFile)>) -> Result<(), String> {
    let files: Vec<_> = saved.iter().map(|(_, file)| file.clone()).collect();
    if work.settings.sidecar {
        let written = sidecar::write_all(&work.ledger, item, &files).await;
        written.map_err(|error| error.to_string())??;
    }
    let recorded = work.ledger.fetched_again(&item.row, saved).await;
    recorded.map_err(|error| error.to_string())
}

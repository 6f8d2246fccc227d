//! Pages of a batch with all that the ledger has of its rows.

use std::collections::HashMap;

use super::{
    Ledger,
    error::LedgerError,
    item::{as_reaped, select},
    names::BatchId,
    rows::{FileRow, Item},
    tx::{Op, Row, Transaction, values},
};
use crate::job::JobFile;

/// A row with its results and, on request, its body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportedRow {
    /// The row.
    pub item: Item,
    /// Its results, in their order.
    pub files: Vec<FileRow>,
    /// The body as JSON; `None` when it was forgotten or not asked for.
    pub body: Option<String>,
}

impl ExportedRow {
    /// Returns the saved files.
    #[must_use]
    pub fn saved_files(&self) -> Vec<JobFile> {
        self.files.iter().filter_map(JobFile::of).collect()
    }
}

impl std::fmt::Debug for ExportedRow {
    // The body may contain a prompt.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportedRow")
            .field("item", &self.item)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

/// Arguments of [`Ledger::export`]: the batch, the row before, the limit, and whether bodies are read.
type Page = (BatchId, i64, usize, bool);

impl Ledger {
    /// Returns up to `limit` rows of a batch after the one with number `after` (0 begins with the
    /// first), in the order of the batch, with their results and `with_bodies` their bodies.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn export(
        &self,
        batch: &BatchId,
        after: i64,
        limit: usize,
        with_bodies: bool,
    ) -> Result<Vec<ExportedRow>, LedgerError> {
        let args = (batch.clone(), after, limit, with_bodies);
        self.run(Op::read("export"), args, |tx, page| {
            Box::pin(export(tx, page))
        })
        .await
    }
}

async fn export(
    tx: &mut dyn Transaction,
    (batch, after, limit, with_bodies): &Page,
) -> Result<Vec<ExportedRow>, LedgerError> {
    let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
    let page = values![batch.as_str(), *after, limit];
    let items = select(tx, "batch = $1 AND seq > $2 ORDER BY seq LIMIT $3", page).await?;
    let Some(last) = items.last() else {
        return Ok(Vec::new());
    };
    let range = values![batch.as_str(), *after, last.row.seq];
    let mut files: HashMap<i64, Vec<FileRow>> = HashMap::new();
    let sql = "SELECT seq, n, url, path, bytes, sha256 FROM file
        WHERE batch = $1 AND seq > $2 AND seq <= $3 ORDER BY seq, n";
    for mut row in tx.query(sql, range).await? {
        files.entry(row.int()?).or_default().push(file(&mut row)?);
    }
    let mut bodies = HashMap::new();
    if *with_bodies {
        let sql = "SELECT seq, json FROM body WHERE batch = $1 AND seq > $2 AND seq <= $3";
        for mut row in tx.query(sql, range).await? {
            bodies.insert(row.int()?, row.text()?);
        }
    }
    Ok(items
        .into_iter()
        .map(|item| ExportedRow {
            files: files.remove(&item.row.seq).unwrap_or_default(),
            body: bodies.remove(&item.row.seq),
            item: as_reaped(tx, item),
        })
        .collect())
}

/// Returns a result from the columns `n, url, path, bytes, sha256`.
pub(crate) fn file(row: &mut Row) -> Result<FileRow, LedgerError> {
    Ok(FileRow {
        n: row.int()?,
        url: row.text()?,
        path: row.optional_text()?,
        bytes: row.optional_int()?,
        sha256: row.optional_text()?,
    })
}

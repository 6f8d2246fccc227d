//! Reading whole rows of a batch, a page at a time: rows with their bodies and files.

use std::collections::HashMap;

use super::{
    Ledger,
    error::LedgerError,
    item::{as_reaped, select},
    names::BatchId,
    rows::{FileRow, Item},
    tx::{Op, Transaction, values},
};

/// The longest body that is read, in characters: a page is held in memory. Prompts have about 2,000.
const LONGEST_BODY: i64 = 65_536;

/// A row with everything that a listing shows of it.
#[derive(Clone)]
pub(crate) struct WholeRow {
    pub(crate) item: Item,
    pub(crate) body: Body,
    pub(crate) files: Vec<FileRow>,
}

/// The body of a row.
#[derive(Clone, Default)]
pub(crate) enum Body {
    /// The body as JSON.
    Text(String),
    /// A body that is too long to be listed, of so many characters.
    Long(i64),
    /// It was forgotten.
    #[default]
    Forgotten,
}

impl Ledger {
    /// Returns up to `limit` rows of a batch after the one with the number `after`, in their order.
    pub(crate) async fn page(
        &self,
        batch: &BatchId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<WholeRow>, LedgerError> {
        let args = (batch.clone(), after, limit);
        self.run(Op::read("page"), args, |tx, (batch, after, limit)| {
            Box::pin(page(tx, batch, *after, *limit))
        })
        .await
    }
}

async fn page(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    after: i64,
    limit: i64,
) -> Result<Vec<WholeRow>, LedgerError> {
    let condition = "batch = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    let items = select(tx, condition, values![batch.as_str(), after, limit]).await?;
    let last = items.last().map_or(after, |item| item.row.seq);
    let mut bodies = bodies(tx, batch, after, last).await?;
    let mut files = files(tx, batch, after, last).await?;
    let whole = |item: Item| {
        let seq = item.row.seq;
        WholeRow {
            item: as_reaped(tx, item),
            body: bodies.remove(&seq).unwrap_or_default(),
            files: files.remove(&seq).unwrap_or_default(),
        }
    };
    Ok(items.into_iter().map(whole).collect())
}

/// Returns the bodies of rows by number.
async fn bodies(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    after: i64,
    last: i64,
) -> Result<HashMap<i64, Body>, LedgerError> {
    let sql = "SELECT seq, CAST(LENGTH(json) AS BIGINT),
            CASE WHEN LENGTH(json) <= $4 THEN json END
        FROM body WHERE batch = $1 AND seq > $2 AND seq <= $3";
    let values = values![batch.as_str(), after, last, LONGEST_BODY];
    let mut bodies = HashMap::new();
    for mut row in tx.query(sql, values).await? {
        let (seq, length) = (row.int()?, row.int()?);
        let text = row.optional_text()?;
        bodies.insert(seq, text.map_or(Body::Long(length), Body::Text));
    }
    Ok(bodies)
}

/// Returns the files of rows by number.
async fn files(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    after: i64,
    last: i64,
) -> Result<HashMap<i64, Vec<FileRow>>, LedgerError> {
    let sql = "SELECT seq, n, url, path, bytes, sha256 FROM file
        WHERE batch = $1 AND seq > $2 AND seq <= $3 ORDER BY seq, n";
    let mut files: HashMap<i64, Vec<FileRow>> = HashMap::new();
    for mut row in tx.query(sql, values![batch.as_str(), after, last]).await? {
        let seq = row.int()?;
        files.entry(seq).or_default().push(FileRow {
            n: row.int()?,
            url: row.text()?,
            path: row.optional_text()?,
            bytes: row.optional_int()?,
            sha256: row.optional_text()?,
        });
    }
    Ok(files)
}

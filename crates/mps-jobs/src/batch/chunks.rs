//! Rows of a manifest, read in chunks on threads for blocking work.

use super::error::BatchError;
use crate::manifest::{ManifestRow, Rows};

/// A reader of chunks.
pub(super) struct Chunks(Option<Rows>);

impl Chunks {
    pub(super) fn new(rows: Rows) -> Self {
        Self(Some(rows))
    }

    /// Returns up to `limit` next rows; none at the end.
    pub(super) async fn next(&mut self, limit: usize) -> Result<Vec<ManifestRow>, BatchError> {
        let Some(mut rows) = self.0.take() else {
            return Ok(Vec::new());
        };
        let read = tokio::task::spawn_blocking(move || {
            let mut chunk = Vec::with_capacity(limit);
            for row in rows.by_ref().take(limit) {
                match row {
                    Ok(row) => chunk.push(row),
                    Err(findings) => return (rows, Err(BatchError::Findings(findings))),
                }
            }
            (rows, Ok(chunk))
        });
        let (rows, chunk) = read
            .await
            .map_err(|error| BatchError::Interrupted(error.to_string()))?;
        self.0 = Some(rows);
        chunk
    }
}

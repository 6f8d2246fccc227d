//! The iterator over the rows of a manifest.

use std::{fmt, sync::Arc};

use super::{
    Fingerprint, Manifest, ManifestRow, RowFinding,
    reader::Reader,
    row_parser::RowParser,
    source::{Batch, Source},
};

/// An iterator over the rows of a manifest, in their order, which blocks while it reads.
///
/// An item is a row, or every finding because of which a line is none. After a line that is not a row
/// it continues with the next one; it ends early only where nothing further can be read.
pub struct Rows {
    source: Source,
    parser: Arc<RowParser>,
    batch: Batch,
    /// The number of entries of the batch that were returned.
    used: usize,
}

impl Rows {
    pub(super) fn new(manifest: &Manifest, reader: Reader) -> Self {
        let mut source = Source::new(manifest.format, reader);
        let parser = source.parser(manifest.site, manifest.is_checked);
        Self {
            source,
            parser: Arc::new(parser),
            batch: Batch::default(),
            used: 0,
        }
    }

    /// Returns the fingerprint of the file, once the last item was returned; `None` before, and if the
    /// file could not be read to its end.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.source.fingerprint().cloned()
    }

    /// Splits the iterator, to parse batches of rows on several threads.
    pub(crate) fn into_parts(self) -> (Source, Arc<RowParser>) {
        (self.source, self.parser)
    }
}

impl Iterator for Rows {
    type Item = Result<ManifestRow, Vec<RowFinding>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.used == self.batch.len() {
            self.used = 0;
            if !self.source.fill(&mut self.batch) {
                return None;
            }
        }
        let row = self.parser.row(&self.batch, self.used);
        self.used += 1;
        row
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

//! The gallery of a batch: one HTML file that shows each row with its results.

use std::path::{Path, PathBuf};

use crate::{
    ledger::{Batch, BatchId, ExportedRow, Filter, Ledger},
    state::State,
};

mod card;
mod command;
mod error;
mod media;
mod page;
mod target;

pub use self::error::GalleryError;
use self::{page::Facts, target::Target};

/// The name of the file below the folder of the results, unless another one is named.
pub const DEFAULT_NAME: &str = "gallery.html";

/// Rows that are read at once. At most three such pages are in memory, and a body has at most 10 MB.
const PAGE: usize = 20;

/// The writer of a batch's gallery: one HTML file that shows prompt, parameters, cost and result of each
/// row, and works without network and server.
///
/// The results are played from their files, by relative paths, and are loaded when they are played.
/// Signatures of URLs are left out. The file has a content security policy that allows its own script
/// and style, and media of this machine, and nothing else.
///
/// # Examples
/// ```no_run
/// use mps_jobs::{Jobs, gallery::Gallery};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let jobs = Jobs::open("clips.db").await?;
/// let gallery = Gallery::new(jobs.ledger()?.clone(), "spring-2026".parse()?);
/// let written = gallery.write("clips/gallery.html".as_ref()).await?;
/// println!("{} rows, {} files are gone", written.rows, written.gone);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Gallery {
    ledger: Ledger,
    batch: BatchId,
    program: Vec<String>,
}

/// A gallery that was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The number of rows.
    pub rows: u64,
    /// The number of files that can be played or opened.
    pub files: u64,
    /// The number of files that the ledger has and that are not at their place.
    pub gone: u64,
}

impl Gallery {
    /// Returns the gallery of a batch.
    #[must_use]
    pub fn new(ledger: Ledger, batch: BatchId) -> Self {
        Self {
            ledger,
            batch,
            program: vec!["mps".to_owned()],
        }
    }

    /// Sets the words that the commands in the gallery begin with, for example `mps` and the options that
    /// select an endpoint and an account. They must not contain a secret. Default: `mps`.
    #[must_use]
    pub fn program(self, words: impl IntoIterator<Item = String>) -> Self {
        Self {
            program: words.into_iter().collect(),
            ..self
        }
    }

    /// Returns the folder below which the batch saves its results: that of its last run, else the one that
    /// its first saved file shows; `None` when no file was saved.
    ///
    /// # Errors
    /// [`GalleryError::Ledger`].
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn folder(&self) -> Result<Option<PathBuf>, GalleryError> {
        if let Some(folder) = self.ledger.folder(&self.batch).await? {
            return Ok(Some(folder));
        }
        let filter = Filter {
            batch: Some(self.batch.clone()),
            states: vec![State::Fetched],
            limit: 1,
            ..Filter::default()
        };
        let Some(item) = self.ledger.list(&filter).await?.pop() else {
            return Ok(None);
        };
        let files = self.ledger.files(&item.row).await?;
        let path = files.into_iter().find_map(|file| file.path);
        Ok(path.map(|path| media::run_folder(Path::new(&path), item.out.as_deref())))
    }

    /// Writes the gallery to a file, or replaces an earlier gallery there, and returns its numbers.
    ///
    /// Only its owner can read the file, since it contains prompts. It appears under its name when it is
    /// complete. Rows are streamed: memory does not grow with their number. Idempotent.
    ///
    /// # Errors
    /// [`GalleryError::NotFound`] for an unknown batch, [`GalleryError::Occupied`] when the path names
    /// anything but a gallery, [`GalleryError::Io`] when the file cannot be written, and
    /// [`GalleryError::Ledger`].
    ///
    /// # Cancel safety
    /// A dropped call leaves the earlier file as it was.
    pub async fn write(&self, file: &Path) -> Result<Written, GalleryError> {
        let batch = self.ledger.batch(&self.batch).await?;
        let batch = batch.ok_or_else(|| GalleryError::NotFound(self.batch.clone()))?;
        let facts = self.facts(&batch).await?;
        let target = Target::new(file)?;
        let (rows, received) = tokio::sync::mpsc::channel(1);
        let program = self.program.clone();
        let rendered = tokio::task::spawn_blocking(move || {
            let mut target = target;
            let written = page::render(&mut target, facts, &program, received)?;
            Ok::<_, GalleryError>((target, written))
        });
        let read = self.read(&rows).await;
        drop(rows);
        let rendered = rendered.await.map_err(|_| GalleryError::Render)?;
        read?;
        let (target, written) = rendered?;
        target.publish()?;
        Ok(written)
    }

    /// Sends the rows in pages, until the receiver ends because of an error of its own.
    async fn read(
        &self,
        rows: &tokio::sync::mpsc::Sender<Vec<ExportedRow>>,
    ) -> Result<(), GalleryError> {
        let mut after = 0;
        loop {
            let page = self.ledger.export(&self.batch, after, PAGE, true).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.item.row.seq;
            if rows.send(page).await.is_err() {
                return Ok(());
            }
        }
    }

    async fn facts(&self, batch: &Batch) -> Result<Facts, GalleryError> {
        let counts = self.ledger.count(&self.batch).await?;
        let written = self.ledger.clock().wall();
        Ok(Facts::new(batch, &counts, written))
    }
}

#[cfg(test)]
mod tests;

//! The manifest of a batch: a file with one request a line, or a row of a table.
//!
//! A manifest is JSON Lines, or CSV if its name ends with `.csv`. Each row has an `id`, and the members
//! of a request as the API names them; `action`, `out` and a first line `{"defaults":{...}}` are optional.
//! `docs/batch.md` documents the format.
//!
//! Reading is blocking and streamed: memory does not grow with the file. Nothing is printed, and no file
//! is written.

mod cell_members;
mod cells;
mod error;
mod finding;
mod fingerprint;
mod json_lines;
mod line_members;
mod members;
mod quotes;
mod reader;
mod row;
mod row_facts;
mod row_parser;
mod rows;
pub mod rules;
mod source;
mod table;
mod validation;

use std::{
    fs,
    path::{Path, PathBuf},
};

use mps_core::{PreflightLevel, endpoint::Site};

use self::reader::Reader;
pub use self::{
    error::{ManifestError, ManifestErrorKind},
    finding::RowFinding,
    fingerprint::Fingerprint,
    row::ManifestRow,
    rows::Rows,
};
pub(crate) use self::{
    finding::{error, no_rows},
    row_facts::RowFacts,
    row_parser::RowParser,
    source::{Batch, Source},
};
use crate::ledger::{BatchId, LedgerError};

/// The longest row that is read, in bytes: more than the 10 MiB that the service takes. The rest of a
/// longer line is skipped.
pub const LONGEST_ROW: usize = 16 * 1024 * 1024;

/// The format of a manifest, which follows from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// One JSON object a line.
    JsonLines,
    /// Comma-separated values with a header.
    Csv,
}

/// A file of requests, one a row.
///
/// # Examples
/// ```
/// use mps_jobs::manifest::Manifest;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("foxes.jsonl");
/// std::fs::write(&path, r#"{"id":"snow","Prompt":"a fox in the snow","Duration":5}"#)?;
///
/// let manifest = Manifest::open(&path)?;
/// assert_eq!(manifest.name()?.as_str(), "foxes");
/// for row in manifest.rows()? {
///     let row = row.map_err(|findings| findings[0].to_string())?;
///     assert_eq!((row.key.as_str(), row.out.as_str()), ("snow", "snow.{ext}"));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Manifest {
    path: PathBuf,
    format: Format,
    site: Site,
    is_checked: bool,
}

impl Manifest {
    /// Opens a manifest. Reads no row.
    ///
    /// # Errors
    /// [`ManifestError`] if there is no such file, if it cannot be read, and for pipes, folders and `-`:
    /// the file is read twice, to check all of it before a row is sent.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, ManifestError> {
        let path = path.into();
        if path == Path::new("-") {
            return Err(ManifestError::new(&path, ManifestErrorKind::NoFile));
        }
        // Before it is opened: opening a pipe waits for its writer.
        let metadata = fs::metadata(&path).map_err(|error| ManifestError::io(&path, &error))?;
        if metadata.is_dir() {
            return Err(ManifestError::new(&path, ManifestErrorKind::Folder));
        }
        if !metadata.is_file() {
            return Err(ManifestError::new(&path, ManifestErrorKind::NoFile));
        }
        let extension = path.extension().unwrap_or_default();
        let format = if extension.eq_ignore_ascii_case("csv") {
            Format::Csv
        } else {
            Format::JsonLines
        };
        Ok(Self {
            path,
            format,
            site: Site::default(),
            is_checked: true,
        })
    }

    /// Sets the site whose facts preflight follows. [`Site::Intl`] by default.
    #[must_use]
    pub fn site(mut self, site: Site) -> Self {
        self.site = site;
        self
    }

    /// Leaves preflight out, for a manifest that was checked before: rows have no findings then.
    #[must_use]
    pub fn unchecked(mut self) -> Self {
        self.is_checked = false;
        self
    }

    /// Returns the path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the format: CSV if the extension is `csv` in any letter case, else JSON Lines.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the default name of the batch: that of the file without its extension, for example
    /// `foxes` for `foxes.jsonl`.
    ///
    /// # Errors
    /// [`InvalidName`](crate::LedgerErrorKind::InvalidName) for a name that no batch can have, for example
    /// one of more than 200 bytes.
    pub fn name(&self) -> Result<BatchId, LedgerError> {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().parse()
    }

    /// Returns an iterator over the rows, which opens the file. Rows are not compared with each other:
    /// [`plan`](crate::plan::plan) does.
    ///
    /// # Errors
    /// [`ManifestError`] if the file cannot be opened.
    pub fn rows(&self) -> Result<Rows, ManifestError> {
        Ok(Rows::new(self, self.reader(None)?))
    }

    /// Returns an iterator over the rows of a file that was read before. If the content has changed
    /// since, no row of the part that differs is returned, and the last item is a finding.
    ///
    /// # Errors
    /// [`ManifestError`] if the file cannot be opened.
    pub fn rows_of(&self, fingerprint: &Fingerprint) -> Result<Rows, ManifestError> {
        Ok(Rows::new(self, self.reader(Some(fingerprint.clone()))?))
    }

    /// Reads the whole file and returns the fingerprint of its content, without parsing it.
    ///
    /// # Errors
    /// [`ManifestError`] if the file cannot be read.
    pub fn fingerprint(&self) -> Result<Fingerprint, ManifestError> {
        let read = self.reader(None)?.read_to_end();
        read.map_err(|error| ManifestError::io(&self.path, &error))
    }

    /// Returns the terms of a validation as one text: the version of the rules, the site, and the findings
    /// that refuse a row. A manifest of the same content that was validated on the same terms need not be
    /// validated again.
    #[must_use]
    pub fn validation(&self, level: PreflightLevel) -> String {
        let (rules, site) = (validation::rules_version(), self.site);
        format!("rules {rules} site {site} level {level}")
    }

    fn reader(&self, expected: Option<Fingerprint>) -> Result<Reader, ManifestError> {
        Reader::open(&self.path, expected).map_err(|error| ManifestError::io(&self.path, &error))
    }
}

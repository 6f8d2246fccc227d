//! The error of a gallery.

use std::{
    error, fmt, io,
    path::{Path, PathBuf},
};

use crate::ledger::{BatchId, LedgerError};

/// The reason why a gallery was not written. An earlier file is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum GalleryError {
    /// The ledger could not be read.
    Ledger(LedgerError),
    /// The ledger has no such batch.
    NotFound(BatchId),
    /// The path names something that is not a gallery, which is left alone.
    Occupied(PathBuf),
    /// The file could not be written.
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// The page could not be built, which is a fault of this crate.
    Render,
}

impl GalleryError {
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            error,
        }
    }

    /// Returns advice to show to a person, as an imperative.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Ledger(error) => error.hint(),
            Self::NotFound(_) => Some("name a batch of this ledger: --name NAME"),
            Self::Occupied(_) => Some("name another file: --out FILE"),
            Self::Io { .. } => Some("name a file in a folder that can be written: --out FILE"),
            Self::Render => None,
        }
    }
}

impl fmt::Display for GalleryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(error) => error.fmt(f),
            Self::NotFound(batch) => write!(f, "the ledger has no batch {batch}"),
            Self::Occupied(path) => {
                let path = path.display();
                write!(f, "{path} exists and is not a gallery")
            }
            Self::Io { path, error } => write!(f, "cannot write {}: {error}", path.display()),
            Self::Render => f.write_str("the page of the gallery cannot be built"),
        }
    }
}

impl error::Error for GalleryError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Ledger(error) => Some(error),
            Self::Io { error, .. } => Some(error),
            Self::NotFound(_) | Self::Occupied(_) | Self::Render => None,
        }
    }
}

impl From<LedgerError> for GalleryError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

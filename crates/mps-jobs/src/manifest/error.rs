//! The error of a manifest that cannot be read at all.

use std::{
    error, fmt, io,
    path::{Path, PathBuf},
};

/// The reason why a manifest cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ManifestErrorKind {
    /// There is no such file.
    NotFound,
    /// The path names a folder.
    Folder,
    /// The path names a pipe, a device or standard input, which cannot be read twice.
    NoFile,
    /// The file cannot be read.
    Unreadable,
}

/// A manifest that cannot be read at all. Mistakes inside of it are [findings](super::RowFinding).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    path: PathBuf,
    kind: ManifestErrorKind,
    cause: Option<String>,
}

impl ManifestError {
    pub(super) fn new(path: &Path, kind: ManifestErrorKind) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            cause: None,
        }
    }

    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ManifestErrorKind::NotFound,
            io::ErrorKind::IsADirectory => ManifestErrorKind::Folder,
            _ => ManifestErrorKind::Unreadable,
        };
        Self {
            cause: Some(error.to_string()),
            ..Self::new(path, kind)
        }
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> ManifestErrorKind {
        self.kind
    }

    /// Returns advice to show to a person, as an imperative.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.kind {
            ManifestErrorKind::NotFound => "check the path",
            ManifestErrorKind::Folder => "name a file: prompts.jsonl or prompts.csv",
            ManifestErrorKind::NoFile => {
                "write it to a file first: cat > prompts.jsonl; it is read twice, so that all of it is checked \
                 before a row is sent"
            }
            ManifestErrorKind::Unreadable => "make it readable: chmod u+r FILE",
        }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match (self.kind, &self.cause) {
            (ManifestErrorKind::NotFound, _) => write!(f, "there is no manifest {path}"),
            (ManifestErrorKind::Folder, _) => write!(f, "the manifest {path} is a folder"),
            (ManifestErrorKind::NoFile, _) if self.path == Path::new("-") => {
                f.write_str("a manifest cannot be read from standard input")
            }
            (ManifestErrorKind::NoFile, _) => {
                write!(f, "the manifest {path} is a pipe or a device, not a file")
            }
            (ManifestErrorKind::Unreadable, Some(cause)) => {
                write!(f, "cannot read the manifest {path}: {cause}")
            }
            (ManifestErrorKind::Unreadable, None) => write!(f, "cannot read the manifest {path}"),
        }
    }
}

impl error::Error for ManifestError {}

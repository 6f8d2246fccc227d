//! The error of a price table.

use std::{error, fmt, io, path::Path};

/// A price table that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceTableError(String);

impl PriceTableError {
    pub(super) fn wrong(message: impl fmt::Display) -> Self {
        Self(message.to_string().trim_end().to_owned())
    }

    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        Self(format!("cannot read the price table {path}: {error}"))
    }

    pub(super) fn no_file(path: &Path) -> Self {
        let path = path.display();
        Self(format!(
            "the price table {path} is not a file of at most 10 MB"
        ))
    }

    pub(super) fn in_file(self, path: &Path) -> Self {
        Self(format!("{}: {}", path.display(), self.0))
    }

    /// Returns advice to show to a person, as an imperative.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "write date, source, currency and rows of [[price]] with per_second or per_task: docs/batch.md has an example"
    }
}

impl fmt::Display for PriceTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for PriceTableError {}

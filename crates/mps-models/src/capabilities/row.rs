//! Hand-written methods of the generated `Row` and `Column`.

use std::{fmt, str::FromStr};

use super::{Column, Row};

impl Row {
    /// Returns whether any site has withdrawn this version.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        !self.until.is_empty()
    }

    /// Returns whether breaking the fact in a column is only a warning, since documents disagree.
    #[must_use]
    pub fn only_warns(&self, column: Column) -> bool {
        self.warn_only.contains(&column)
    }

    /// Returns the source of the fact in a column: its own, by default that of the row.
    #[must_use]
    pub fn source_of(&self, column: Column) -> &'static str {
        let own = self.sources.iter().find(|(other, _)| *other == column);
        own.map_or(self.source, |(_, source)| source)
    }
}

/// Formats the model and its version, such as `Kling 3.0-Omni`.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model)?;
        match self.version {
            Some(version) => write!(f, " {version}"),
            None => Ok(()),
        }
    }
}

/// Formats the key of the column, such as `first_frame`.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Error of reading a [`Column`]: the text is the key of no column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UnknownColumn;

impl fmt::Display for UnknownColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no column of the capability tables has this key")
    }
}

impl std::error::Error for UnknownColumn {}

impl FromStr for Column {
    type Err = UnknownColumn;

    fn from_str(key: &str) -> Result<Self, UnknownColumn> {
        let found = Self::ALL.iter().find(|column| column.as_str() == key);
        found.copied().ok_or(UnknownColumn)
    }
}

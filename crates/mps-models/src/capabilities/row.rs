//! Hand-written methods of the generated `Row` and `Column`.

use std::{fmt, str::FromStr};

use super::{Column, Day, Row};
use crate::service::Site;

impl Row {
    /// Returns the row with the facts of a site: this one, unless the site has facts of its own.
    #[must_use]
    pub fn on(&'static self, site: Site) -> &'static Self {
        let own = self.by_site.iter().find(|(other, _)| *other == site);
        own.map_or(self, |(_, row)| row)
    }

    /// Returns whether a site has released this version, though it may have withdrawn it since.
    ///
    /// A version of which no document states the day counts as released everywhere.
    #[must_use]
    pub fn is_released_on(&self, site: Site) -> bool {
        self.since.is_empty() || is_among(self.since, site)
    }

    /// Returns whether a site has withdrawn this version.
    #[must_use]
    pub fn is_withdrawn_from(&self, site: Site) -> bool {
        is_among(self.until, site)
    }

    /// Returns whether a site offers this version today: it has released and not withdrawn it.
    #[must_use]
    pub fn is_offered_on(&self, site: Site) -> bool {
        self.is_released_on(site) && !self.is_withdrawn_from(site)
    }

    /// Returns whether any fact of the row, or its existence, differs from site to site.
    pub(crate) fn differs_by_site(&self) -> bool {
        let is_partial = |days: &[Day]| !days.is_empty() && days.len() < Site::ALL.len();
        !self.by_site.is_empty() || is_partial(self.since) || is_partial(self.until)
    }

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

fn is_among(days: &[Day], site: Site) -> bool {
    days.iter().any(|day| day.site == site.as_str())
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

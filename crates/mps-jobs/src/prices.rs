//! Prices that the user supplies: a dated table with its source.

mod entry;
mod error;

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use self::entry::Entry;
pub use self::error::PriceTableError;
use crate::{amount::Amount, request::Priced};

/// The longest table that is read, in bytes.
const LONGEST_FILE: u64 = 10_000_000;

/// A table of prices, with its date and source: this crate has no prices of its own.
///
/// The first row that fits a request decides; a request that no row fits has no price. `docs/batch.md`
/// documents the file.
///
/// # Examples
/// ```
/// use mps_jobs::{Jobs, PriceTable};
///
/// let prices: PriceTable = r#"
///     date = "2026-11-01"
///     source = "https://www.tencentcloud.com/document/product/1041/49619"
///     currency = "USD"
///
///     [[price]]
///     model = "Kling"
///     version = "2.6"
///     resolution = "1080P"
///     per_second = "0.07"
/// "#.parse()?;
/// assert_eq!(prices.currency(), "USD");
/// let jobs = Jobs::in_memory().price_table(move |request| prices.price(request));
/// # Ok::<(), mps_jobs::PriceTableError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PriceTable {
    date: String,
    source: String,
    currency: String,
    entries: Vec<Entry>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    date: String,
    source: String,
    currency: String,
    #[serde(default)]
    price: Vec<entry::Written>,
}

impl PriceTable {
    /// Reads a table from a file: JSON if its name ends with `.json`, else TOML.
    ///
    /// # Errors
    /// [`PriceTableError`] if the file cannot be read, is not understood, or has a row that no request
    /// can reach.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, PriceTableError> {
        let path = path.as_ref();
        let unreadable = |error: std::io::Error| PriceTableError::unreadable(path, &error);
        // Before it is opened: opening a pipe waits for its writer.
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() || metadata.len() > LONGEST_FILE {
            return Err(PriceTableError::no_file(path));
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let is_json = path
            .extension()
            .is_some_and(|it| it.eq_ignore_ascii_case("json"));
        let read = if is_json {
            Self::from_json(&text)
        } else {
            text.parse()
        };
        read.map_err(|error| error.in_file(path))
    }

    /// Reads a table from JSON.
    ///
    /// # Errors
    /// [`PriceTableError`] if it is not understood, or has a row that no request can reach.
    pub fn from_json(text: &str) -> Result<Self, PriceTableError> {
        let text = text.trim_start_matches('\u{feff}');
        let written = serde_json::from_str(text).map_err(PriceTableError::wrong)?;
        Self::of(written)
    }

    fn of(written: Written) -> Result<Self, PriceTableError> {
        let Written {
            date,
            source,
            currency,
            price,
        } = written;
        if !is_date(&date) {
            let message = "the date is not written as 2026-11-01";
            return Err(PriceTableError::wrong(message));
        }
        for (name, text) in [("source", &source), ("currency", &currency)] {
            if text.trim().is_empty() || text.chars().any(char::is_control) {
                return Err(PriceTableError::wrong(format!("the {name} is missing")));
            }
        }
        let entries = price.into_iter().enumerate();
        let entries = entries.map(|(nth, written)| Entry::new(nth + 1, written));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        if entries.is_empty() {
            return Err(PriceTableError::wrong("the table has no rows"));
        }
        entry::check_reachable(&entries)?;
        Ok(Self {
            date,
            source,
            currency,
            entries,
        })
    }

    /// Returns the date of the prices, for example `2026-11-01`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Returns the source of the prices, for example a URL.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the currency of the prices, for example `USD`.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Returns the price of a request by the first row that fits it. Returns `None` if none does, and
    /// for a price a second of a request whose seconds are not known.
    #[must_use]
    pub fn price(&self, request: &Priced<'_>) -> Option<Amount> {
        let members: Map<String, Value> = serde_json::from_str(request.body).ok()?;
        let entry = self.entries.iter();
        let mut fitting = entry.filter(|entry| entry.fits(request.action, &members));
        fitting.next()?.price(request.seconds)
    }
}

/// Reads a table from TOML.
impl std::str::FromStr for PriceTable {
    type Err = PriceTableError;

    fn from_str(text: &str) -> Result<Self, PriceTableError> {
        let text = text.trim_start_matches('\u{feff}');
        let written = toml::from_str(text).map_err(PriceTableError::wrong)?;
        Self::of(written)
    }
}

/// Returns `true` for a date such as `2026-11-01`.
fn is_date(text: &str) -> bool {
    text.len() == 10 && humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).is_ok()
}

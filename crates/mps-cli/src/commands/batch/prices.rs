//! The price table of the user.

use std::path::{Path, PathBuf};

use clap::Args;
use mps_jobs::PriceTable;
use serde::Serialize;

use crate::{context::Context, failure::Failure, foreign_text};

/// The option that names a price table.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PricesArgs {
    /// Your price table, by which plans, runs and dry runs are priced: TOML, or JSON if the name ends
    /// with .json [default: `prices` of the config file, else none]
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

/// The origin of prices, as JSON shows it.
#[derive(Serialize)]
pub(crate) struct PricesResult<'a> {
    date: &'a str,
    source: &'a str,
    currency: &'a str,
}

impl PricesArgs {
    /// Returns the file that the option names.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.prices.as_deref()
    }

    /// Reads the table; `None` if none is named.
    pub(crate) fn load(&self, context: &Context) -> Result<Option<PriceTable>, Failure> {
        let path = self.prices.as_deref().or(context.defaults().prices());
        let Some(path) = path else {
            return Ok(None);
        };
        let table = PriceTable::open(path);
        table.map(Some).map_err(|error| {
            Failure::usage(foreign_text::message(&error.to_string())).hint(error.hint())
        })
    }
}

impl<'a> PricesResult<'a> {
    pub(crate) fn of(table: &'a PriceTable) -> Self {
        Self {
            date: table.date(),
            source: table.source(),
            currency: table.currency(),
        }
    }
}

/// Returns the origin of prices for people, for example `prices of 2026-11-01 (https://...)`.
pub(crate) fn origin(table: &PriceTable) -> String {
    let (date, source) = (table.date(), table.source());
    format!("prices of {date} ({})", foreign_text::url(source))
}

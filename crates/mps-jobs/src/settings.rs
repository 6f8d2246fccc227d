//! The settings of jobs.

use std::{fmt, path::PathBuf, sync::Arc};

use mps_aigc::Site;
use mps_core::limit::Account;

use crate::{
    amount::Amount,
    ledger::{BatchId, Caps},
    request::Priced,
};

/// A function that returns the price of a request, or `None` for one that it does not know.
pub(crate) type PriceTable = Arc<dyn Fn(&Priced<'_>) -> Option<Amount> + Send + Sync>;

/// The settings, which every method of [`Jobs`](crate::Jobs) shares.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The name of the batch in the ledger.
    pub(crate) batch: String,
    /// The place that the manifest of the batch is read from.
    pub(crate) source: Option<String>,
    pub(crate) folder: PathBuf,
    pub(crate) account: Option<Account>,
    /// The site whose facts requests are checked against; `None` for those of every site.
    pub(crate) site: Option<Site>,
    pub(crate) max_seconds: Option<u64>,
    pub(crate) max_spend: Option<Amount>,
    pub(crate) concurrency: usize,
    /// Writes a JSON file beside each result.
    pub(crate) sidecar: bool,
    pub(crate) prices: Option<PriceTable>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch: "jobs".to_owned(),
            source: None,
            folder: PathBuf::from("."),
            account: None,
            site: None,
            max_seconds: None,
            max_spend: None,
            concurrency: usize::MAX,
            sidecar: false,
            prices: None,
        }
    }
}

impl Settings {
    pub(crate) fn batch(&self) -> Result<BatchId, crate::LedgerError> {
        self.batch.parse()
    }

    pub(crate) fn caps(&self) -> Caps {
        let ms = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Caps {
            money: self.max_spend.map(Amount::micros),
            ms: self.max_seconds.map(ms),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("batch", &self.batch)
            .field("folder", &self.folder)
            .field("account", &self.account)
            .field("max_seconds", &self.max_seconds)
            .field("max_spend", &self.max_spend)
            .field("concurrency", &self.concurrency)
            .field("sidecar", &self.sidecar)
            .finish_non_exhaustive()
    }
}

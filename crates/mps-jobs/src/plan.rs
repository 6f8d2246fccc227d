//! The plan of a batch: all that can be said about a manifest before a row of it is sent.
//!
//! A plan needs no network, no credentials and no ledger, and writes nothing.

mod claims;
mod findings;
mod largest;
mod names;
mod pipeline;
mod totals;

use mps_core::PreflightLevel;
use mps_models::preflight::Finding;

pub(crate) use self::largest::{Amounts, Largest};
use self::{
    claims::{Claims, Compared, Hashes, Names, Seen},
    pipeline::Checked,
    totals::Totals,
};
pub use self::{findings::Findings, totals::ModelTotals};
use crate::{
    amount::Amount,
    ledger::Key,
    manifest::{
        Batch, Fingerprint, Manifest, ManifestError, RowFacts, RowFinding, RowParser, Rows, no_rows,
    },
    prices::PriceTable,
};

/// The settings of a plan.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct PlanOptions<'a> {
    /// The preflight findings because of which the batch would be refused: errors by default. Findings
    /// about the manifest itself, such as an id that is there twice, always refuse it.
    pub level: PreflightLevel,
    /// The prices. None by default.
    pub prices: Option<&'a PriceTable>,
}

impl<'a> PlanOptions<'a> {
    /// Sets the preflight findings because of which the batch would be refused.
    #[must_use]
    pub fn level(mut self, level: PreflightLevel) -> Self {
        self.level = level;
        self
    }

    /// Sets the prices.
    #[must_use]
    pub fn prices(mut self, prices: Option<&'a PriceTable>) -> Self {
        self.prices = prices;
        self
    }
}

/// The plan of a batch.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The number of rows, those with errors included.
    pub rows: u64,
    /// The billed seconds of all rows whose length is known.
    pub seconds: u64,
    /// The number of rows that are billed by the second, and whose length no document states.
    pub unknown_seconds: u64,
    /// The price of all rows that the price table has; `None` without a table.
    pub price: Option<Amount>,
    /// The number of rows that the price table does not have; 0 without a table.
    pub unpriced: u64,
    /// Rows, seconds and price of each model, the largest number of rows first.
    pub models: Vec<ModelTotals>,
    /// The findings.
    pub findings: Findings,
    /// The number of rows with a finding because of which the batch would be refused.
    pub refused: u64,
    /// The fingerprint of the manifest; `None` if it could not be read to its end.
    pub fingerprint: Option<Fingerprint>,
    pub(crate) largest: Largest,
}

impl Plan {
    /// Returns `true` if a run would start the batch.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.refused == 0
    }
}

/// Reads a manifest, checks every row, and returns the plan of its batch.
///
/// Blocking: call it on a thread for blocking work, such as `tokio::task::spawn_blocking`. Rows are
/// checked on up to four threads and not kept; 16 bytes per row are, to find ids and output names that
/// collide. A manifest that seems to have such names is read a second time.
///
/// # Errors
/// [`ManifestError`] if the file cannot be opened. Everything else is a finding.
///
/// # Examples
/// ```
/// use mps_jobs::{manifest::Manifest, plan::{PlanOptions, plan}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("foxes.csv");
/// std::fs::write(&path, "id,ModelName,Prompt,Duration\nsnow,Kling,a fox,5\nrain,Kling,a fox,10\n")?;
///
/// let plan = plan(&Manifest::open(&path)?, &PlanOptions::default())?;
/// assert!(plan.is_ok());
/// assert_eq!((plan.rows, plan.seconds), (2, 15));
/// # Ok(())
/// # }
/// ```
pub fn plan(manifest: &Manifest, options: &PlanOptions<'_>) -> Result<Plan, ManifestError> {
    let hashes = Hashes::default();
    let mut seen = Seen::default();
    let first = read(
        manifest.rows()?,
        options,
        |row| Claims::of(row, &hashes),
        |_, _, claims| {
            seen.add(&claims);
            None
        },
    );
    let Some(suspects) = seen.suspects() else {
        return Ok(first);
    };
    let rows = match &first.fingerprint {
        Some(fingerprint) => manifest.rows_of(fingerprint)?,
        None => manifest.rows()?,
    };
    let mut compared = Compared::default();
    let names = |row: &RowFacts| Names::of(row, &hashes, &suspects);
    Ok(read(rows, options, names, |line, key, names| {
        compared.add(line, key.as_str(), names?)
    }))
}

/// Returns the plan of these rows. `names` returns something about the names of a row, on several threads,
/// and `compare` the finding if they collide with those of a row before.
fn read<N: Send>(
    rows: Rows,
    options: &PlanOptions<'_>,
    names: impl Fn(&RowFacts) -> N + Sync,
    mut compare: impl FnMut(u64, &Key, N) -> Option<RowFinding>,
) -> Plan {
    let prices = options.prices;
    let check = |parser: &RowParser, batch: &Batch, nth| {
        // Prices are decided by the text of a request.
        let quick = prices.is_none().then(|| parser.facts(batch, nth)).flatten();
        if let Some(row) = quick {
            return Some(Ok(CheckedRow::new(row, None, &names)));
        }
        let row = parser.row(batch, nth)?;
        Some(row.map(|row| {
            let price = prices.and_then(|prices| prices.price(&row.priced()));
            CheckedRow::new(row.into(), price, &names)
        }))
    };
    let mut building = Building::new(options);
    let fingerprint = pipeline::for_each(rows, check, |row| building.add(row, &mut compare));
    building.finish(fingerprint)
}

/// All of a row that other rows and the sums need.
struct CheckedRow<N> {
    line: u64,
    key: Key,
    names: N,
    facts: totals::Facts,
    /// The findings of preflight; empty for most rows.
    findings: Vec<Finding>,
    has_errors: bool,
}

impl<N> CheckedRow<N> {
    fn new(mut row: RowFacts, price: Option<Amount>, names: impl Fn(&RowFacts) -> N) -> Self {
        let facts = totals::Facts::take(&mut row, price);
        let names = names(&row);
        let report = row.request.report;
        Self {
            line: row.line,
            names,
            facts,
            has_errors: !report.is_ok(),
            findings: report.findings().to_vec(),
            key: row.key,
        }
    }
}

/// A plan that rows are added to.
struct Building {
    level: PreflightLevel,
    rows: u64,
    refused: u64,
    totals: Totals,
    largest: Largest,
    findings: Findings,
}

impl Building {
    fn new(options: &PlanOptions<'_>) -> Self {
        Self {
            level: options.level,
            rows: 0,
            refused: 0,
            totals: Totals::new(options.prices.is_some()),
            largest: Largest::default(),
            findings: Findings::default(),
        }
    }

    fn add<N>(
        &mut self,
        row: Checked<CheckedRow<N>>,
        compare: impl FnMut(u64, &Key, N) -> Option<RowFinding>,
    ) {
        self.rows += 1;
        let is_refused = match row {
            Ok(checked) => self.add_row(checked, compare),
            Err(findings) => {
                self.findings.extend(findings);
                true
            }
        };
        self.refused += u64::from(is_refused);
    }

    /// Adds a row, and returns `true` if it would be refused.
    fn add_row<N>(
        &mut self,
        row: CheckedRow<N>,
        mut compare: impl FnMut(u64, &Key, N) -> Option<RowFinding>,
    ) -> bool {
        let by_preflight = match self.level {
            PreflightLevel::Off => false,
            PreflightLevel::Warnings => !row.findings.is_empty(),
            _ => row.has_errors,
        };
        self.largest.add(row.line, &row.key, row.facts.amounts());
        self.totals.add(row.facts);
        let line = row.line;
        let findings = row.findings.into_iter();
        let findings =
            findings.map(|finding| RowFinding::new(line, Some(row.key.as_str()), finding));
        self.findings.extend(findings);
        let collision = compare(line, &row.key, row.names);
        let collides = collision.is_some();
        self.findings.extend(collision);
        by_preflight || collides
    }

    fn finish(mut self, fingerprint: Option<Fingerprint>) -> Plan {
        if self.rows == 0 {
            self.findings.add(no_rows());
            self.refused += 1;
        }
        let Totals {
            seconds,
            unknown_seconds,
            price,
            unpriced,
            ..
        } = self.totals;
        Plan {
            rows: self.rows,
            seconds,
            unknown_seconds,
            price,
            unpriced,
            models: self.totals.into_models(),
            findings: self.findings,
            refused: self.refused,
            fingerprint,
            largest: self.largest,
        }
    }
}

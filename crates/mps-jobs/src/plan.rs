//! The plan of a batch: all that can be said about a manifest before a row of it is sent.
//!
//! A plan needs no network, no credentials and no ledger, and writes nothing.

mod findings;
mod largest;
mod pipeline;
mod totals;
mod unique;

use mps_core::PreflightLevel;
use mps_models::preflight::Finding;

pub(crate) use self::largest::{Amounts, Largest};
pub use self::{findings::Findings, totals::ModelTotals};
use self::{totals::Totals, unique::Unique};
use crate::{
    amount::Amount,
    ledger::Key,
    manifest::{
        Batch, Fingerprint, Manifest, ManifestError, RowFacts, RowFinding, RowParser, no_rows,
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
/// checked on up to four threads and not kept; up to 150 bytes per row are, to find ids and output
/// names that are there twice.
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
    let mut building = Building {
        level: options.level,
        rows: 0,
        refused: 0,
        totals: Totals::new(options.prices.is_some()),
        largest: Largest::default(),
        ids: Unique::default(),
        outputs: Unique::default(),
        folders: Unique::default(),
        findings: Findings::default(),
    };
    let (prices, hashes) = (
        options.prices,
        [building.ids.hashes(), building.outputs.hashes()],
    );
    let check = |parser: &RowParser, batch: &Batch, nth| {
        // Prices are decided by the text of a request.
        let quick = prices.is_none().then(|| parser.facts(batch, nth)).flatten();
        if let Some(row) = quick {
            return Some(Ok(CheckedRow::new(row, None, &hashes)));
        }
        let row = parser.row(batch, nth)?;
        Some(row.map(|row| {
            let price = prices.and_then(|prices| prices.price(&row.priced()));
            CheckedRow::new(row.into(), price, &hashes)
        }))
    };
    let fingerprint = pipeline::for_each(manifest.rows()?, check, |row| building.add(row));
    Ok(building.finish(fingerprint))
}

/// All of a row that other rows and the sums need.
struct CheckedRow {
    line: u64,
    key: Key,
    id: unique::Hash,
    output: unique::Hash,
    /// The folders of the output name.
    folders: Box<[unique::Hash]>,
    facts: totals::Facts,
    /// The findings of preflight; empty for most rows.
    findings: Vec<Finding>,
    has_errors: bool,
}

impl CheckedRow {
    fn new(mut row: RowFacts, price: Option<Amount>, [ids, outputs]: &[unique::Hashes; 2]) -> Self {
        let facts = totals::Facts::take(&mut row, price);
        let report = row.request.report;
        Self {
            line: row.line,
            id: ids.of(row.key.as_str()),
            output: outputs.of(&unique::folded(&row.out)),
            folders: unique::folders(&unique::folded(&row.out))
                .map(|folder| outputs.of(folder))
                .collect(),
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
    ids: Unique,
    outputs: Unique,
    folders: Unique,
    findings: Findings,
}

impl Building {
    fn add(&mut self, row: Result<CheckedRow, Vec<RowFinding>>) {
        self.rows += 1;
        let is_refused = match row {
            Ok(checked) => self.add_row(checked),
            Err(findings) => {
                self.findings.extend(findings);
                true
            }
        };
        self.refused += u64::from(is_refused);
    }

    /// Adds a row, and returns `true` if it would be refused.
    fn add_row(&mut self, row: CheckedRow) -> bool {
        let by_preflight = match self.level {
            PreflightLevel::Off => false,
            PreflightLevel::Warnings => !row.findings.is_empty(),
            _ => row.has_errors,
        };
        self.largest.add(row.line, &row.key, row.facts.amounts());
        self.totals.add(row.facts);
        let (line, key) = (row.line, row.key.as_str());
        let findings = row.findings.into_iter();
        let findings = findings.map(|finding| RowFinding::new(line, Some(key), finding));
        self.findings.extend(findings);
        let duplicate = if let Some(first) = self.ids.add(row.id, line) {
            // The same id has the same name: one finding is enough.
            Some(unique::duplicate_id(line, key, first))
        } else {
            let first = self.outputs.add(row.output, line);
            first
                .map(|first| unique::duplicate_output(line, key, first))
                .or_else(|| {
                    let first = self.file_and_folder(line, row.output, &row.folders);
                    first.map(|first| unique::file_and_folder(line, key, first))
                })
        };
        let is_duplicate = duplicate.is_some();
        self.findings.extend(duplicate);
        by_preflight || is_duplicate
    }

    /// Returns the line of an output name that is a file there and a folder here, or the reverse.
    fn file_and_folder(
        &mut self,
        line: u64,
        output: unique::Hash,
        folders: &[unique::Hash],
    ) -> Option<u64> {
        for folder in folders {
            self.folders.add(*folder, line);
        }
        let outputs = folders.iter().map(|folder| self.outputs.line(*folder));
        self.folders
            .line(output)
            .or_else(|| outputs.flatten().next())
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

//! Which rows of a table a request is held to.

use std::slice;

use super::{CapabilityQuery, Check};
use crate::{
    capabilities::{Column, Row},
    preflight::{Finding, Path, Severity},
};

/// The rows that a request is held to.
///
/// None where no model is named, or one that nobody knows; one where its version is named; else
/// all those of which the service picks one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Choice {
    rows: &'static [Row],
    withdrawn_too: bool,
}

impl Choice {
    pub(super) fn of(query: &CapabilityQuery<'_>) -> Self {
        let Some(model) = query.model.and_then(|name| query.family.model(name)) else {
            return Self::default();
        };
        match (model.rows, query.version) {
            ([Row { version: None, .. }], _) => Self::one(model.rows.first()),
            (_, Some(version)) => Self::one(model.version(version)),
            // The service picks no version that was withdrawn, unless all were.
            (rows, None) => Self {
                rows,
                withdrawn_too: model.is_withdrawn(),
            },
        }
    }

    fn one(row: Option<&'static Row>) -> Self {
        Self {
            rows: row.map_or(&[], slice::from_ref),
            withdrawn_too: true,
        }
    }

    /// Whether every row that counts has a say in this column.
    pub(super) fn states(self, column: Column) -> bool {
        !self.rows.is_empty() && self.rows().all(|row| row.states(column))
    }

    /// Returns the duration of a request that names none, in seconds, if all rows that count agree.
    pub(super) fn duration_default(self) -> Option<i64> {
        let mut defaults = self.rows().map(Row::duration_default);
        let first = defaults.next()??;
        defaults.all(|other| other == Some(first)).then_some(first)
    }

    /// The rows that count.
    pub(super) fn rows(self) -> impl Iterator<Item = &'static Row> {
        let rows = self.rows.iter();
        rows.filter(move |row| self.withdrawn_too || !row.is_withdrawn())
    }

    /// What the rows have to say on one question, as one finding.
    ///
    /// Nobody knows which version the service picks: what all of them refuse is an error, what
    /// only some of them refuse or doubt is a warning. Versions that say nothing of the column
    /// are asked only if no other has an answer.
    pub(super) fn judge(
        self,
        check: Check,
        column: Option<Column>,
        query: &CapabilityQuery<'_>,
        at: &Path<'_>,
    ) -> Option<Finding> {
        let speaks = |row: &&Row| column.is_none_or(|column| row.states(column));
        let mut allowed = false;
        let mut refused = None;
        let mut doubted = None;
        for row in self.rows().filter(speaks) {
            match check(query, row, at) {
                None => allowed = true,
                Some(finding) if finding.severity == Severity::Error => refused = Some(finding),
                Some(finding) => doubted = Some(finding),
            }
        }
        let doubt = doubted.is_some();
        match refused.or(doubted) {
            Some(finding) if allowed => Some(self.depends(finding, check, query, at)),
            Some(finding) if doubt || !self.rows().all(|row| speaks(&row)) => {
                Some(softened(finding))
            }
            Some(finding) => Some(finding),
            None if allowed => None,
            None => check(query, self.rows().next()?, at),
        }
    }

    /// A finding that another version would not give rise to.
    fn depends(
        self,
        finding: Finding,
        check: Check,
        query: &CapabilityQuery<'_>,
        at: &Path<'_>,
    ) -> Finding {
        let allow = self.rows().filter(|row| check(query, row, at).is_none());
        let names: Vec<&str> = allow.filter_map(|row| row.version).collect();
        let hint = format!("name a ModelVersion that allows it: {}", names.join(", "));
        softened(finding).hint(hint)
    }
}

fn softened(finding: Finding) -> Finding {
    Finding {
        severity: Severity::Warning,
        ..finding
    }
}

//! The rows of a capability table that a request is checked against.

use std::slice;

use super::{CapabilityQuery, Check};
use crate::{
    capabilities::{Column, Row},
    preflight::{Finding, Path, Severity},
};

/// The rows that a request is checked against.
///
/// Empty if the request names no model or an unknown one; one row if it names a version; otherwise
/// all rows of which the service selects one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Candidates {
    rows: &'static [Row],
    include_withdrawn: bool,
}

impl Candidates {
    pub(super) fn of(query: &CapabilityQuery<'_>) -> Self {
        let Some(model) = query.model.and_then(|name| query.family.model(name)) else {
            return Self::default();
        };
        match (model.rows, query.version) {
            ([Row { version: None, .. }], _) => Self::one(model.rows.first()),
            (_, Some(version)) => Self::one(model.version(version)),
            // The service selects no withdrawn version, unless all are withdrawn.
            (rows, None) => Self {
                rows,
                include_withdrawn: model.is_withdrawn(),
            },
        }
    }

    fn one(row: Option<&'static Row>) -> Self {
        Self {
            rows: row.map_or(&[], slice::from_ref),
            include_withdrawn: true,
        }
    }

    /// Returns whether every candidate states this column.
    pub(super) fn states(self, column: Column) -> bool {
        !self.rows.is_empty() && self.rows().all(|row| row.states(column))
    }

    /// Returns the default duration in seconds, if all candidates state the same one.
    pub(super) fn duration_default(self) -> Option<i64> {
        let mut defaults = self.rows().map(Row::duration_default);
        let first = defaults.next()??;
        defaults.all(|other| other == Some(first)).then_some(first)
    }

    /// Returns an iterator over the candidates.
    pub(super) fn rows(self) -> impl Iterator<Item = &'static Row> {
        let rows = self.rows.iter();
        rows.filter(move |row| self.include_withdrawn || !row.is_withdrawn())
    }

    /// Combines the findings of one check for all candidates into one finding.
    ///
    /// No document says which version the service selects, so a refusal by all candidates is an
    /// error and a refusal or doubt by some of them is a warning. Candidates that do not state the
    /// column are checked only if no other answers.
    pub(super) fn combine(
        self,
        check: Check,
        column: Option<Column>,
        query: &CapabilityQuery<'_>,
        at: &Path<'_>,
    ) -> Option<Finding> {
        let states_column = |row: &&Row| column.is_none_or(|column| row.states(column));
        let mut allowed = false;
        let mut refused = None;
        let mut doubted = None;
        for row in self.rows().filter(states_column) {
            match check(query, row, at) {
                None => allowed = true,
                Some(finding) if finding.severity == Severity::Error => refused = Some(finding),
                Some(finding) => doubted = Some(finding),
            }
        }
        let doubt = doubted.is_some();
        match refused.or(doubted) {
            Some(finding) if allowed => Some(self.for_some_versions(finding, check, query, at)),
            Some(finding) if doubt || !self.rows().all(|row| states_column(&row)) => {
                Some(as_warning(finding))
            }
            Some(finding) => Some(finding),
            None if allowed => None,
            None => check(query, self.rows().next()?, at),
        }
    }

    /// Returns a finding as a warning that names the versions without it.
    fn for_some_versions(
        self,
        finding: Finding,
        check: Check,
        query: &CapabilityQuery<'_>,
        at: &Path<'_>,
    ) -> Finding {
        let allow = self.rows().filter(|row| check(query, row, at).is_none());
        let names: Vec<&str> = allow.filter_map(|row| row.version).collect();
        let hint = format!("name a ModelVersion that allows it: {}", names.join(", "));
        as_warning(finding).hint(hint)
    }
}

fn as_warning(finding: Finding) -> Finding {
    Finding {
        severity: Severity::Warning,
        ..finding
    }
}

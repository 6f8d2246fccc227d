//! The rows of a capability table that a request is checked against.

use std::{fmt, ops::Deref, slice};

use super::{CapabilityQuery, Check};
use crate::{
    capabilities::{Column, Model, Row},
    preflight::{Finding, Path, Severity},
    service::Site,
};

/// The part of a message about a request that leaves the version to the service.
const VERSION_IS_SELECTED: &str =
    "the request names no ModelVersion, and no document says which one the service selects";

/// The rows that a request is checked against.
///
/// Empty if the request names no model or an unknown one; one row if it names a version; otherwise
/// all rows of which the service selects one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Candidates {
    model: Option<&'static Model>,
    rows: &'static [Row],
    /// The site whose facts are looked at; `None` for all of them.
    site: Option<Site>,
    /// The rows that are looked at, the first one in the lowest bit.
    looked_at: u64,
}

/// A row that a request is checked against, under the name that findings use for it.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    row: &'static Row,
    pub(super) site: Option<Site>,
    is_any_version: bool,
}

impl Deref for Subject {
    type Target = Row;

    fn deref(&self) -> &Row {
        self.row
    }
}

/// Formats the model and its version, or the model alone if the fact is one of every version.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any_version {
            f.write_str(self.row.model)
        } else {
            self.row.fmt(f)
        }
    }
}

/// An iterator over [`Candidates`]: each row, followed by those of single sites if the site is not known.
pub(super) struct Subjects {
    candidates: Candidates,
    rows: slice::Iter<'static, Row>,
    own: slice::Iter<'static, (Site, &'static Row)>,
}

impl Subjects {
    fn next_row(&mut self) -> Option<&'static Row> {
        if let Some((_, row)) = self.own.next() {
            return Some(row);
        }
        let Candidates {
            site, looked_at, ..
        } = &mut self.candidates;
        for row in self.rows.by_ref() {
            let is_looked_at = *looked_at & 1 == 1;
            *looked_at >>= 1;
            if is_looked_at {
                if let Some(site) = *site {
                    return Some(row.on(site));
                }
                self.own = row.by_site.iter();
                return Some(row);
            }
        }
        None
    }
}

impl Iterator for Subjects {
    type Item = Subject;

    fn next(&mut self) -> Option<Subject> {
        Some(Subject {
            row: self.next_row()?,
            site: self.candidates.site,
            is_any_version: false,
        })
    }
}

impl Candidates {
    /// The largest number of versions of a model.
    pub(super) const MAX_ROWS: usize = 64;

    pub(super) fn of(query: &CapabilityQuery<'_>, site: Option<Site>) -> Self {
        let Some(model) = query.model.and_then(|name| query.family.model(name)) else {
            return Self::default();
        };
        let rows = match (model.rows, query.version) {
            ([Row { version: None, .. }], _) => model.rows,
            (_, Some(version)) => model.version(version).map_or(&[][..], slice::from_ref),
            (rows, None) => rows,
        };
        let mut offered = 0;
        for (index, row) in rows.iter().take(Self::MAX_ROWS).enumerate() {
            offered |= u64::from(is_offered(row, site)) << index;
        }
        Self {
            model: Some(model),
            rows,
            site,
            // The service selects no withdrawn version, and none of another site, unless there is no
            // other.
            looked_at: if offered == 0 { u64::MAX } else { offered },
        }
    }

    /// Returns the model that the request names, if it is known.
    pub(super) fn model(self) -> Option<&'static Model> {
        self.model
    }

    /// Returns whether every candidate states this column.
    pub(super) fn states(self, column: Column) -> bool {
        !self.rows.is_empty() && self.rows().all(|row| row.states(column))
    }

    /// Returns the default duration in seconds, if all candidates state the same one.
    pub(super) fn duration_default(self) -> Option<i64> {
        let mut defaults = self.rows().map(|row| row.duration_default());
        let first = defaults.next()??;
        defaults.all(|other| other == Some(first)).then_some(first)
    }

    /// Returns an iterator over the candidates, with the facts of the site.
    pub(super) fn rows(self) -> Subjects {
        Subjects {
            candidates: self,
            rows: self.rows.iter(),
            own: [].iter(),
        }
    }

    /// Returns the only candidate, or `None` if there are none or several.
    pub(super) fn only(self) -> Option<Subject> {
        let mut rows = self.rows();
        rows.next().filter(|_| rows.next().is_none())
    }

    /// Combines the findings of one check for all candidates into one finding. That of a single
    /// candidate is the finding of the check.
    ///
    /// No document says which version the service selects, so a refusal by all candidates is an
    /// error and a refusal or doubt by some of them is a warning. Candidates that do not state the
    /// column are checked only if no other answers. Where warnings are not wanted, there may be none
    /// for some of the versions.
    pub(super) fn combine(
        self,
        check: Check,
        column: Option<Column>,
        query: &CapabilityQuery<'_>,
        at: &Path<'_>,
        wants_warnings: bool,
    ) -> Option<Finding> {
        let states_column = |row: &Subject| column.is_none_or(|column| row.states(column));
        let mut allowed = false;
        let mut refused = None;
        let mut doubted = None;
        for row in self.rows().filter(states_column) {
            match check(query, row, at) {
                // Beside a version that allows it, every refusal is a warning.
                None if !wants_warnings => return None,
                None => allowed = true,
                Some(finding) if finding.severity == Severity::Error => refused = Some(finding),
                Some(finding) => doubted = Some(finding),
            }
        }
        let doubt = doubted.is_some();
        match refused.or(doubted) {
            Some(finding) if allowed => Some(self.for_some_versions(finding, check, query, at)),
            Some(finding) if doubt || !self.rows().all(|row| states_column(&row)) => Some(
                as_warning(self.for_every_version(finding, check, query, at)),
            ),
            Some(finding) => Some(self.for_every_version(finding, check, query, at)),
            None if allowed => None,
            None => {
                let finding = check(query, self.rows().next()?, at)?;
                Some(self.for_every_version(finding, check, query, at))
            }
        }
    }

    /// Returns a finding as a warning that names the versions without it.
    fn for_some_versions(
        self,
        mut finding: Finding,
        check: Check,
        query: &CapabilityQuery<'_>,
        at: &Path<'_>,
    ) -> Finding {
        let allow = self.rows().filter(|row| check(query, *row, at).is_none());
        let names: Vec<&str> = allow.filter_map(|row| row.version).collect();
        finding.message = format!("{}; {VERSION_IS_SELECTED}", finding.message);
        let hint = format!("name a ModelVersion that allows it: {}", names.join(", "));
        as_warning(finding).hint(hint)
    }

    /// Returns a finding that no version is without. The version in it may not be the one that the
    /// service selects, so it is left out where all versions have the same fact, and else said to be
    /// one of several.
    fn for_every_version(
        self,
        mut finding: Finding,
        check: Check,
        query: &CapabilityQuery<'_>,
        at: &Path<'_>,
    ) -> Finding {
        if self.rows().count() < 2 {
            return finding;
        }
        let mut of_any = self.rows().map(|row| {
            let subject = Subject {
                is_any_version: true,
                ..row
            };
            check(query, subject, at)
        });
        let Some(Some(first)) = of_any.next() else {
            return finding;
        };
        if of_any.all(|other| other.is_some_and(|other| other.message == first.message)) {
            return Finding {
                severity: finding.severity,
                ..first
            };
        }
        let refuse = self.rows().filter(|row| check(query, *row, at).is_some());
        if refuse.count() == self.rows().count() {
            finding.message += "; no other version allows it either";
        } else {
            finding.message = format!("{}; {VERSION_IS_SELECTED}", finding.message);
        }
        finding
    }
}

fn is_offered(row: &Row, site: Option<Site>) -> bool {
    site.map_or(!row.is_withdrawn(), |site| row.is_offered_on(site))
}

fn as_warning(finding: Finding) -> Finding {
    Finding {
        severity: Severity::Warning,
        ..finding
    }
}

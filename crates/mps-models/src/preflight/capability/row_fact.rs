//! Findings about a fact of a row.

use super::Subject;
use crate::{
    capabilities::{Column, FAMILIES, Row},
    preflight::{Finding, Path, Severity},
    service::Site,
};

/// A fact of a row, and the rule that checks requests against it.
#[derive(Clone, Copy)]
pub(super) struct Fact {
    pub(super) row: Subject,
    pub(super) column: Column,
    pub(super) rule: &'static str,
}

impl Fact {
    pub(super) const fn new(row: Subject, column: Column, rule: &'static str) -> Self {
        Self { row, column, rule }
    }

    /// Returns the finding that a request breaks the fact.
    pub(super) fn broken(self, at: &Path<'_>, message: String) -> Finding {
        let severity = if self.row.only_warns(self.column) {
            Severity::Warning
        } else {
            Severity::Error
        };
        self.finding(at, severity, message)
    }

    /// Returns the finding that the fact is uncertain.
    pub(super) fn doubtful(self, at: &Path<'_>, message: String) -> Finding {
        self.finding(at, Severity::Warning, message)
    }

    /// Returns the finding for a feature that a row allows, denies or does not mention.
    pub(super) fn support(
        self,
        at: &Path<'_>,
        what: &str,
        supports: fn(&Row) -> Option<bool>,
    ) -> Option<Finding> {
        let row = self.row;
        match supports(&row) {
            Some(true) => None,
            Some(false) => {
                let finding = self.broken(at, format!("{row} takes no {what}"));
                let has = |row: &Row| supports(row) == Some(true);
                Some(finding.hint(alternatives_hint(row.family, row.site, has)))
            }
            None => {
                let message = format!("no document says whether {row} takes any {what}");
                Some(self.doubtful(at, message))
            }
        }
    }

    fn finding(self, at: &Path<'_>, severity: Severity, message: String) -> Finding {
        Finding::new(at, self.rule, severity, message).source(self.row.source_of(self.column))
    }
}

/// Returns the hint to leave a feature out or to use a model of the site that has it.
fn alternatives_hint(family: &str, site: Option<Site>, has: impl Fn(&Row) -> bool) -> String {
    let family = FAMILIES.iter().find(|other| other.name == family);
    let models = family.into_iter().flat_map(|family| family.models);
    let is_offered = |row: &&'static Row| match site {
        Some(site) => row.is_offered_on(site),
        None => !row.is_withdrawn(),
    };
    let facts = |row: &'static Row| site.map_or(row, |site| row.on(site));
    let mut names = Vec::new();
    for model in models {
        let rows = model.rows.iter().filter(is_offered).map(facts);
        if rows.clone().next().is_some() && rows.clone().all(&has) {
            names.push(model.name.to_owned());
        } else {
            names.extend(rows.filter(|row| has(row)).map(ToString::to_string));
        }
    }
    match names.as_slice() {
        [] => "leave it out".to_owned(),
        names => format!("leave it out, or use {}", listed(names)),
    }
}

/// Returns a list such as `a, b or c`.
pub(super) fn listed(names: &[impl std::fmt::Display]) -> String {
    let mut text = String::new();
    for (nth, name) in names.iter().enumerate() {
        text += match nth {
            0 => "",
            _ if nth + 1 == names.len() => " or ",
            _ => ", ",
        };
        text += &name.to_string();
    }
    text
}

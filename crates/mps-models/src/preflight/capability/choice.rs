//! Which rows of a table a request is held to.

use super::{Ask, Check};
use crate::{
    capabilities::{Column, Row},
    preflight::{Finding, Path, Severity},
};

/// The rows that a request is held to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Choice {
    /// None: no model is named, or one that nobody knows.
    #[default]
    None,
    /// That of the version that is named.
    One(&'static Row),
    /// Those of a model, of whose versions the service picks one.
    Any(&'static [Row]),
}

impl Choice {
    pub(super) fn of(ask: &Ask<'_>) -> Self {
        let Some(model) = ask.model.and_then(|name| ask.family.model(name)) else {
            return Self::None;
        };
        match (model.rows, ask.version) {
            ([row @ Row { version: None, .. }], _) => Self::One(row),
            (_, Some(version)) => model.version(version).map_or(Self::None, Self::One),
            (rows, None) => Self::Any(rows),
        }
    }

    /// Whether every row that counts has a say in this column.
    pub(super) fn states(self, column: Column) -> bool {
        self != Self::None && self.rows().all(|row| row.states(column))
    }

    /// The rows that count: the service picks no version that was withdrawn, unless all were.
    pub(super) fn rows(self) -> impl Iterator<Item = &'static Row> {
        let rows = match self {
            Self::None => &[],
            Self::One(row) => std::slice::from_ref(row),
            Self::Any(rows) => rows,
        };
        let all_gone = rows.iter().all(Row::is_withdrawn);
        let is_one = matches!(self, Self::One(_));
        rows.iter()
            .filter(move |row| is_one || all_gone || !row.is_withdrawn())
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
        ask: &Ask<'_>,
        at: &Path<'_>,
    ) -> Option<Finding> {
        let speaks = |row: &&Row| column.is_none_or(|column| row.states(column));
        let mut allowed = false;
        let mut refused = None;
        let mut doubted = None;
        for row in self.rows().filter(speaks) {
            match check(ask, row, at) {
                None => allowed = true,
                Some(finding) if finding.severity == Severity::Error => refused = Some(finding),
                Some(finding) => doubted = Some(finding),
            }
        }
        let certain = doubted.is_none() && self.rows().all(|row| speaks(&row));
        match refused.or(doubted) {
            Some(finding) if allowed => Some(self.depends(finding, check, ask, at)),
            Some(finding) if certain => Some(finding),
            Some(finding) => Some(softened(finding)),
            None if allowed => None,
            None => check(ask, self.rows().next()?, at),
        }
    }

    /// A finding that another version would not give rise to.
    fn depends(self, finding: Finding, check: Check, ask: &Ask<'_>, at: &Path<'_>) -> Finding {
        let allow = self.rows().filter(|row| check(ask, row, at).is_none());
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

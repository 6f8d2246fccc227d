//! Findings about rows.

use std::fmt;

use mps_models::preflight::{Finding, Path, Severity};
use serde::Serialize;

use super::rules;

/// A finding about a row of a manifest: its line, its id, and the finding as preflight has it.
///
/// Serializes as one object with the members `line`, `id` and those of [`Finding`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RowFinding {
    /// The number of the line on which the row begins, from 1. A row of CSV can take several lines.
    pub line: u64,
    /// The id of the row; `None` if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The finding. Its path is that of a member, for example `ImageInfos[3].ImageUrl`, the name of a
    /// column, or empty for the row itself.
    #[serde(flatten)]
    pub finding: Finding,
}

impl RowFinding {
    pub(crate) fn new(line: u64, id: Option<&str>, finding: Finding) -> Self {
        let id = id.map(str::to_owned);
        Self { line, id, finding }
    }
}

/// Returns an error about a member of a row, or about the row itself if `member` is empty.
pub(crate) fn error(member: &str, rule: &'static str, message: impl Into<String>) -> Finding {
    let at = if member.is_empty() {
        Path::ROOT
    } else {
        Path::ROOT.member(member)
    };
    Finding::new(&at, rule, Severity::Error, message.into())
}

/// Formats the line, the id in parentheses, and the finding.
impl fmt::Display for RowFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(id) = &self.id {
            write!(f, " ({})", id.escape_debug())?;
        }
        write!(f, ": {}", self.finding)
    }
}

/// Returns the finding of a manifest without rows.
pub(crate) fn no_rows() -> RowFinding {
    let finding = error("", rules::NO_ROWS, "the manifest has no rows");
    let hint = "write one object a line, such as {\"id\":\"fox\",\"Prompt\":\"a fox\"}";
    RowFinding::new(1, None, finding.hint(hint))
}

//! The findings of a plan: equal ones together, with their lines.

use std::{collections::HashMap, path::Path};

use mps_aigc::models::preflight::Finding;
use mps_jobs::{manifest::RowFinding, plan::Findings};
use serde_json::json;

use crate::{
    foreign_text,
    live::units::{are, counted},
    output::{Event, Output},
};

/// The lines that are named where a finding is about several.
const LINES: usize = 5;

/// Findings that differ in nothing but their rows.
struct Group<'a> {
    first: &'a RowFinding,
    /// The other lines.
    lines: Vec<u64>,
}

/// Returns a line for each finding, as `FILE:LINE: error[rule]: ...`, in the order of the file.
pub(super) fn lines(findings: &Findings, file: &Path) -> Vec<String> {
    let groups = groups(&findings.kept());
    let lines = groups.iter().map(|group| group.text(file));
    lines.chain(not_shown(findings)).collect()
}

/// Prints an event for each finding, with its row and the other lines that it is about.
pub(super) fn report(findings: &Findings, file: &Path, output: &Output) {
    for group in groups(&findings.kept()) {
        let details = if group.lines.is_empty() {
            json!({"finding": group.first})
        } else {
            json!({"finding": group.first, "lines": group.lines})
        };
        output.progress(&Event::new("finding", &group.text(file)).details(details));
    }
    if let Some(line) = not_shown(findings) {
        let details = json!({"more_findings": findings.not_kept()});
        output.progress(&Event::new("finding", &line).details(details));
    }
}

/// Returns the line that counts the findings that are not kept, if there are any.
fn not_shown(findings: &Findings) -> Option<String> {
    let more = findings.not_kept();
    let (count, are) = (counted(more, "more finding"), are(more));
    (more > 0).then(|| format!("{count} {are} not shown"))
}

fn groups<'a>(findings: &[&'a RowFinding]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for first in findings {
        let Finding {
            rule,
            path,
            message,
            ..
        } = &first.finding;
        let next = groups.len();
        let nth = *known.entry((rule, path, message)).or_insert(next);
        match groups.get_mut(nth) {
            Some(group) => group.lines.push(first.line),
            None => groups.push(Group {
                first,
                lines: Vec::new(),
            }),
        }
    }
    groups
}

impl Group<'_> {
    fn text(&self, file: &Path) -> String {
        let RowFinding {
            line, id, finding, ..
        } = self.first;
        let file = foreign_text::path(file);
        let id = id.as_deref().map(foreign_text::name);
        let id = id.map(|id| format!(" {id}:")).unwrap_or_default();
        let path = match finding.path.as_str() {
            "" => String::new(),
            path => format!(" {}:", foreign_text::name(path)),
        };
        let message = foreign_text::message(&finding.message);
        let mut text = format!(
            "{file}:{line}: {}[{}]:{id}{path} {message}",
            finding.severity, finding.rule
        );
        if let Some(hint) = &finding.hint {
            text.push_str("\n  hint: ");
            text.push_str(&foreign_text::message(hint));
        }
        if !self.lines.is_empty() {
            text.push_str("\n  also on ");
            text.push_str(&self.others());
        }
        text
    }

    /// Returns the other lines, as in `lines 18, 22 and 97 more`.
    fn others(&self) -> String {
        let shown: Vec<_> = self.lines.iter().take(LINES).map(u64::to_string).collect();
        let noun = if self.lines.len() == 1 {
            "line"
        } else {
            "lines"
        };
        let more = self.lines.len() - shown.len();
        let shown = shown.join(", ");
        if more == 0 {
            format!("{noun} {shown}")
        } else {
            format!("{noun} {shown} and {more} more")
        }
    }
}

//! The way from a row as it was read to a request under a key.

use std::borrow::Cow;

use mps_core::endpoint::Site;
use mps_models::{
    ActionInfo, TaskFamily, action,
    preflight::{Finding, rules as preflight_rules},
    schema::MemberInfo,
};

use super::{
    ManifestRow, RowFacts, RowFinding, cells,
    finding::error,
    json_lines,
    members::{self, Defaults, Member},
    rules,
    source::{Batch, Raw, not_utf8},
};
use crate::{error::JobsError, ledger::Key, out, request::Request};

/// The action of a row that names none.
pub(super) const DEFAULT_ACTION: &str = "CreateAigcVideoTask";

/// The beginning of the file, which all rows share.
pub(super) enum Layout {
    /// The defaults of lines of JSON.
    Lines(Defaults),
    /// The columns of a table.
    Columns(Vec<String>),
}

/// Parses rows. Rows are independent of each other, so several threads can share a parser.
pub(crate) struct RowParser {
    layout: Layout,
    site: Site,
    is_checked: bool,
}

/// The findings because of which a line is no row, with its id.
struct Faults {
    id: Option<String>,
    findings: Vec<Finding>,
}

impl From<Vec<Finding>> for Faults {
    fn from(findings: Vec<Finding>) -> Self {
        Self { id: None, findings }
    }
}

/// The members of a row that are not part of its request.
#[derive(Default)]
struct Own {
    id: Option<String>,
    action: Option<String>,
    out: Option<String>,
}

impl RowParser {
    pub(super) fn new(layout: Layout, site: Site, is_checked: bool) -> Self {
        Self {
            layout,
            site,
            is_checked,
        }
    }

    /// Returns row `nth` of a batch, or every finding because of which it is none; `None` if the batch has
    /// no such row.
    pub(crate) fn row(
        &self,
        batch: &Batch,
        nth: usize,
    ) -> Option<Result<ManifestRow, Vec<RowFinding>>> {
        let entry = batch.entries.get(nth)?;
        let line = entry.line;
        let row = match (&entry.raw, &self.layout) {
            (Raw::Line(range), Layout::Lines(defaults)) => {
                let text = batch.bytes.get(range.clone()).unwrap_or_default();
                self.line(line, text, defaults)
            }
            (Raw::Record(record), Layout::Columns(columns)) => {
                self.record(line, &batch.cells(record), columns)
            }
            (Raw::Fault(fault), _) => Err(vec![(**fault).clone()].into()),
            // A source has rows of its own layout only.
            _ => return None,
        };
        Some(row.map_err(|faults| {
            let Faults { id, findings } = faults;
            let at_line = |finding| RowFinding::new(line, id.as_deref(), finding);
            findings.into_iter().map(at_line).collect()
        }))
    }

    /// Returns the facts about row `nth` of a batch without its request, which is quicker than
    /// [`row`](Self::row); `None` if that has to be called, which finds what is wrong with the row.
    pub(crate) fn facts(&self, batch: &Batch, nth: usize) -> Option<RowFacts> {
        if !self.is_checked {
            return None;
        }
        let entry = batch.entries.get(nth)?;
        match (&entry.raw, &self.layout) {
            (Raw::Line(range), Layout::Lines(defaults)) => {
                let line = batch.bytes.get(range.clone())?;
                RowFacts::of_line(entry.line, line, defaults, self.site)
            }
            (Raw::Record(record), Layout::Columns(columns)) => {
                RowFacts::of_record(entry.line, &batch.cells(record), columns, self.site)
            }
            _ => None,
        }
    }

    fn line(&self, line: u64, text: &[u8], defaults: &Defaults) -> Result<ManifestRow, Faults> {
        let text = json_lines::text(text).map_err(|fault| vec![fault])?;
        let members = members::split(text)?;
        let mut faults = Vec::new();
        let mut own = Own::default();
        let mut request = Vec::with_capacity(members.len() + defaults.members.len());
        for (name, value) in members {
            let mut text = |to: &mut Option<String>| match serde_json::from_str(&value) {
                Ok(text) => *to = text,
                Err(_) => faults.push(members::not_a_text(&name)),
            };
            match name.as_ref() {
                "id" => text(&mut own.id),
                "action" => text(&mut own.action),
                "out" => text(&mut own.out),
                "after" => faults.push(members::reserved("after")),
                "defaults" => faults.push(late_defaults()),
                _ => request.push((name, value)),
            }
        }
        for (name, value) in &defaults.members {
            if !request.iter().any(|(own, _)| own == name) {
                request.push((name.as_str().into(), value.as_str().into()));
            }
        }
        own.action = own.action.or_else(|| defaults.action.clone());
        own.out = own.out.or_else(|| defaults.out.clone());
        self.assemble(line, own, &request, faults)
    }

    fn record(
        &self,
        line: u64,
        record: &[&[u8]],
        columns: &[String],
    ) -> Result<ManifestRow, Faults> {
        let mut faults = Vec::new();
        if record.len() != columns.len() {
            faults.push(wrong_cells(record.len(), columns.len()));
        }
        let mut own = Own::default();
        let mut cells = Vec::with_capacity(columns.len());
        for (nth, (column, cell)) in columns.iter().zip(record).enumerate() {
            if cell.is_empty() {
                continue;
            }
            let cell = match std::str::from_utf8(cell) {
                Ok(cell) => cell,
                Err(error) => {
                    faults.push(not_utf8(column, error));
                    continue;
                }
            };
            match column.as_str() {
                "" => faults.push(unnamed(nth + 1)),
                "id" => own.id = Some(cell.to_owned()),
                "action" => own.action = Some(cell.to_owned()),
                "out" => own.out = Some(cell.to_owned()),
                "after" => faults.push(members::reserved("after")),
                _ => cells.push((column.as_str(), cell)),
            }
        }
        let info = action(own.action.as_deref().unwrap_or(DEFAULT_ACTION));
        let mut request = Vec::with_capacity(cells.len());
        for (column, cell) in cells {
            match cells::json(column, cell, info.and_then(|info| member(info, column))) {
                Ok(value) => request.push((Cow::Borrowed(column), value)),
                Err(fault) => faults.push(fault),
            }
        }
        // A cell can be JSON, in which a member can be there twice.
        faults.extend(members::nested_faults(&request));
        self.assemble(line, own, &request, faults)
    }

    /// Returns the row, or the findings so far with all others about it.
    fn assemble(
        &self,
        line: u64,
        own: Own,
        members: &[Member<'_>],
        mut faults: Vec<Finding>,
    ) -> Result<ManifestRow, Faults> {
        let key = match own.id {
            Some(id) => Key::try_from(id).map_err(|fault| invalid_id(&fault)),
            None => Err(no_id(members)),
        };
        let key = key.map_err(|fault| faults.push(fault)).ok();
        let template = own.out.as_deref().unwrap_or(out::DEFAULT);
        let named = key.as_ref().map(|key| out::named(template, key));
        let out = match named.transpose() {
            Ok(out) => out,
            Err(fault) => {
                faults.push(invalid_out(&fault, own.out.is_some()));
                None
            }
        };
        let action = own.action.as_deref().unwrap_or(DEFAULT_ACTION);
        let request = self.request(action, members);
        let request = request.map_err(|fault| faults.push(fault)).ok();
        match (key, out, request) {
            (Some(key), Some(out), Some(request)) if faults.is_empty() => Ok(ManifestRow {
                line,
                key,
                out,
                model: model(members),
                request,
            }),
            (key, _, request) => {
                let report = request.iter().flat_map(|it| it.report().findings());
                let others = report.filter(|it| !is_within_any(&it.path, &faults));
                let others: Vec<_> = others.cloned().collect();
                faults.extend(others);
                Err(Faults {
                    id: key.map(String::from),
                    findings: faults,
                })
            }
        }
    }

    fn request(&self, action: &str, members: &[Member<'_>]) -> Result<Request, Finding> {
        if TaskFamily::created_by(action).is_none() {
            return Err(unknown_action(action));
        }
        let request = Request::of_json(action, body(members), Some(self.site), self.is_checked);
        let request = request.map_err(|_| members::unreadable_value(members))?;
        Ok(request.with_hints(own_member))
    }
}

/// Returns `true` for the path of a member of which a finding is known already, and for one inside of it.
fn is_within_any(path: &str, findings: &[Finding]) -> bool {
    findings.iter().any(|finding| {
        let rest = path.strip_prefix(finding.path.as_str());
        let is_within = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        !finding.path.is_empty() && rest.is_some_and(is_within)
    })
}

/// Returns the model that members name, with its version, as in `Kling 2.6`.
fn model(members: &[Member<'_>]) -> Option<String> {
    let text = |wanted: &str| {
        let (_, value) = members.iter().find(|(name, _)| name == wanted)?;
        members::text(value)
    };
    members::model([text("ModelName"), text("ModelVersion")])
}

/// Returns the body of a request, without members that are `null`, which count as absent.
fn body(members: &[Member<'_>]) -> String {
    let length = |(name, value): &Member<'_>| name.len() + value.len() + 4;
    let mut body = String::with_capacity(2 + members.iter().map(length).sum::<usize>());
    for (name, value) in members.iter().filter(|(_, value)| value != "null") {
        body.push(if body.is_empty() { '{' } else { ',' });
        if name.bytes().all(|letter| letter.is_ascii_alphanumeric()) {
            body.extend(["\"", name, "\""]);
        } else {
            body.push_str(&cells::text(name));
        }
        body.extend([":", value]);
    }
    body.push_str(if body.is_empty() { "{}" } else { "}" });
    body
}

fn member(action: &ActionInfo, name: &str) -> Option<&'static MemberInfo> {
    let mut members = action.request.members.iter();
    members.find(|member| member.name == name)
}

fn late_defaults() -> Finding {
    error(
        "defaults",
        rules::DEFAULTS,
        "defaults have to be on the first line",
    )
    .hint("move the line to the beginning of the file")
}

fn wrong_cells(found: usize, expected: usize) -> Finding {
    let message = format!("the row has {found} cells, and the header has {expected}");
    error("", rules::CELLS, message)
        .hint("put a cell that contains a comma or a quote in quotation marks, and double the quotes in it")
}

fn unnamed(number: usize) -> Finding {
    let message = format!("column {number} has no name");
    error("", rules::COLUMN, message).hint("name the column in the header, or clear the cell")
}

/// Returns the hint about an unknown member that is probably meant as one of the row itself.
fn own_member(finding: &Finding) -> Option<String> {
    const MEANT: [(&str, &[&str]); 2] = [
        (
            "out",
            &["out", "otu", "ouput", "output", "file", "filename"],
        ),
        ("action", &["action", "actoin", "api"]),
    ];
    if finding.rule != preflight_rules::UNKNOWN_MEMBER {
        return None;
    }
    let name = finding.path.to_ascii_lowercase();
    let mut own = MEANT.iter();
    let (meant, _) = own.find(|(_, names)| names.contains(&name.as_str()))?;
    Some(format!("did you mean `{meant}`?"))
}

/// Returns the finding of a row without an id, with the member that is probably meant.
fn no_id(members: &[Member<'_>]) -> Finding {
    const MEANT: [&str; 5] = ["Id", "ID", "key", "Key", "custom_id"];
    let finding = error("id", preflight_rules::REQUIRED, "the row has no id");
    let meant = members
        .iter()
        .find(|(name, _)| MEANT.contains(&name.as_ref()));
    match meant {
        Some((name, _)) => finding.hint(format!("name the member `id` instead of `{name}`")),
        None => {
            finding.hint("give each row its own `id`, the name under which it is never paid twice")
        }
    }
}

fn invalid_id(fault: &crate::LedgerError) -> Finding {
    let finding = error("id", rules::INVALID_ID, fault.to_string());
    match fault.hint() {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}

fn invalid_out(fault: &JobsError, is_given: bool) -> Finding {
    let finding = error("out", rules::OUTPUT_NAME, fault.to_string());
    if is_given {
        finding.hint("choose a name below the output folder, such as clips/{key}.{ext}")
    } else {
        finding.hint("set `out`: the name made of the id cannot be used")
    }
}

/// Returns the finding of an action that creates no task.
fn unknown_action(name: &str) -> Finding {
    let creates = || {
        TaskFamily::ALL
            .iter()
            .flat_map(|family| family.info().creates)
    };
    let alike = creates().find(|info| info.name.eq_ignore_ascii_case(name));
    let finding = if action(name).is_some() {
        let message = "the action creates no task that can be waited for";
        error("action", rules::ACTION, message)
    } else {
        error("action", rules::ACTION, "there is no such action")
    };
    if let Some(info) = alike {
        return finding.hint(format!("did you mean `{}`?", info.name));
    }
    let names: Vec<_> = creates().map(|info| info.name).collect();
    finding.hint(format!("choose from {}", names.join(", ")))
}

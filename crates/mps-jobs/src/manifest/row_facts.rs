//! The facts about a row that a plan needs, read in one pass and without the text of its request.

use mps_core::endpoint::Site;
use mps_models::{Action, ActionVisitor, TaskFamily, action, visit_action};
use serde::{Deserializer as _, de::value::MapAccessDeserializer};

use super::{
    ManifestRow,
    cell_members::CellMembers,
    line_members::{Line, Own},
    members::{self, Defaults},
    row_parser::DEFAULT_ACTION,
};
use crate::{ledger::Key, out, request::Facts};

/// The facts about a row that a plan needs.
pub(crate) struct RowFacts {
    pub(crate) line: u64,
    pub(crate) key: Key,
    /// As [`ManifestRow::out`].
    pub(crate) out: String,
    pub(crate) model: Option<String>,
    pub(crate) action: &'static str,
    pub(crate) request: Facts,
}

impl From<ManifestRow> for RowFacts {
    fn from(row: ManifestRow) -> Self {
        let (action, request) = row.request.into_facts();
        Self {
            line: row.line,
            key: row.key,
            out: row.out,
            model: row.model,
            action,
            request,
        }
    }
}

impl RowFacts {
    /// Reads a line of JSON. Returns `None` if there may be a finding other than those of preflight about
    /// documented members: then [`RowParser::row`](super::RowParser::row) decides.
    pub(super) fn of_line(
        number: u64,
        line: &[u8],
        defaults: &Defaults,
        site: Site,
    ) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        let expected = defaults.action.as_deref().unwrap_or(DEFAULT_ACTION);
        let (mut found, mut own) = read_line(text, defaults, expected, site);
        if found.is_none()
            && let Some(other) = own.action.filter(|other| other != expected)
        {
            (found, own) = read_line(text, defaults, &other, site);
        }
        let model = own.model.map(|value| members::text(value?));
        let template = own.out.as_deref().or(defaults.out.as_deref());
        Self::new(number, own.id?, template, members::model(model), found?)
    }

    /// Reads a record of a table, as [`of_line`](Self::of_line) reads a line.
    pub(super) fn of_record(
        number: u64,
        record: &[&[u8]],
        columns: &[String],
        site: Site,
    ) -> Option<Self> {
        if record.len() != columns.len() {
            return None;
        }
        let cell = |wanted: &str| {
            let nth = columns.iter().position(|column| column == wanted)?;
            let cell = record.get(nth).filter(|cell| !cell.is_empty())?;
            std::str::from_utf8(cell).ok()
        };
        let name = cell("action").unwrap_or(DEFAULT_ACTION);
        let members = CellMembers::new(columns, record, action(name)?.request.members);
        let found = read(name, RecordReader { members, site });
        let model =
            members::model(["ModelName", "ModelVersion"].map(|it| cell(it).map(Into::into)));
        Self::new(number, cell("id")?.to_owned(), cell("out"), model, found?)
    }

    fn new(
        line: u64,
        id: String,
        template: Option<&str>,
        model: Option<String>,
        (action, request): (&'static str, Facts),
    ) -> Option<Self> {
        let key = Key::try_from(id).ok()?;
        let out = out::named(template.unwrap_or(out::DEFAULT), &key).ok()?;
        Some(Self {
            line,
            key,
            out,
            model,
            action,
            request,
        })
    }
}

/// The name of an action, and the facts about a request of it.
type Found = Option<(&'static str, Facts)>;

fn read(name: &str, reader: impl ActionVisitor<Output = Found>) -> Found {
    TaskFamily::created_by(name)?;
    visit_action(name, reader).flatten()
}

/// Reads a line as a request of an action, and returns the members of its own as far as it was read.
fn read_line<'a>(
    text: &'a str,
    defaults: &'a Defaults,
    expected: &str,
    site: Site,
) -> (Found, Own<'a>) {
    let mut own = Own::default();
    let reader = LineReader {
        text,
        defaults,
        expected,
        site,
        own: &mut own,
    };
    (read(expected, reader), own)
}

/// Reads the request of a line.
struct LineReader<'a, 'own> {
    text: &'a str,
    defaults: &'a Defaults,
    expected: &'own str,
    site: Site,
    own: &'own mut Own<'a>,
}

impl ActionVisitor for LineReader<'_, '_> {
    type Output = Found;

    fn visit<A: Action>(self) -> Found {
        let mut json = serde_json::Deserializer::from_str(self.text);
        let line = Line::<A>::new(self.defaults, self.expected, self.own);
        let request = json.deserialize_map(line).ok()?;
        json.end().ok()?;
        Some((A::INFO.name, Facts::documented(&request, self.site)?))
    }
}

/// Reads the request of a record.
struct RecordReader<'a> {
    members: CellMembers<'a>,
    site: Site,
}

impl ActionVisitor for RecordReader<'_> {
    type Output = Found;

    fn visit<A: Action>(self) -> Found {
        let request = A::deserialize(MapAccessDeserializer::new(self.members)).ok()?;
        Some((A::INFO.name, Facts::documented(&request, self.site)?))
    }
}

//! The parsed specification: the values in its files, each with its place.
//!
//! Reading is strict: an unknown key, a missing key and a value of the wrong type are reported, and
//! the rest is read nevertheless. [`check`](crate::check) looks at several values together.

mod action;
mod capability;
mod columns;
mod enums;
mod member;
mod member_path;
mod reader;
mod rules;
mod service;
mod source;
mod structure;
mod task_family;
mod task_results;

use std::{fmt, path::Path, rc::Rc};

use toml::de::DeTable;

use self::reader::{Reader, Trace};
pub use self::{
    action::{Action, Example},
    capability::{Cell, Cells, Family, Model, Row, SiteRow, Version, field},
    columns::{ASPECT_RATIO, Column, ColumnType, DEFAULT, DOUBTFUL, Group, RESOLUTION},
    enums::{Enum, EnumValue},
    member::{Bound, Facts, Member, SiteFacts},
    member_path::{MemberPath, OptionTarget},
    rules::RuleInfo,
    service::{ErrorCode, Regions, Service, Site},
    source::{FileId, SourceFile, Sources, read},
    structure::Struct,
    task_family::{CommandOption, TaskCreate, TaskFamilies, TaskFamily},
    task_results::{Confirmation, ResultKind, TaskResult},
};
pub(crate) use self::{
    reader::{STRUCTURE_ONLY, TODO, UNDESCRIBED},
    source::with_line_feeds,
};
use crate::diagnostic::{Diagnostic, Span};

/// A specification.
#[derive(Debug, Default)]
pub struct Spec {
    /// From `service.toml`.
    pub service: Option<Service>,
    /// From `actions/`, in the order of the files.
    pub actions: Vec<Action>,
    /// From `structs/`, in the order of the files.
    pub structs: Vec<Struct>,
    /// From `enums.toml`, in the order of the file.
    pub enums: Vec<Enum>,
    /// From `columns.toml`, in the order of the file.
    pub columns: Vec<Column>,
    /// From `capabilities/`, in the order of the files.
    pub families: Vec<Family>,
    /// From `rules.toml`, in the order of the file.
    pub rules: Vec<RuleInfo>,
    /// From `families.toml`.
    pub tasks: TaskFamilies,
    /// The files below `examples/`.
    pub examples: Vec<FileId>,
    /// From `renames.toml`: names in Rust by the names of structs.
    pub renames: Vec<(Located<String>, Located<String>)>,
    /// The fingerprints in `published/`.
    pub published: Vec<FileId>,
    /// True if some definition could not be read. If so, a name without a definition is no mistake.
    pub incomplete: bool,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Located<T> {
    pub(crate) const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// Returns the value, or the default if it was missing or wrong, which was reported already.
fn or_default<T: Default>(located: Option<Located<T>>) -> T {
    located.map(|located| located.value).unwrap_or_default()
}

/// A simple value.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Boolean(bool),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Boolean(flag) => flag.fmt(f),
        }
    }
}

/// A day, for example `2026-03-10`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub String);

/// The days of a release, for each site that has it.
pub type Since = Vec<(Located<String>, Date)>;

/// Parses the files of a specification, and reports the mistakes within single files, including
/// the files that could not be read.
#[must_use]
pub fn parse(sources: &Sources) -> (Spec, Vec<Diagnostic>) {
    let mut spec = Spec::default();
    let mut trace = Trace {
        diagnostics: sources.unreadable().to_vec(),
        lost: !sources.unreadable().is_empty(),
        ..Trace::default()
    };
    spec.columns = parse_columns(sources, &mut trace);
    for (id, file) in sources.iter() {
        parse_file(id, file, &mut spec, &mut trace);
    }
    let missing = !sources.iter().any(|(_, file)| file.path == "service.toml");
    if missing && sources.unreadable().is_empty() {
        trace.diagnostics.push(Diagnostic::of(
            "service.toml",
            "E0003",
            "the file is missing",
        ));
    }
    spec.incomplete = trace.lost;
    (spec, trace.diagnostics)
}

/// Reads the columns before all other files, since these name them.
fn parse_columns(sources: &Sources, trace: &mut Trace) -> Vec<Column> {
    let mut files = sources.iter();
    let Some((id, file)) = files.find(|(_, file)| file.path == "columns.toml") else {
        trace.columns = Some(Rc::from([]));
        return Vec::new();
    };
    let read = |reader: &mut Reader<'_>| Some(columns::read(reader));
    let earlier = trace.diagnostics.len();
    let columns = read_toml(id, file, "the file of columns", read, trace).unwrap_or_default();
    let is_sound = trace.diagnostics.len() == earlier;
    trace.columns = is_sound.then(|| columns.clone().into());
    columns
}

fn parse_file(id: FileId, file: &SourceFile, spec: &mut Spec, trace: &mut Trace) {
    match file.path.split('/').collect::<Vec<_>>().as_slice() {
        ["README.md" | "columns.toml"] | ["published", "read.toml"] => {}
        ["service.toml"] => {
            spec.service = read_toml(id, file, "the service", service::read, trace);
        }
        ["enums.toml"] => {
            let enums = read_toml(
                id,
                file,
                "the file of enums",
                |reader| Some(enums::read(reader)),
                trace,
            );
            spec.enums.extend(enums.unwrap_or_default());
        }
        ["actions", name] if is_toml(name) => {
            spec.actions
                .extend(read_toml(id, file, "an action", action::read, trace));
        }
        ["structs", name] if is_toml(name) => {
            spec.structs
                .extend(read_toml(id, file, "a struct", structure::read, trace));
        }
        ["renames.toml"] => {
            let read =
                |reader: &mut Reader<'_>| reader.table("structs", "a table of names", renames);
            let renames = read_toml(id, file, "the file of renames", read, trace);
            spec.renames = renames.unwrap_or_default();
        }
        ["rules.toml"] => {
            let rules = read_toml(
                id,
                file,
                "the file of rules",
                |reader| Some(rules::read(reader)),
                trace,
            );
            spec.rules.extend(rules.unwrap_or_default());
        }
        ["families.toml"] => {
            let read = |reader: &mut Reader<'_>| Some(task_family::read(reader));
            let tasks = read_toml(id, file, "the file of families", read, trace);
            spec.tasks = tasks.unwrap_or_default();
        }
        // Without the columns every key of a table would be a mistake.
        ["capabilities", name] if is_toml(name) && trace.columns.is_none() => {}
        ["capabilities", name] if is_toml(name) => {
            let name = Located::new(stem(name), Span::new(id, 0..0));
            let read = |reader: &mut Reader<'_>| Some(capability::read(name, reader));
            spec.families
                .extend(read_toml(id, file, "a capability table", read, trace));
        }
        ["examples", _, _] => spec.examples.push(id),
        ["published", name] if Path::new(name).extension() == Some("json".as_ref()) => {
            spec.published.push(id);
        }
        _ => trace.diagnostics.push(misplaced(&file.path)),
    }
}

fn renames(reader: &mut Reader<'_>) -> Vec<(Located<String>, Located<String>)> {
    let names = reader.keys();
    let pairs = names.into_iter().filter_map(|name| {
        let rust = reader.optional_text(&name.value)?;
        Some((name, rust))
    });
    pairs.collect()
}

fn read_toml<T>(
    id: FileId,
    file: &SourceFile,
    what: &'static str,
    read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    trace: &mut Trace,
) -> Option<T> {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    trace
        .diagnostics
        .extend(errors.iter().map(|error| syntax(id, error)));
    // The rest of a malformed file would only give rise to misleading mistakes.
    let result = errors.is_empty().then(|| {
        let mut reader = Reader::new(table.get_ref(), Span::new(id, 0..0), what, trace);
        let result = read(&mut reader);
        reader.finish();
        result
    });
    trace.lost |= !matches!(result, Some(Some(_)));
    result.flatten()
}

fn syntax(id: FileId, error: &toml::de::Error) -> Diagnostic {
    let span = Span::new(id, error.span().unwrap_or_default());
    Diagnostic::at(
        &span,
        "E0101",
        format!("not valid TOML: {}", error.message()),
    )
}

fn misplaced(path: &str) -> Diagnostic {
    Diagnostic::of(path, "E0107", "unexpected file in a specification")
        .help("see spec/README.md for the files of a specification")
}

fn stem(name: &str) -> String {
    name.trim_end_matches(".toml").to_owned()
}

fn is_toml(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "toml")
}

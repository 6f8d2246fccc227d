//! What each model of a family can do, as tables.

use std::collections::BTreeMap;

use super::{
    Located, Since, or_default,
    reader::{Form, Reader},
    structure::{read_days, read_since},
};
use crate::diagnostic::Span;

/// One thing that can be said of a model.
#[derive(Debug)]
pub struct Column {
    /// Its key.
    pub key: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// The column without which it says nothing.
    pub of: Option<&'static str>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Yes or no.
    Flag,
    /// One text.
    Text,
    /// A number.
    Number,
    /// Texts, or `false` for none.
    Texts,
    /// Ways to make a video: words out of a closed set.
    Modes,
    /// Whole numbers.
    Numbers,
    /// A list of whole numbers, or the least and the greatest.
    Durations,
    /// Named numbers, or `false` for none.
    Fields(&'static [&'static str]),
}

/// The ways to make a video that `aspect_ratio_modes` can name.
pub(super) const MODES: &[&str] = &["text", "reference-images"];

const RANGE: &[&str] = &["min", "max"];
const STORYBOARD: &[&str] = &["max_shots", "max_chars"];
const SIZE: &[&str] = &["min_side", "max_side", "min_pixels", "max_pixels"];

/// Every column, in the order in which people ask.
pub const COLUMNS: &[Column] = &[
    column_of("scenes", Holds::Texts, None),
    column_of("durations", Holds::Durations, None),
    column_of("durations_with_video", Holds::Durations, Some("durations")),
    column_of("doubtful_durations", Holds::Numbers, Some("durations")),
    column_of("duration_default", Holds::Number, Some("durations")),
    column_of("resolutions", Holds::Texts, None),
    column_of("doubtful_resolutions", Holds::Texts, Some("resolutions")),
    column_of("resolution_default", Holds::Text, Some("resolutions")),
    column_of("aspect_ratios", Holds::Texts, None),
    column_of(
        "doubtful_aspect_ratios",
        Holds::Texts,
        Some("aspect_ratios"),
    ),
    column_of("aspect_ratio_default", Holds::Text, Some("aspect_ratios")),
    column_of("aspect_ratio_modes", Holds::Modes, Some("aspect_ratios")),
    column_of("first_frame", Holds::Flag, None),
    column_of("last_frame", Holds::Flag, None),
    column_of("last_frame_resolution", Holds::Text, Some("last_frame")),
    column_of("last_frame_needs_first", Holds::Flag, Some("last_frame")),
    column_of("reference_images", Holds::Fields(RANGE), None),
    column_of(
        "reference_images_with_video",
        Holds::Fields(RANGE),
        Some("reference_images"),
    ),
    column_of(
        "reference_images_exclude_frames",
        Holds::Flag,
        Some("reference_images"),
    ),
    column_of("reference_types", Holds::Texts, Some("reference_images")),
    column_of("reference_video", Holds::Flag, None),
    column_of("reference_audio", Holds::Flag, None),
    column_of("audio", Holds::Flag, None),
    column_of("audio_default", Holds::Flag, Some("audio")),
    column_of("watermark", Holds::Flag, None),
    column_of("off_peak", Holds::Flag, None),
    column_of("subjects", Holds::Flag, None),
    column_of("prompt_chars", Holds::Number, None),
    column_of("storyboard", Holds::Fields(STORYBOARD), None),
    column_of("size", Holds::Fields(SIZE), None),
    column_of("parameters", Holds::Texts, None),
];

const fn column_of(key: &'static str, holds: Holds, of: Option<&'static str>) -> Column {
    Column { key, holds, of }
}

/// The column with this key.
#[must_use]
pub fn column(key: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.key == key)
}

/// What stands in a column.
#[derive(Clone, Debug)]
pub enum Cell {
    /// There is none.
    None,
    /// Yes or no.
    Flag(bool),
    /// One text.
    Text(String),
    /// A number.
    Number(u32),
    /// Texts.
    Texts(Vec<Located<String>>),
    /// Whole numbers.
    Numbers(Vec<Located<i64>>),
    /// Named numbers.
    Fields(Vec<(&'static str, Located<u32>)>),
}

/// What stands in the columns of one row.
pub type Cells = BTreeMap<&'static str, Located<Cell>>;

/// The models of one kind of work, from a file of its own.
#[derive(Debug)]
pub struct Family {
    /// Its name, which is that of the file.
    pub name: Located<String>,
    /// Where what holds for every model comes from.
    pub source: String,
    /// Whether a video to edit excludes frames, whatever the model.
    pub base_video_excludes_frames: bool,
    /// Its models.
    pub models: Vec<Model>,
}

/// A model.
#[derive(Debug)]
pub struct Model {
    /// Its name on the wire.
    pub name: Located<String>,
    /// What is known of every version.
    pub facts: Row,
    /// Its versions.
    pub versions: Vec<Version>,
}

/// A version of a model.
#[derive(Debug)]
pub struct Version {
    /// Its name on the wire.
    pub name: Located<String>,
    /// What is known of it in particular.
    pub facts: Row,
}

/// What is known of a model or version.
#[derive(Debug)]
pub struct Row {
    /// Since when each site has it.
    pub since: Since,
    /// Since when each site has it no more.
    pub until: Since,
    /// Where the facts come from.
    pub source: Option<String>,
    /// Where the fact of one column comes from, if not from there.
    pub sources: Vec<(Located<&'static str>, String)>,
    /// Columns of which a breach is only a warning.
    pub warn_only: Vec<Located<&'static str>>,
    /// The facts.
    pub cells: Cells,
}

impl Model {
    /// The facts of a version: its own, and those of the model where it has none.
    #[must_use]
    pub fn cells<'m>(&'m self, version: &'m Version) -> BTreeMap<&'static str, &'m Located<Cell>> {
        let all = self.facts.cells.iter().chain(&version.facts.cells);
        all.map(|(key, cell)| (*key, cell)).collect()
    }
}

pub(super) fn read(name: Located<String>, reader: &mut Reader<'_>) -> Family {
    let source = reader.text("source");
    let excludes = reader.flag("base_video_excludes_frames");
    let models = reader.tables("model", "a model", read_model);
    Family {
        name,
        source: or_default(source),
        base_video_excludes_frames: excludes.is_some_and(|flag| flag.value),
        models,
    }
}

fn read_model(reader: &mut Reader<'_>) -> Option<Model> {
    let name = reader.text("name");
    reader.need("source");
    let facts = read_row(reader);
    let versions = reader.tables("version", "a version of a model", read_version);
    Some(Model {
        name: name?,
        facts,
        versions,
    })
}

fn read_version(reader: &mut Reader<'_>) -> Option<Version> {
    let name = reader.text("name");
    let facts = read_row(reader);
    Some(Version { name: name?, facts })
}

fn read_row(reader: &mut Reader<'_>) -> Row {
    let until = reader.table("until", "`until`", read_days);
    Row {
        since: read_since(reader),
        until: until.unwrap_or_default(),
        source: reader.optional_text("source").map(|source| source.value),
        sources: reader
            .table("sources", "`sources`", read_sources)
            .unwrap_or_default(),
        warn_only: reader.columns("warn_only"),
        cells: read_cells(reader),
    }
}

fn read_sources(reader: &mut Reader<'_>) -> Vec<(Located<&'static str>, String)> {
    let mut found = Vec::new();
    for column in COLUMNS {
        if let Some(source) = reader.optional_text(column.key) {
            found.push((Located::new(column.key, source.span), source.value));
        }
    }
    found
}

fn read_cells(reader: &mut Reader<'_>) -> Cells {
    let mut cells = Cells::new();
    for column in COLUMNS {
        if let Some(form) = reader.form(column.key)
            && let Some(cell) = read_cell(column, form.value, reader)
        {
            cells.insert(column.key, Located::new(cell, form.span));
        }
    }
    cells
}

fn read_cell(column: &Column, form: Form, reader: &mut Reader<'_>) -> Option<Cell> {
    let key = column.key;
    match (column.holds, form) {
        (Holds::Texts | Holds::Fields(_), Form::False) => Some(Cell::None),
        (Holds::Flag, _) => reader.flag(key).map(|flag| Cell::Flag(flag.value)),
        (Holds::Text, _) => reader.optional_text(key).map(|text| Cell::Text(text.value)),
        (Holds::Number, _) => reader.count(key).map(|count| Cell::Number(count.value)),
        (Holds::Texts, _) => reader.optional_texts(key).map(Cell::Texts),
        (Holds::Modes, _) => {
            let modes = reader.words(key, MODES).into_iter();
            let owned = modes.map(|mode| Located::new(mode.value.to_owned(), mode.span));
            Some(Cell::Texts(owned.collect()))
        }
        (Holds::Durations, Form::Table) => fields(key, RANGE, reader),
        (Holds::Numbers | Holds::Durations, _) => reader.integers(key).map(Cell::Numbers),
        (Holds::Fields(names), _) => fields(key, names, reader),
    }
}

fn fields(
    key: &'static str,
    names: &'static [&'static str],
    reader: &mut Reader<'_>,
) -> Option<Cell> {
    let read = |inner: &mut Reader<'_>| {
        let field = |name: &&'static str| Some((*name, inner.count(name)?));
        names.iter().filter_map(field).collect()
    };
    reader
        .table(key, "a group of numbers", read)
        .map(Cell::Fields)
}

/// Keys that name columns.
impl Reader<'_> {
    pub(super) fn optional_column(&mut self, key: &'static str) -> Option<Located<&'static str>> {
        let name = self.optional_text(key)?;
        self.known_column(key, &name)
    }

    fn columns(&mut self, key: &'static str) -> Vec<Located<&'static str>> {
        let names = self.texts(key);
        let known = names.iter().filter_map(|name| self.known_column(key, name));
        known.collect()
    }

    fn known_column(&mut self, key: &str, name: &Located<String>) -> Option<Located<&'static str>> {
        let keys: Vec<&'static str> = COLUMNS.iter().map(|column| column.key).collect();
        self.among(key, name, &keys)
    }
}

/// Where the value of a field stands.
#[must_use]
pub fn field<'f>(
    fields: &'f [(&'static str, Located<u32>)],
    name: &str,
) -> Option<(u32, &'f Span)> {
    let found = fields.iter().find(|(key, _)| *key == name);
    found.map(|(_, number)| (number.value, &number.span))
}

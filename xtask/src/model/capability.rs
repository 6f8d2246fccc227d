//! Capability tables, from files in `capabilities/`.

use std::collections::BTreeMap;

use super::{
    Column, ColumnType, Located, Since,
    columns::{MODES, RANGE},
    or_default,
    reader::{Form, Reader},
    structure::{read_days, read_since},
};
use crate::diagnostic::Span;

/// The value of a cell.
#[derive(Clone, Debug)]
pub enum Cell {
    /// `false`: a document denies it.
    None,
    /// `true` or `false`.
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

/// The cells of one row, by column.
pub type Cells = BTreeMap<String, Located<Cell>>;

/// The models of one family, from a file in `capabilities/`.
#[derive(Debug)]
pub struct Family {
    /// Name, which is that of the file.
    pub name: Located<String>,
    /// Source of the facts that are true for every model.
    pub source: String,
    /// True if a video to edit excludes frames for every model.
    pub base_video_excludes_frames: bool,
    /// Sites whose description lists the models.
    pub listed_on: Vec<Located<String>>,
    /// Its models.
    pub models: Vec<Model>,
}

/// A model.
#[derive(Debug)]
pub struct Model {
    /// Name as it is sent.
    pub name: Located<String>,
    /// Facts about every version.
    pub facts: Row,
    /// Its versions.
    pub versions: Vec<Version>,
}

/// A version of a model.
#[derive(Debug)]
pub struct Version {
    /// Name as it is sent.
    pub name: Located<String>,
    /// Facts about this version.
    pub facts: Row,
}

/// The facts about a model or a version.
#[derive(Debug)]
pub struct Row {
    /// Sites and days of its release.
    pub since: Since,
    /// Sites and days of its withdrawal.
    pub until: Since,
    /// Source of the facts.
    pub source: Option<String>,
    /// Sources of single facts, where they differ.
    pub sources: Vec<(Located<String>, String)>,
    /// Columns whose breach is only a warning.
    pub warn_only: Vec<Located<String>>,
    /// The facts.
    pub cells: Cells,
    /// Facts of single sites.
    pub sites: Vec<SiteRow>,
}

/// The facts about a model or a version that differ on a site.
#[derive(Debug)]
pub struct SiteRow {
    /// The site.
    pub site: Located<String>,
    /// Source of the facts.
    pub source: Option<String>,
    /// Columns whose breach is only a warning there.
    pub warn_only: Vec<Located<String>>,
    /// The facts.
    pub cells: Cells,
}

impl Row {
    /// Returns the facts of a site, if it has any of its own.
    #[must_use]
    pub fn on(&self, site: &str) -> Option<&SiteRow> {
        self.sites.iter().find(|facts| facts.site.value == site)
    }
}

impl Model {
    /// Returns the cells of a version: its own, and by default those of the model.
    ///
    /// On a site, those of the site come before those of all sites, but what a version states comes
    /// before everything that its model states.
    #[must_use]
    pub fn cells<'m>(
        &'m self,
        version: Option<&'m Version>,
        site: Option<&str>,
    ) -> BTreeMap<&'m str, &'m Located<Cell>> {
        let rows = [Some(&self.facts), version.map(|version| &version.facts)];
        let cells = rows.into_iter().flatten().flat_map(|row| {
            let own = site.and_then(|site| row.on(site));
            row.cells
                .iter()
                .chain(own.into_iter().flat_map(|own| &own.cells))
        });
        cells.map(|(key, cell)| (&**key, cell)).collect()
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
        listed_on: reader.texts("listed_on"),
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
        warn_only: reader.column_names("warn_only"),
        cells: read_cells(reader),
        sites: reader.tables("site", "the facts of a site", read_site),
    }
}

fn read_site(reader: &mut Reader<'_>) -> Option<SiteRow> {
    let site = reader.text("name");
    Some(SiteRow {
        source: reader.optional_text("source").map(|source| source.value),
        warn_only: reader.column_names("warn_only"),
        cells: read_cells(reader),
        site: site?,
    })
}

fn read_sources(reader: &mut Reader<'_>) -> Vec<(Located<String>, String)> {
    let mut found = Vec::new();
    for column in &*reader.columns() {
        let key = &column.key.value;
        if let Some(source) = reader.optional_text(key) {
            found.push((Located::new(key.clone(), source.span), source.value));
        }
    }
    found
}

fn read_cells(reader: &mut Reader<'_>) -> Cells {
    let mut cells = Cells::new();
    for column in &*reader.columns() {
        let key = &column.key.value;
        if let Some(form) = reader.form(key)
            && let Some(cell) = read_cell(column, form.value, reader)
        {
            cells.insert(key.clone(), Located::new(cell, form.span));
        }
    }
    cells
}

fn read_cell(column: &Column, form: Form, reader: &mut Reader<'_>) -> Option<Cell> {
    let key = &*column.key.value;
    match (column.ty, form) {
        (ColumnType::Texts | ColumnType::Group(_), Form::False) => Some(Cell::None),
        (ColumnType::Flag, _) => reader.flag(key).map(|flag| Cell::Flag(flag.value)),
        (ColumnType::Text, _) => reader.optional_text(key).map(|text| Cell::Text(text.value)),
        (ColumnType::Number, _) => reader.count(key).map(|count| Cell::Number(count.value)),
        (ColumnType::Texts, _) => reader.optional_texts(key).map(Cell::Texts),
        (ColumnType::Modes, _) => {
            let modes = reader.words(key, MODES).into_iter();
            let owned = modes.map(|mode| Located::new(mode.value.to_owned(), mode.span));
            Some(Cell::Texts(owned.collect()))
        }
        (ColumnType::Durations, Form::Table) => fields(key, RANGE, reader),
        (ColumnType::Numbers | ColumnType::Durations, _) => reader.integers(key).map(Cell::Numbers),
        (ColumnType::Group(group), _) => fields(key, group.fields, reader),
    }
}

fn fields(key: &str, names: &'static [&'static str], reader: &mut Reader<'_>) -> Option<Cell> {
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
    pub(super) fn optional_column(&mut self, key: &str) -> Option<Located<String>> {
        let name = self.optional_text(key)?;
        self.known_column(key, name)
    }

    fn column_names(&mut self, key: &str) -> Vec<Located<String>> {
        let names = self.texts(key).into_iter();
        names
            .filter_map(|name| self.known_column(key, name))
            .collect()
    }
}

/// Returns the value of a field and its place.
#[must_use]
pub fn field<'f>(
    fields: &'f [(&'static str, Located<u32>)],
    name: &str,
) -> Option<(u32, &'f Span)> {
    let found = fields.iter().find(|(key, _)| *key == name);
    found.map(|(_, number)| (number.value, &number.span))
}

//! What each model can do: one row for each version, with all that it takes over from its model.

use super::Since;
use crate::model::{self, ColumnType, Located};

/// A column of the capability tables.
#[derive(Debug)]
pub struct Column {
    /// The key in a row and in JSON.
    pub key: String,
    /// The type of its values.
    pub ty: ColumnType,
    /// The column that a row must have as well.
    pub of: Option<String>,
    /// A noun phrase that describes it.
    pub doc: String,
    /// The value that an accessor returns, as the rest of a sentence that begins with "Returns".
    pub returns: String,
}

/// The models of one kind of work.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// File it comes from, below the specification.
    pub origin: String,
    /// Where what holds for every model comes from.
    pub source: String,
    /// Whether a video to edit excludes frames, whatever the model.
    pub base_video_excludes_frames: bool,
    /// Its models, in the order of the documentation.
    pub models: Vec<Model>,
}

/// A model.
#[derive(Debug)]
pub struct Model {
    /// Its name on the wire.
    pub name: String,
    /// Its versions; a single row without one if none is known.
    pub rows: Vec<Row>,
}

/// A version of a model.
#[derive(Debug)]
pub struct Row {
    /// Its name on the wire.
    pub version: Option<String>,
    /// Since when each site has it.
    pub since: Since,
    /// Since when each site has it no more.
    pub until: Since,
    /// Where its facts come from.
    pub source: String,
    /// Where the fact of one column comes from, if not from there.
    pub sources: Vec<(String, String)>,
    /// Columns of which a breach is only a warning.
    pub warn_only: Vec<String>,
    /// What is stated, in the order of the columns.
    pub cells: Vec<(String, Cell)>,
}

/// What stands in a column.
#[derive(Debug)]
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
    Texts(Vec<String>),
    /// Whole numbers.
    Numbers(Vec<i64>),
    /// Named numbers.
    Fields(Vec<(&'static str, u32)>),
}

pub(super) fn column(column: &model::Column) -> Column {
    Column {
        key: column.key.value.clone(),
        ty: column.ty,
        of: column.of.as_ref().map(|of| of.value.clone()),
        doc: column.doc.clone(),
        returns: column.returns.clone(),
    }
}

pub(super) fn family(family: &model::Family, columns: &[model::Column], origin: String) -> Family {
    Family {
        name: family.name.value.clone(),
        origin,
        source: family.source.clone(),
        base_video_excludes_frames: family.base_video_excludes_frames,
        models: family.models.iter().map(|it| model(it, columns)).collect(),
    }
}

fn model(model: &model::Model, columns: &[model::Column]) -> Model {
    let mut rows: Vec<Row> = model
        .versions
        .iter()
        .map(|version| row(&model.facts, Some(version), columns))
        .collect();
    if rows.is_empty() {
        rows.push(row(&model.facts, None, columns));
    }
    Model {
        name: model.name.value.clone(),
        rows,
    }
}

fn row(common: &model::Row, version: Option<&model::Version>, columns: &[model::Column]) -> Row {
    let own = version.map(|version| &version.facts);
    let days = |of: fn(&model::Row) -> &model::Since| {
        let own = own.map(of).filter(|days| !days.is_empty());
        super::since(own.unwrap_or_else(|| of(common)))
    };
    let source = own.and_then(|own| own.source.as_ref());
    Row {
        version: version.map(|version| version.name.value.clone()),
        since: days(|facts| &facts.since),
        until: days(|facts| &facts.until),
        source: source
            .or(common.source.as_ref())
            .cloned()
            .unwrap_or_default(),
        sources: in_order(columns, |key| {
            Some((key.to_owned(), source_of(key, common, own)?.clone()))
        }),
        warn_only: in_order(columns, |key| {
            let mut all = own.into_iter().chain([common]);
            let weak = |facts: &model::Row| facts.warn_only.iter().any(|weak| weak.value == key);
            all.any(weak).then(|| key.to_owned())
        }),
        cells: in_order(columns, |key| {
            let cell = own.and_then(|own| own.cells.get(key));
            let cell = cell.or_else(|| common.cells.get(key))?;
            Some((key.to_owned(), self::cell(&cell.value)))
        }),
    }
}

/// Where the fact of a column comes from, if not from where the others of the row do.
fn source_of<'s>(
    key: &str,
    common: &'s model::Row,
    own: Option<&'s model::Row>,
) -> Option<&'s String> {
    let stated = |facts: &'s model::Row| {
        let found = facts.sources.iter().find(|(column, _)| column.value == key);
        found.map(|(_, source)| source)
    };
    let moved = own.filter(|own| own.source.is_some() && !own.cells.contains_key(key));
    let inherited = moved.and(common.source.as_ref());
    let inherited = inherited.filter(|_| common.cells.contains_key(key));
    own.and_then(stated)
        .or_else(|| stated(common))
        .or(inherited)
}

fn in_order<T>(columns: &[model::Column], each: impl Fn(&str) -> Option<T>) -> Vec<T> {
    columns
        .iter()
        .filter_map(|column| each(&column.key.value))
        .collect()
}

fn cell(cell: &model::Cell) -> Cell {
    match cell {
        model::Cell::None => Cell::None,
        model::Cell::Flag(flag) => Cell::Flag(*flag),
        model::Cell::Text(text) => Cell::Text(text.clone()),
        model::Cell::Number(number) => Cell::Number(*number),
        model::Cell::Texts(texts) => Cell::Texts(values(texts)),
        model::Cell::Numbers(numbers) => Cell::Numbers(values(numbers)),
        model::Cell::Fields(fields) => {
            let plain = fields.iter().map(|(name, number)| (*name, number.value));
            Cell::Fields(plain.collect())
        }
    }
}

fn values<T: Clone>(located: &[Located<T>]) -> Vec<T> {
    located.iter().map(|item| item.value.clone()).collect()
}

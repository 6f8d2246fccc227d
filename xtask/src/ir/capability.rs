//! Capability tables: one row for each version, including the facts of its model.

use std::collections::BTreeSet;

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

/// The models of one family, for example video.
#[derive(Debug)]
pub struct Family {
    /// Name.
    pub name: String,
    /// Path of its file below the specification.
    pub origin: String,
    /// Source of the facts that are true for every model.
    pub source: String,
    /// True if a video to edit excludes frames for every model.
    pub base_video_excludes_frames: bool,
    /// Sites whose description lists the models.
    pub listed_on: Vec<String>,
    /// Its models, in the order of the documentation.
    pub models: Vec<Model>,
}

/// A model.
#[derive(Debug)]
pub struct Model {
    /// Name as it is sent.
    pub name: String,
    /// Versions; a single row without a name if no document names one.
    pub rows: Vec<Row>,
}

/// A version of a model.
#[derive(Debug)]
pub struct Row {
    /// Name as it is sent.
    pub version: Option<String>,
    /// Sites and days of its release.
    pub since: Since,
    /// Sites and days of its withdrawal.
    pub until: Since,
    /// Source of its facts.
    pub source: String,
    /// Sources of single facts, where they differ.
    pub sources: Vec<(String, String)>,
    /// Columns whose breach is only a warning.
    pub warn_only: Vec<String>,
    /// Facts in the order of the columns.
    pub cells: Vec<(String, Cell)>,
    /// The whole row of each site with facts of its own, sorted by site.
    pub sites: Vec<(String, Row)>,
}

/// The value of a cell.
#[derive(Debug)]
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
        listed_on: values(&family.listed_on),
        models: family.models.iter().map(|it| model(it, columns)).collect(),
    }
}

fn model(model: &model::Model, columns: &[model::Column]) -> Model {
    let mut rows: Vec<Row> = model
        .versions
        .iter()
        .map(|version| row(model, Some(version), columns))
        .collect();
    if rows.is_empty() {
        rows.push(row(model, None, columns));
    }
    Model {
        name: model.name.value.clone(),
        rows,
    }
}

/// Returns the row of a version, with those of single sites.
fn row(model: &model::Model, version: Option<&model::Version>, columns: &[model::Column]) -> Row {
    let facts = [Some(&model.facts), version.map(|version| &version.facts)];
    let facts = facts.into_iter().flatten();
    let sites: BTreeSet<&str> = facts
        .flat_map(|facts| &facts.sites)
        .map(|own| &*own.site.value)
        .collect();
    let own = sites.into_iter().map(|site| {
        let row = row_on(model, version, Some(site), columns);
        (site.to_owned(), row)
    });
    Row {
        sites: own.collect(),
        ..row_on(model, version, None, columns)
    }
}

fn row_on<'m>(
    model: &'m model::Model,
    version: Option<&'m model::Version>,
    site: Option<&str>,
    columns: &[model::Column],
) -> Row {
    let common = &model.facts;
    let own = version.map(|version| &version.facts);
    let days = |of: fn(&model::Row) -> &model::Since| {
        let own = own.map(of).filter(|days| !days.is_empty());
        super::since(own.unwrap_or_else(|| of(common)))
    };
    let source = own.and_then(|own| own.source.as_ref());
    let cells = model.cells(version, site);
    // The facts of the site that state a column. What the version states for all sites comes before
    // what its model states for one.
    let on_site = |key: &str| {
        let of = |facts: &'m model::Row| {
            let own = facts.on(site?);
            own.filter(|own| own.cells.contains_key(key))
        };
        match own.and_then(of) {
            None if own.is_some_and(|own| own.cells.contains_key(key)) => None,
            None => of(common),
            found => found,
        }
    };
    Row {
        version: version.map(|version| version.name.value.clone()),
        since: days(|facts| &facts.since),
        until: days(|facts| &facts.until),
        source: source
            .or(common.source.as_ref())
            .cloned()
            .unwrap_or_default(),
        sources: in_order(columns, |key| {
            let source = match on_site(key) {
                Some(own) => own.source.as_ref(),
                None => source_of(key, common, own),
            };
            Some((key.to_owned(), source?.clone()))
        }),
        warn_only: in_order(columns, |key| {
            let is_weak = |names: &[Located<String>]| names.iter().any(|weak| weak.value == key);
            let mut all = own.into_iter().chain([common]);
            on_site(key)
                .map_or_else(
                    || all.any(|facts| is_weak(&facts.warn_only)),
                    |own| is_weak(&own.warn_only),
                )
                .then(|| key.to_owned())
        }),
        cells: in_order(columns, |key| {
            Some((key.to_owned(), cell(&cells.get(key)?.value)))
        }),
        sites: Vec::new(),
    }
}

/// Returns the source of one fact, if it differs from that of the row.
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

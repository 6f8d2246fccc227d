//! The capability tables as Rust has them.

use heck::{ToShoutySnakeCase, ToUpperCamelCase};

use super::{names, service};
use crate::{
    ir::{self, Cell, Since},
    model::ColumnType,
};

/// A capability table as Rust has it.
#[derive(Debug)]
pub struct Family {
    /// Name of the constant.
    pub constant: String,
    /// Name of the function that returns it.
    pub function: String,
    /// Name of the family.
    pub name: String,
    /// Source of the facts that are true for every model.
    pub source: String,
    /// True if a video to edit excludes frames for every model.
    pub base_video_excludes_frames: bool,
    /// Variants of `Site` whose description lists the models.
    pub listed_on: Vec<String>,
    /// Its models.
    pub models: Vec<Model>,
}

/// A model and its rows.
#[derive(Debug)]
pub struct Model {
    /// Name as it is sent.
    pub name: String,
    /// Its versions.
    pub rows: Vec<Row>,
}

/// One version of a model.
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
    /// Variants of `Column` with the sources of these facts.
    pub sources: Vec<(String, String)>,
    /// Variants of `Column` whose breach is only a warning.
    pub warn_only: Vec<String>,
    /// Fields with their values.
    pub fields: Vec<(String, Value)>,
    /// Variants of `Site` with the rows of sites that have facts of their own.
    pub sites: Vec<(String, Row)>,
}

/// The value of a field of a row.
#[derive(Debug)]
pub enum Value {
    /// `bool`.
    Flag(bool),
    /// `&str`.
    Text(String),
    /// `i64`.
    Number(i64),
    /// `&[&str]`.
    Texts(Vec<String>),
    /// `&[i64]`.
    Numbers(Vec<i64>),
    /// Variants of an enum.
    Variants(&'static str, Vec<String>),
    /// `Durations::Set`.
    Set(Vec<i64>),
    /// `Durations::Range`.
    Range(i64, i64),
    /// A struct with this name and whole numbers as fields.
    Struct(&'static str, Vec<(&'static str, i64)>, UnstatedFields),
    /// The constant `NONE` of the struct with this name.
    Nothing(&'static str),
}

/// The fields of a struct that are not stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnstatedFields {
    /// All fields are stated.
    None,
    /// The others have no limit, as in the constant `OPEN`.
    Open,
}

/// Returns the name of the constant with the table of a family.
pub(super) fn constant(family: &str) -> String {
    family.to_shouty_snake_case()
}

/// A column with the name of its field.
type NamedColumn<'a> = (&'a ir::Column, String);

pub(super) fn family(family: &ir::Family, columns: &[ir::Column]) -> Family {
    let columns = columns
        .iter()
        .map(|column| (column, names::snake(&column.key)));
    let columns: Vec<NamedColumn<'_>> = columns.collect();
    Family {
        constant: constant(&family.name),
        function: names::snake(&family.name),
        name: family.name.clone(),
        source: family.source.clone(),
        base_video_excludes_frames: family.base_video_excludes_frames,
        listed_on: family
            .listed_on
            .iter()
            .map(|site| service::variant(site))
            .collect(),
        models: family.models.iter().map(|it| model(it, &columns)).collect(),
    }
}

fn model(model: &ir::Model, columns: &[NamedColumn<'_>]) -> Model {
    Model {
        name: model.name.clone(),
        rows: model.rows.iter().map(|it| row(it, columns)).collect(),
    }
}

fn row(row: &ir::Row, columns: &[NamedColumn<'_>]) -> Row {
    let source = |(key, source): &(String, String)| (key.to_upper_camel_case(), source.clone());
    let field = |(key, cell): &(String, Cell)| {
        let (column, field) = columns.iter().find(|(column, _)| column.key == *key)?;
        Some((field.clone(), value(column.ty, cell)))
    };
    Row {
        version: row.version.clone(),
        since: row.since.clone(),
        until: row.until.clone(),
        source: row.source.clone(),
        sources: row.sources.iter().map(source).collect(),
        warn_only: row
            .warn_only
            .iter()
            .map(|key| key.to_upper_camel_case())
            .collect(),
        fields: row.cells.iter().filter_map(field).collect(),
        sites: row
            .sites
            .iter()
            .map(|(site, row)| (service::variant(site), self::row(row, columns)))
            .collect(),
    }
}

fn value(ty: ColumnType, cell: &Cell) -> Value {
    match (cell, ty) {
        (Cell::Flag(flag), _) => Value::Flag(*flag),
        (Cell::Text(text), _) => Value::Text(text.clone()),
        (Cell::Number(number), _) => Value::Number((*number).into()),
        (Cell::Texts(modes), ColumnType::Modes) => {
            let variants = modes.iter().map(|mode| mode.to_upper_camel_case());
            Value::Variants("Mode", variants.collect())
        }
        (Cell::Texts(texts), _) => Value::Texts(texts.clone()),
        (Cell::Numbers(numbers), ColumnType::Durations) => Value::Set(numbers.clone()),
        (Cell::Numbers(numbers), _) => Value::Numbers(numbers.clone()),
        (Cell::Fields(fields), ColumnType::Durations) => {
            let end = |name| fields.iter().find(|(key, _)| *key == name);
            let end = |name, none| end(name).map_or(none, |(_, number)| i64::from(*number));
            Value::Range(end("min", 1), end("max", i64::MAX))
        }
        (Cell::Fields(fields), ColumnType::Group(group)) => {
            let rest = if fields.len() < group.fields.len() {
                UnstatedFields::Open
            } else {
                UnstatedFields::None
            };
            let wide = fields
                .iter()
                .map(|(name, number)| (*name, i64::from(*number)));
            Value::Struct(group.rust, wide.collect(), rest)
        }
        (Cell::None, ColumnType::Group(group)) => Value::Nothing(group.rust),
        (Cell::None | Cell::Fields(_), _) => Value::Texts(Vec::new()),
    }
}

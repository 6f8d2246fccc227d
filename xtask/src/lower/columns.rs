//! The columns of the capability tables as Rust has them.

use heck::ToUpperCamelCase;

use super::names;
use crate::{ir, model::ColumnType};

/// A column of the capability tables.
#[derive(Debug)]
pub struct Column {
    /// The key in a row and in JSON.
    pub key: String,
    /// The variant of `Column`.
    pub variant: String,
    /// The field and the accessor of `Row`.
    pub field: String,
    /// The type of its values.
    pub ty: ColumnType,
    /// Documentation of the variant, line by line.
    pub doc: Vec<String>,
    /// Documentation of the accessor, line by line.
    pub accessor_doc: Vec<String>,
}

pub(super) fn lower(column: &ir::Column) -> Column {
    Column {
        key: column.key.clone(),
        variant: column.key.to_upper_camel_case(),
        field: names::snake(&column.key),
        ty: column.ty,
        doc: vec![column.doc.clone()],
        accessor_doc: vec![
            format!("Returns {}.", column.returns),
            String::new(),
            "Returns `None` if no document says.".to_owned(),
        ],
    }
}

/// Returns the hand-written types that the fields of a row need.
pub(super) fn types(columns: &[ir::Column]) -> Vec<&'static str> {
    columns
        .iter()
        .filter_map(|column| rust(column.ty))
        .collect()
}

const fn rust(ty: ColumnType) -> Option<&'static str> {
    match ty {
        ColumnType::Modes => Some("Mode"),
        ColumnType::Durations => Some("Durations"),
        ColumnType::Group(group) => Some(group.rust),
        _ => None,
    }
}

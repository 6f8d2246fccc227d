//! Templates of the generated code, one function each. They make no decisions except about layout, in `layout` and
//! `print`.

mod action;
mod capability;
mod catalog;
mod checks;
mod columns;
mod command;
mod common;
mod enums;
mod example;
mod layout;
mod model_names;
mod print;
mod rules;
mod schema;
mod serde;
mod service;
mod structure;
mod task_family;
mod task_results;

use crate::lower::{File, Item};

/// Returns the text of a generated file.
///
/// # Errors
/// Returns the syntax error if the generated code is not Rust, which is a bug of a template.
pub fn emit(file: &File<'_>) -> Result<String, syn::Error> {
    let mut parts = vec![print::header(file.origin)];
    if !file.uses.is_empty() {
        parts.push(print::uses(&file.uses));
    }
    for item in &file.items {
        parts.extend(texts(item)?);
    }
    Ok(parts.join("\n"))
}

/// Returns the texts of an item's parts, without blank lines between them.
fn texts(item: &Item) -> Result<Vec<String>, syn::Error> {
    let tokens = match item {
        Item::Struct(structure) => return structure::emit(structure),
        Item::Action(action) => vec![action::emit(action)],
        Item::Enum(set) => enums::emit(set),
        Item::Service(service) => service::emit(service),
        Item::Catalog(catalog) => catalog::emit(catalog),
        Item::Columns(columns) => columns::emit(columns),
        Item::ModelNames(names) => model_names::emit(names),
        Item::Families(families) => vec![capability::families(families)],
        Item::Family(family) => return capability::family(family),
        Item::TaskFamilies(families) => task_family::models(families),
        Item::Commands(commands) => command::emit(commands),
        Item::Facade(families) => task_family::facade(families),
        Item::Rules(rules) => rules::emit(rules),
        Item::Modules(modules) => catalog::modules(modules),
    };
    tokens.into_iter().map(print::item).collect()
}

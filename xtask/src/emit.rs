//! Templates of the generated code, one function each. They make no decisions.

mod action;
mod capability;
mod catalog;
mod checks;
mod columns;
mod command;
mod common;
mod enums;
mod example;
mod model_names;
mod print;
mod rules;
mod serde;
mod service;
mod structure;
mod task_family;
mod task_results;

use proc_macro2::TokenStream;

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
    for tokens in items(file)? {
        parts.push(print::item(tokens)?);
    }
    Ok(parts.join("\n"))
}

fn items(file: &File<'_>) -> Result<Vec<TokenStream>, syn::Error> {
    let mut all = Vec::new();
    for item in &file.items {
        match item {
            Item::Struct(structure) => all.extend(structure::emit(structure)?),
            Item::Action(action) => all.push(action::emit(action)),
            Item::Enum(set) => all.extend(enums::emit(set)),
            Item::Service(service) => all.extend(service::emit(service)),
            Item::Catalog(catalog) => all.extend(catalog::emit(catalog)),
            Item::Columns(columns) => all.extend(columns::emit(columns)),
            Item::ModelNames(names) => all.extend(model_names::emit(names)),
            Item::Families(families) => all.push(capability::families(families)),
            Item::Family(family) => all.extend(capability::family(family)),
            Item::TaskFamilies(families) => all.extend(task_family::models(families)),
            Item::Commands(commands) => all.extend(command::emit(commands)),
            Item::Facade(families) => all.extend(task_family::facade(families)),
            Item::Rules(rules) => all.extend(rules::emit(rules)),
            Item::Modules(modules) => all.extend(catalog::modules(modules)),
        }
    }
    Ok(all)
}

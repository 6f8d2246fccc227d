//! Constants with the names of models and versions.

use std::collections::BTreeMap;

use heck::ToShoutySnakeCase;

use super::names;
use crate::{diagnostic::Diagnostic, ir::Family};

/// The names in one capability table.
#[derive(Debug)]
pub struct ModelNames {
    /// Name of the table, which is the name of the module.
    pub module: String,
    /// Its models.
    pub models: Vec<NamedModel>,
}

/// The names of a model and its versions.
#[derive(Debug)]
pub struct NamedModel {
    /// Name of the constant.
    pub constant: String,
    /// Name of the module with its versions.
    pub module: String,
    /// Name as it is sent.
    pub name: String,
    /// Constants of the versions, with the names as they are sent.
    pub versions: Vec<(String, String)>,
}

pub(super) fn lower(family: &Family) -> ModelNames {
    let models = family.models.iter().map(|model| NamedModel {
        constant: constant(&model.name),
        module: names::snake(&constant(&model.name)),
        name: model.name.clone(),
        versions: versions(model),
    });
    ModelNames {
        module: names::snake(&family.name),
        models: models.collect(),
    }
}

fn versions(model: &crate::ir::Model) -> Vec<(String, String)> {
    let versions = model.rows.iter().filter_map(|row| row.version.as_ref());
    versions
        .map(|name| (constant(name), name.clone()))
        .collect()
}

/// Returns the name of a constant: for example, `V3_0_OMNI` for `3.0-Omni`.
fn constant(name: &str) -> String {
    let words = name.to_shouty_snake_case();
    if words.starts_with(|c: char| c.is_ascii_digit()) {
        format!("V{words}")
    } else {
        words
    }
}

/// Returns a mistake for each table in which two names would be one constant, or a name would be
/// none.
pub(super) fn collisions(family: &Family) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let lowered = lower(family);
    let models = lowered.models.iter().map(|it| (&it.constant, &it.name));
    one_scope(family, models, &mut out);
    for model in &lowered.models {
        let versions = model
            .versions
            .iter()
            .map(|(constant, name)| (constant, name));
        one_scope(family, versions, &mut out);
    }
    out
}

fn one_scope<'n>(
    family: &Family,
    names: impl Iterator<Item = (&'n String, &'n String)>,
    out: &mut Vec<Diagnostic>,
) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let path = &*family.origin;
    for (constant, name) in names {
        let is_name = constant
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_');
        if constant.is_empty() || !is_name {
            let title = format!("`{name}` cannot become a Rust name");
            out.push(Diagnostic::of(path, "E0503", title));
        }
        match first.insert(constant, name) {
            Some(earlier) if earlier != name => {
                let title = format!(
                    "two names of the API become the same constant `{constant}`: `{earlier}` and `{name}`"
                );
                out.push(Diagnostic::of(path, "E0501", title));
            }
            _ => {}
        }
    }
}

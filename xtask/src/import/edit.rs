//! Applies the steps of a plan to the text of files. Comments, order and blank lines are kept.

use std::collections::BTreeMap;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::plan::Step;
use crate::{failure::Failure, model::Sources};

/// Returns the files that differ after the steps, by their path below the specification.
pub(super) fn apply(
    steps: &BTreeMap<String, Vec<Step>>,
    sources: &Sources,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut files = BTreeMap::new();
    for (path, steps) in steps {
        let before = sources.iter().find(|(_, file)| file.path == *path);
        let before = before.map(|(_, file)| &*file.text);
        let text = edited(before, steps)
            .map_err(|error| Failure::new(format!("error: spec/{path}: {error}")))?;
        if before != Some(&*text) {
            files.insert(path.clone(), text);
        }
    }
    Ok(files)
}

fn edited(before: Option<&str>, steps: &[Step]) -> Result<String, String> {
    let Some(before) = before else {
        return created(steps);
    };
    let mut document: DocumentMut = before.parse().map_err(no_toml)?;
    let mut positions = Positions::new();
    for step in steps {
        match step {
            Step::Create { .. } => return Err(taken()),
            Step::Insert { list, after, text } => {
                insert(&mut document, list, after.as_deref(), text, &mut positions)?;
            }
            Step::Update {
                list,
                name,
                ty,
                required,
            } => update(&mut document, list, name, ty, *required),
        }
    }
    Ok(document.to_string())
}

fn created(steps: &[Step]) -> Result<String, String> {
    match steps {
        [Step::Create { text }] => Ok(text.clone()),
        _ => Err(taken()),
    }
}

fn taken() -> String {
    "two names become this file".to_owned()
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over")]
fn no_toml(error: toml_edit::TomlError) -> String {
    format!("not valid TOML: {}", error.message())
}

/// Positions of the tables of each list, by name, so that many inserts take linear time.
type Positions = BTreeMap<String, BTreeMap<String, Option<isize>>>;

/// Inserts a table. Tables are written in the order of their positions, those with the same
/// position in the order of the list, so a new one gets the position of its predecessor.
fn insert(
    document: &mut DocumentMut,
    list: &str,
    after: Option<&str>,
    text: &str,
    positions: &mut Positions,
) -> Result<(), String> {
    let known = positions.entry(list.to_owned()).or_insert_with(|| {
        let named = tables(document, list)
            .filter_map(|table| Some((name_of(table)?.to_owned(), table.position())));
        named.collect()
    });
    let position = match after {
        Some(name) => known.get(name).copied().flatten(),
        None => Some(first_position(document, list)),
    };
    let mut stub: DocumentMut = text.parse().map_err(no_toml)?;
    let stub = stub
        .remove(list)
        .and_then(|item| item.into_array_of_tables().ok());
    let mut stub = stub.ok_or("a stub without a table")?;
    let tables = document
        .entry(list)
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let tables = tables.as_array_of_tables_mut();
    let tables = tables.ok_or_else(|| format!("`{list}` is not an array of tables"))?;
    for table in stub.iter_mut() {
        table.set_position(position);
        if let Some(name) = name_of(table) {
            known.insert(name.to_owned(), position);
        }
        tables.push(table.clone());
    }
    Ok(())
}

/// Returns the position of the table before the first member.
fn first_position(document: &DocumentMut, list: &str) -> isize {
    let first = tables(document, list).next().and_then(Table::position);
    let requests = tables(document, "request").last().and_then(Table::position);
    match (first, list) {
        (Some(first), _) => first - 1,
        (None, "response") => requests.unwrap_or_default(),
        (None, _) => 0,
    }
}

fn update(document: &mut DocumentMut, list: &str, name: &str, ty: &str, required: bool) {
    let tables = document
        .get_mut(list)
        .and_then(Item::as_array_of_tables_mut);
    let mut tables = tables.into_iter().flat_map(ArrayOfTables::iter_mut);
    let Some(table) = tables.find(|table| is(table, name)) else {
        return;
    };
    table.insert("type", value(ty));
    if required {
        table.insert("required", value(true));
    } else {
        table.remove("required");
    }
}

fn name_of(table: &Table) -> Option<&str> {
    table.get("name").and_then(Item::as_str)
}

fn tables<'a>(document: &'a DocumentMut, list: &str) -> impl Iterator<Item = &'a Table> {
    let tables = document.get(list).and_then(Item::as_array_of_tables);
    tables.into_iter().flat_map(ArrayOfTables::iter)
}

fn is(table: &Table, name: &str) -> bool {
    name_of(table) == Some(name)
}

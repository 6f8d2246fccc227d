//! Columns have keys of their own, and refer to columns that can be referred to.

use super::names::unique;
use crate::{
    diagnostic::Diagnostic,
    model::{Action, Column, ColumnType, Spec},
    texts::member_paths,
};

/// Names of the other members of a row and of the methods of its Rust type.
const TAKEN: &[&str] = &[
    "by_site",
    "differs_by_site",
    "family",
    "is_offered_on",
    "is_released_on",
    "is_withdrawn",
    "is_withdrawn_from",
    "model",
    "name",
    "new",
    "on",
    "only_warns",
    "since",
    "site",
    "source",
    "source_of",
    "sources",
    "states",
    "until",
    "variants",
    "version",
    "warn_only",
];

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    unique("column", spec.columns.iter().map(|column| &column.key), out);
    for column in &spec.columns {
        named(column, out);
        if !spec.incomplete {
            related(column, &spec.columns, out);
        }
        spelled(column, out);
        if !spec.incomplete {
            members(column, spec, out);
        }
    }
}

/// Checks that some request with a capability table has each member that a column is read from.
fn members(column: &Column, spec: &Spec, out: &mut Vec<Diagnostic>) {
    let actions = spec
        .actions
        .iter()
        .filter(|action| action.capabilities.is_some());
    let actions: Vec<&Action> = actions.collect();
    for member in &column.read_from {
        if member_paths(spec, &actions, &member.value).is_empty() {
            let title = format!("no request with a capability table has `{}`", member.value);
            out.push(Diagnostic::at(&member.span, "E0615", title));
        }
    }
}

fn named(column: &Column, out: &mut Vec<Diagnostic>) {
    let key = &column.key;
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if !key.value.split('_').all(is_word) || TAKEN.contains(&&*key.value) {
        let title = format!("`{}` cannot be the key of a column", key.value);
        out.push(
            Diagnostic::at(&key.span, "E0612", title)
                .label("expected words in snake case that no other member of a row has"),
        );
    }
}

/// A column depends on one that depends on no other.
fn related(column: &Column, columns: &[Column], out: &mut Vec<Diagnostic>) {
    let role = column.role.as_ref().filter(|_| column.of.is_none());
    if let Some(role) = role {
        let title = format!("the role `{}` needs the key `of`", role.value);
        out.push(Diagnostic::at(&role.span, "E0613", title));
    }
    let Some(of) = &column.of else { return };
    let known = columns.iter().filter(|other| other.of.is_none());
    let known: Vec<&str> = known.map(|other| &*other.key.value).collect();
    if !known.contains(&&*of.value) {
        let title = format!("`{}` is not a column that others can depend on", of.value);
        out.push(Diagnostic::at(&of.span, "E0613", title).did_you_mean(&of.value, &known));
    }
}

fn spelled(column: &Column, out: &mut Vec<Diagnostic>) {
    if let Some(spelling) = &column.spelling
        && !matches!(column.ty, ColumnType::Text | ColumnType::Texts)
    {
        let title = "`spelling` is for columns of texts";
        out.push(Diagnostic::at(&spelling.span, "E0614", title));
    }
}

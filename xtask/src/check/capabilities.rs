//! Checks that capability tables make sense: for example, that sets are not empty, that ranges are
//! not reversed, and that a default is one of the values.

use std::collections::BTreeMap;

use super::names::{known_sites, unique};
use crate::{
    diagnostic::{Diagnostic, Span},
    model::{
        ASPECT_RATIO, Cell, Column, ColumnType, DEFAULT, DOUBTFUL, Family, Located, Model,
        RESOLUTION, Row, Since, Spec, Version, field,
    },
};

type Cells<'m> = BTreeMap<&'m str, &'m Located<Cell>>;

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for family in &spec.families {
        well_named(&family.name, out);
        unique("model", family.models.iter().map(|model| &model.name), out);
        for model in &family.models {
            let versions = model.versions.iter().map(|version| &version.name);
            unique("version", versions, out);
            rows(&spec.columns, model, out);
        }
    }
    for action in &spec.actions {
        if let Some(name) = &action.capabilities {
            known(name, &spec.families, spec.incomplete, out);
        }
    }
    days(spec, out);
}

/// Checks that the name of a file is a name in Rust.
fn well_named(name: &Located<String>, out: &mut Vec<Diagnostic>) {
    let begins = name.value.starts_with(|c: char| c.is_ascii_lowercase());
    let goes_on = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !begins || !name.value.chars().all(goes_on) {
        let title = format!("`{}` is not a valid name of a family", name.value);
        let diagnostic = Diagnostic::at(&name.span, "E0610", title);
        out.push(diagnostic.label("expected snake case, as in the name of the file"));
    }
}

fn known(name: &Located<String>, families: &[Family], incomplete: bool, out: &mut Vec<Diagnostic>) {
    let names: Vec<&str> = families.iter().map(|family| &*family.name.value).collect();
    if !names.contains(&&*name.value) && !incomplete {
        let title = format!("there is no table spec/capabilities/{}.toml", name.value);
        let diagnostic = Diagnostic::at(&name.span, "E0601", title);
        out.push(diagnostic.did_you_mean(&name.value, &names));
    }
}

/// Checks each cell once, in the table that states it, and then the cells of each complete row.
fn rows(columns: &[Column], model: &Model, out: &mut Vec<Diagnostic>) {
    let own = model.versions.iter().map(|version| &version.facts);
    for facts in own.chain([&model.facts]) {
        let on_sites = facts.sites.iter().flat_map(|own| &own.cells);
        for (key, cell) in facts.cells.iter().chain(on_sites) {
            check_cell(columns, key, cell, out);
        }
        unique("site", facts.sites.iter().map(|own| &own.site), out);
    }
    for version in &model.versions {
        let cells = model.cells(Some(version), None);
        dependencies(columns, &cells, &version.name, out);
        dangling(&version.facts, &cells, out);
        on_sites(columns, model, Some(version), out);
    }
    let common = model.facts.cells.iter().map(|(key, cell)| (&**key, cell));
    if model.versions.is_empty() {
        dependencies(columns, &common.clone().collect(), &model.name, out);
        on_sites(columns, model, None, out);
    }
    let own = model
        .versions
        .iter()
        .flat_map(|version| &version.facts.cells);
    let all = common.chain(own.map(|(key, cell)| (&**key, cell)));
    dangling(&model.facts, &all.collect(), out);
}

/// Checks the complete row of each site with facts of its own.
fn on_sites(
    columns: &[Column],
    model: &Model,
    version: Option<&Version>,
    out: &mut Vec<Diagnostic>,
) {
    let own = version.map(|version| &version.facts);
    let name = version.map_or(&model.name, |version| &version.name);
    for facts in own.into_iter().chain([&model.facts]) {
        for site in &facts.sites {
            let cells = model.cells(version, Some(&site.site.value));
            let mut found = Vec::new();
            dependencies(columns, &cells, name, &mut found);
            // A mistake of all sites was reported already.
            found.retain(|mistake| !out.contains(mistake));
            out.extend(found);
            for key in &site.warn_only {
                if !cells.contains_key(&*key.value) {
                    let title = format!("the row has no `{}`", key.value);
                    out.push(Diagnostic::at(&key.span, "E0607", title));
                }
            }
        }
    }
}

fn check_cell(columns: &[Column], key: &str, cell: &Located<Cell>, out: &mut Vec<Diagnostic>) {
    let Some(column) = find(columns, key) else {
        return;
    };
    match &cell.value {
        Cell::Texts(texts) if texts.is_empty() => out.push(empty(column, &cell.span)),
        Cell::Numbers(numbers) if numbers.is_empty() => out.push(empty(column, &cell.span)),
        Cell::Texts(texts) => {
            unique("value", texts, out);
            for text in texts {
                spelling(column, &text.value, &text.span, out);
            }
        }
        Cell::Text(text) => spelling(column, text, &cell.span, out),
        Cell::Fields(fields) => range(fields, out),
        Cell::Numbers(numbers) => repeated(numbers, out),
        Cell::None | Cell::Flag(_) | Cell::Number(_) => {}
    }
}

fn find<'c>(columns: &'c [Column], key: &str) -> Option<&'c Column> {
    columns.iter().find(|column| column.key.value == key)
}

fn empty(column: &Column, span: &Span) -> Diagnostic {
    let title = format!("`{}` is an empty set", column.key.value);
    let diagnostic = Diagnostic::at(span, "E0602", title);
    if column.ty == ColumnType::Texts && column.of.is_none() {
        return diagnostic
            .help("write `false` if a document denies it; leave the key out if no document says");
    }
    diagnostic.help("leave the key out")
}

fn repeated(numbers: &[Located<i64>], out: &mut Vec<Diagnostic>) {
    let texts = numbers.iter().map(|number| {
        let text = number.value.to_string();
        Located::new(text, number.span.clone())
    });
    let texts: Vec<Located<String>> = texts.collect();
    unique("value", &texts, out);
}

/// Checks that a range is not reversed: `min` and `max`, `min_side` and `max_side`, and so on.
fn range(fields: &[(&'static str, Located<u32>)], out: &mut Vec<Diagnostic>) {
    for (name, least) in fields {
        let Some(rest) = name.strip_prefix("min") else {
            continue;
        };
        if let Some((most, span)) = field(fields, &format!("max{rest}"))
            && most < least.value
        {
            let diagnostic = Diagnostic::at(span, "E0302", "no number satisfies both bounds");
            out.push(
                diagnostic
                    .label("the maximum")
                    .also(&least.span, "the minimum"),
            );
        }
    }
}

fn spelling(column: &Column, text: &str, span: &Span, out: &mut Vec<Diagnostic>) {
    let spelling = column.spelling.as_ref().map(|spelling| spelling.value);
    let (fits, what, such) = match spelling {
        Some(RESOLUTION) => (is_resolution(text), "resolution", "720P or 4K"),
        Some(ASPECT_RATIO) => (is_ratio(text), "aspect ratio", "16:9"),
        _ => return,
    };
    if !fits {
        let title = format!("`{text}` is not a valid {what}");
        let diagnostic = Diagnostic::at(span, "E0603", title);
        out.push(diagnostic.label(format!("expected, for example, {such}")));
    }
}

fn is_resolution(text: &str) -> bool {
    text.strip_suffix(['P', 'K']).is_some_and(is_number)
}

fn is_ratio(text: &str) -> bool {
    let sides = text.split_once(':');
    sides.is_some_and(|(width, height)| is_number(width) && is_number(height))
}

fn is_number(text: &str) -> bool {
    !text.starts_with('0') && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Checks that a row has the columns that its other columns depend on.
fn dependencies(
    columns: &[Column],
    cells: &Cells<'_>,
    row: &Located<String>,
    out: &mut Vec<Diagnostic>,
) {
    for (key, cell) in cells {
        let Some(column) = find(columns, key) else {
            continue;
        };
        let Some(of) = column.of.as_ref().map(|of| &*of.value) else {
            continue;
        };
        match cells.get(of) {
            Some(base) if !denies(&base.value) => within(column, cell, of, base, out),
            _ => {
                let title = format!("`{key}` of `{}` needs `{of}`", row.value);
                out.push(Diagnostic::at(&cell.span, "E0604", title).also(&row.span, "the row"));
            }
        }
    }
}

const fn denies(cell: &Cell) -> bool {
    matches!(cell, Cell::None | Cell::Flag(false))
}

/// Checks that a default is one of the values and that a doubtful value is none of them.
fn within(
    column: &Column,
    cell: &Located<Cell>,
    of: &str,
    base: &Located<Cell>,
    out: &mut Vec<Diagnostic>,
) {
    let key = &column.key.value;
    if column.has_role(DEFAULT) {
        if allows(&base.value, &cell.value) == Some(false) {
            let title = format!("`{key}` is not one of `{of}`");
            out.push(Diagnostic::at(&cell.span, "E0605", title).also(&base.span, "the values"));
        }
    } else if column.has_role(DOUBTFUL) {
        for (value, span) in items(&cell.value) {
            if allows(&base.value, &value) == Some(true) {
                let title = format!("`{key}` repeats a value of `{of}`");
                out.push(Diagnostic::at(&span, "E0606", title).also(&base.span, "here"));
            }
        }
    }
}

fn items(cell: &Cell) -> Vec<(Cell, Span)> {
    let text = |text: &Located<String>| (Cell::Text(text.value.clone()), text.span.clone());
    let number = |number: &Located<i64>| {
        let value = u32::try_from(number.value).unwrap_or_default();
        (Cell::Number(value), number.span.clone())
    };
    match cell {
        Cell::Texts(texts) => texts.iter().map(text).collect(),
        Cell::Numbers(numbers) => numbers.iter().map(number).collect(),
        _ => Vec::new(),
    }
}

fn allows(set: &Cell, value: &Cell) -> Option<bool> {
    match (set, value) {
        (Cell::Texts(known), Cell::Text(text)) => {
            Some(known.iter().any(|known| known.value == *text))
        }
        (Cell::Numbers(known), Cell::Number(number)) => {
            let number = i64::from(*number);
            Some(known.iter().any(|known| known.value == number))
        }
        (Cell::Fields(range), Cell::Number(number)) => {
            let (least, _) = field(range, "min")?;
            let (most, _) = field(range, "max")?;
            Some((least..=most).contains(number))
        }
        _ => None,
    }
}

/// Checks that `sources` and `warn_only` name columns of the row.
fn dangling(facts: &Row, cells: &Cells<'_>, out: &mut Vec<Diagnostic>) {
    let sources = facts.sources.iter().map(|(key, _)| key);
    for key in sources.chain(&facts.warn_only) {
        if !cells.contains_key(&*key.value) {
            let title = format!("the row has no `{}`", key.value);
            out.push(Diagnostic::at(&key.span, "E0607", title));
        }
    }
}

/// Checks that sites exist and that nothing is withdrawn before its release.
fn days(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let listed = spec.families.iter().flat_map(|family| &family.listed_on);
    known_sites(spec, listed, out);
    for model in spec.families.iter().flat_map(|family| &family.models) {
        let whole = (&model.facts.since, &model.facts.until);
        let versions = model.versions.iter().map(|version| {
            let facts = &version.facts;
            (or(&facts.since, whole.0), or(&facts.until, whole.1))
        });
        for (since, until) in versions.chain([whole]) {
            reversed(since, until, out);
        }
        let own = model.versions.iter().map(|version| &version.facts);
        for facts in own.chain([&model.facts]) {
            let days = facts.since.iter().chain(&facts.until);
            let own = facts.sites.iter().map(|own| &own.site);
            known_sites(spec, days.map(|(site, _)| site).chain(own), out);
        }
    }
}

fn or<'s>(own: &'s Since, inherited: &'s Since) -> &'s Since {
    if own.is_empty() { inherited } else { own }
}

fn reversed(since: &Since, until: &Since, out: &mut Vec<Diagnostic>) {
    for (site, gone) in until {
        let appeared = since.iter().find(|(other, _)| other.value == site.value);
        if let Some((begin, day)) = appeared
            && gone < day
        {
            let title = "withdrawn before its release";
            let diagnostic = Diagnostic::at(&site.span, "E0608", title);
            out.push(diagnostic.also(&begin.span, "here"));
        }
    }
}

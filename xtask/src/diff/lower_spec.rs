//! Converts a specification to items.
//!
//! The tables are read as TOML after the parser accepted them, so that a new key of the
//! specification is compared without a change here.

use std::collections::BTreeSet;

use toml::{Table, Value as Toml};

use super::class::ON_SITE;
use super::item::{self, Fact, Item, Items, Kind, Value};
use crate::{
    check::reachable,
    model::{Column, Sources, Spec},
    rule_kinds::{Form, RULE_KINDS, rule_kind},
};

/// Keys of texts that are compared but not shown.
const PROSE: &[&str] = &["summary", "doc", "meaning", "returns"];

pub(super) fn lower(spec: &Spec, sources: &Sources) -> Items {
    let sent = reachable(spec, spec.actions.iter().flat_map(|action| &action.request));
    let mut items = Items::new();
    for (_, file) in sources.iter() {
        let table: Table = file.text.parse().unwrap_or_default();
        match file.path.split('/').collect::<Vec<_>>().as_slice() {
            ["service.toml"] => service(&table, &mut items),
            ["enums.toml"] => enums(&table, &mut items),
            ["actions", _] => action(&table, &mut items),
            ["structs", _] => structure(&table, &sent, &mut items),
            ["families.toml"] => task_families(&table, &mut items),
            ["columns.toml"] => columns(&table, &mut items),
            ["rules.toml"] => rules(&table, &mut items),
            ["capabilities", name] => capabilities(name, &table, &spec.columns, &mut items),
            _ => {}
        }
    }
    items
}

fn service(service: &Table, items: &mut Items) {
    // The first site is the default one.
    let names = tables(service, "site").map(|site| text(site, "name").to_owned());
    let default = names.clone().next().map(Value::Text);
    let whole = item_from(Kind::Service, None, service)
        .with("order", Value::Order(names.collect()))
        .with_some("default_site", default);
    items.insert("service".to_owned(), whole);
    for (list, kind) in [("site", Kind::Site), ("error", Kind::ErrorCode)] {
        let key = if kind == Kind::Site { "name" } else { "code" };
        for item in tables(service, list) {
            let path = format!("{list} {}", text(item, key));
            items.insert(path, item_from(kind, None, item));
        }
    }
    let regions = service.get("regions").and_then(Toml::as_table);
    let names = regions.and_then(|regions| regions.get("names")?.as_array());
    for name in names.into_iter().flatten() {
        let path = format!("region {}", shown(name));
        items.insert(path, Item::new(Kind::Region, None));
    }
}

fn enums(file: &Table, items: &mut Items) {
    for set in tables(file, "enum") {
        let name = text(set, "name");
        let values = tables(set, "value").map(|value| text(value, "value").to_owned());
        let order = Value::Order(values.collect());
        let whole = item_from(Kind::Enum, None, set).with("order", order);
        items.insert(name.to_owned(), whole);
        for value in tables(set, "value") {
            let path = format!("{name}.{}", text(value, "value"));
            items.insert(path, item_from(Kind::Value, Some(name), value));
        }
    }
}

fn action(action: &Table, items: &mut Items) {
    let name = text(action, "name");
    let examples = tables(action, "example").map(|example| text(example, "name").to_owned());
    let examples = Value::Words(examples.collect());
    let whole = item_from(Kind::Action, None, action).with("examples", examples);
    items.insert(name.to_owned(), whole);
    members(name, name, Kind::RequestMember, action, "request", items);
    let answer = format!("{name}Response");
    members(
        &answer,
        name,
        Kind::ResponseMember,
        action,
        "response",
        items,
    );
}

fn structure(shared: &Table, sent: &BTreeSet<String>, items: &mut Items) {
    let name = text(shared, "name");
    let kind = if sent.contains(name) {
        Kind::RequestMember
    } else {
        Kind::ResponseMember
    };
    let whole = item_from(Kind::Struct, None, shared).text("role", item::role(kind));
    items.insert(name.to_owned(), whole);
    members(name, name, kind, shared, "member", items);
}

fn members(owner: &str, parent: &str, kind: Kind, table: &Table, list: &str, items: &mut Items) {
    let required = |member: &Table| member.get("required") == Some(&Toml::Boolean(true));
    let names = tables(table, list).map(|member| (text(member, "name"), required(member)));
    item::order(items, owner, parent, names);
    let conditional = conditional(table, list);
    for member in tables(table, list) {
        let name = text(member, "name");
        let path = format!("{owner}.{name}");
        let default = member.get("default").filter(|_| conditional.contains(name));
        let item = item_from(kind, Some(parent), member);
        let item = item.with_some(
            "default_in_conditions",
            default.map(|default| Value::Text(shown(default))),
        );
        items.insert(path, item);
    }
}

/// Returns the members that conditions of other members compare. If such a member is absent, its
/// default is compared, so another default refuses other requests.
fn conditional<'t>(table: &'t Table, list: &str) -> BTreeSet<&'t str> {
    let weak = |member: &Table, key: &str| {
        let keys = member.get("warn_only").and_then(Toml::as_array);
        keys.is_some_and(|keys| keys.iter().any(|weak| weak.as_str() == Some(key)))
    };
    let conditions = tables(table, list).flat_map(|member| {
        let strong = RULE_KINDS
            .iter()
            .filter(|kind| kind.form == Form::Condition && !weak(member, kind.key));
        strong.filter_map(|kind| member.get(kind.key)?.get("member")?.as_str())
    });
    conditions.collect()
}

fn rules(file: &Table, items: &mut Items) {
    for rule in tables(file, "rule") {
        let path = format!("rule {}", text(rule, "id"));
        items.insert(path, item_from(Kind::Rule, None, rule));
    }
}

fn columns(file: &Table, items: &mut Items) {
    for column in tables(file, "column") {
        let path = format!("column {}", text(column, "key"));
        items.insert(path, item_from(Kind::Column, None, column));
    }
}

/// Adds an item for each family, each of its creating actions, and each option.
fn task_families(file: &Table, items: &mut Items) {
    for family in tables(file, "family") {
        let path = format!("family {}", text(family, "name"));
        let mut item = item_from(Kind::TaskFamily, None, family);
        for key in ["result", "kind"] {
            let words: Vec<_> = tables(family, key).map(entries).collect();
            if !words.is_empty() {
                item.facts
                    .insert(key.to_owned(), Fact::from(Value::Words(words)));
            }
        }
        items.insert(path.clone(), item);
        for create in tables(family, "create") {
            let create_path = format!("{path} {}", text(create, "action"));
            items.insert(
                create_path,
                item_from(Kind::TaskCreate, Some(&path), create),
            );
        }
    }
    for option in tables(file, "option") {
        let path = format!("option --{}", text(option, "flag"));
        items.insert(path, item_from(Kind::CommandOption, None, option));
    }
}

/// Returns the keys and values of a table as one text.
fn entries(table: &Table) -> String {
    let entries = table
        .iter()
        .map(|(key, value)| format!("{key} {}", shown(value)));
    entries.collect::<Vec<_>>().join(" ")
}

/// Adds an item for each model and version.
fn capabilities(file: &str, table: &Table, columns: &[Column], items: &mut Items) {
    let family = file.trim_end_matches(".toml");
    let whole = format!("capabilities of {family}");
    items.insert(whole.clone(), item_from(Kind::Row, None, table));
    for row in tables(table, "model") {
        let path = format!("{family} model {}", text(row, "name"));
        items.insert(path.clone(), row_from(Some(&whole), row, columns));
        for version in tables(row, "version") {
            let version_path = format!("{path} {}", text(version, "name"));
            items.insert(version_path, row_from(Some(&path), version, columns));
        }
    }
}

fn row_from(parent: Option<&str>, table: &Table, columns: &[Column]) -> Item {
    let mut item = item_from(Kind::Row, parent, table);
    for column in columns.iter().filter(|column| column.role.is_some()) {
        if let Some(fact) = item.facts.get_mut(&column.key.value) {
            fact.advisory = true;
        }
    }
    item
}

/// Returns an item with a fact for each key of a table, except its name and nested items.
fn item_from(kind: Kind, parent: Option<&str>, table: &Table) -> Item {
    let mut item = Item::new(kind, parent);
    facts(kind, table, "", &mut item);
    // Sites of the service are items of their own.
    if kind != Kind::Service {
        for site in tables(table, "site") {
            let suffix = format!("{ON_SITE}{}", text(site, "name"));
            facts(kind, site, &suffix, &mut item);
        }
    }
    item
}

/// Adds the facts of a table; the suffix tells those of a single site from others.
fn facts(kind: Kind, table: &Table, suffix: &str, item: &mut Item) {
    let weakened = table.get("warn_only").and_then(Toml::as_array);
    let named_by = match kind {
        Kind::ErrorCode => "code",
        Kind::Value => "value",
        Kind::Column => "key",
        Kind::TaskCreate => "action",
        Kind::CommandOption => "flag",
        Kind::Rule => "id",
        Kind::Service => "",
        _ => "name",
    };
    for (key, value) in table {
        if key == named_by || key == "warn_only" {
            continue;
        }
        if let Some(value) = fact(key, value) {
            let warn_only = weakened
                .is_some_and(|keys| keys.iter().any(|weakened| weakened.as_str() == Some(key)));
            let fact = Fact {
                warn_only,
                ..Fact::from(value)
            };
            item.facts.insert(format!("{key}{suffix}"), fact);
        }
    }
}

fn fact(key: &str, value: &Toml) -> Option<Value> {
    match value {
        Toml::String(text) if PROSE.contains(&key) => Some(Value::Prose(text.clone())),
        Toml::Boolean(false) if is_flag(key) => None,
        Toml::Float(number) => Some(Value::Number(*number)),
        // Through text, since no lossless conversion from `i64` to `f64` exists.
        Toml::Integer(number) => number.to_string().parse().ok().map(Value::Number),
        Toml::Array(items) if items.iter().any(Toml::is_table) => None,
        Toml::Array(items) => Some(Value::Words(items.iter().map(shown).collect())),
        // Regions are items of their own.
        Toml::Table(_) if key == "regions" => None,
        Toml::Table(entries) => {
            let words = entries
                .iter()
                .map(|(key, value)| format!("{key} {}", shown(value)));
            Some(Value::Words(words.collect()))
        }
        simple => Some(Value::Text(shown(simple))),
    }
}

/// Returns whether `false` means the same as the absence of a key.
fn is_flag(key: &str) -> bool {
    key == "sensitive" || rule_kind(key).is_some_and(|kind| kind.form == Form::Flag)
}

fn shown(value: &Toml) -> String {
    match value {
        Toml::String(text) => text.clone(),
        Toml::Integer(number) => number.to_string(),
        Toml::Float(number) => number.to_string(),
        Toml::Boolean(flag) => flag.to_string(),
        Toml::Datetime(day) => day.to_string(),
        Toml::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        Toml::Table(entries) => entries.values().map(shown).collect::<Vec<_>>().join(" "),
    }
}

fn text<'t>(table: &'t Table, key: &str) -> &'t str {
    table.get(key).and_then(Toml::as_str).unwrap_or_default()
}

/// Returns the tables of a list.
fn tables<'t>(table: &'t Table, list: &str) -> impl Iterator<Item = &'t Table> + Clone {
    let items = table.get(list).and_then(Toml::as_array);
    let items = items.map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Toml::as_table)
}

//! Reports of differences as text, Markdown and JSON.

use serde_json::{Value as Json, json};

use super::{
    class::Class,
    compare::{Change, Delta},
    item::{Fact, Value},
};

const CLASSES: [Class; 3] = [Class::Breaking, Class::Compatible, Class::Documentation];

pub(super) fn text(changes: &[Change]) -> String {
    let longest = changes.iter().map(|change| change.path.len()).max();
    let longest = longest.unwrap_or_default();
    let line = |change: &&Change| format!("  {:longest$}  {}\n", change.path, what(change));
    let section = |(class, changes): (Class, Vec<&Change>)| {
        let lines: String = changes.iter().map(line).collect();
        format!("{} ({})\n{lines}\n", class.name(), changes.len())
    };
    let sections: String = by_class(changes).map(section).collect();
    sections + &summary(changes)
}

pub(super) fn markdown(changes: &[Change]) -> String {
    let line = |change: &&Change| format!("\n- `{}`: {}", change.path, what(change));
    let section = |(class, changes): (Class, Vec<&Change>)| {
        let lines: String = changes.iter().map(line).collect();
        let title = capitalized(class.name());
        format!("\n\n### {title} ({})\n{lines}", changes.len())
    };
    let sections: String = by_class(changes).map(section).collect();
    capitalized(&summary(changes)) + "." + &sections
}

pub(super) fn json(changes: &[Change]) -> String {
    let count = |class| {
        changes
            .iter()
            .filter(|change| change.class == class)
            .count()
    };
    let report = json!({
        "schema": "mps.spec-diff/1",
        "release": release(changes),
        "breaking": count(Class::Breaking),
        "compatible": count(Class::Compatible),
        "documentation": count(Class::Documentation),
        "changes": changes.iter().map(item).collect::<Vec<_>>(),
    });
    format!("{report:#}")
}

fn item(change: &Change) -> Json {
    let text = |text: &str| Some(Json::from(text));
    let (done, key, before, after) = match &change.delta {
        Delta::Added => ("added", None, None, None),
        Delta::Removed => ("removed", None, None, None),
        Delta::Changed { key, before, after } => {
            let side = |fact: &Option<Fact>| fact.as_ref().and_then(shown).map(Json::from);
            ("changed", text(key), side(before), side(after))
        }
    };
    let entries = [
        ("class", text(change.class.name())),
        ("path", text(&change.path)),
        ("kind", text(&change.kind.to_string())),
        ("change", text(done)),
        ("key", key),
        ("before", before),
        ("after", after),
    ];
    let known = entries
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Json::Object(known.collect())
}

fn by_class(changes: &[Change]) -> impl Iterator<Item = (Class, Vec<&Change>)> {
    let of = |class| {
        let changes = changes.iter().filter(move |change| change.class == class);
        (class, changes.collect::<Vec<_>>())
    };
    CLASSES
        .into_iter()
        .map(of)
        .filter(|(_, changes)| !changes.is_empty())
}

pub(super) fn what(change: &Change) -> String {
    match &change.delta {
        Delta::Added => format!("{} added", change.kind),
        Delta::Removed => format!("{} removed", change.kind),
        Delta::Changed { key, before, after } => {
            let side = |fact: &Option<Fact>| fact.as_ref().and_then(shown);
            match (before, after, side(before), side(after)) {
                (None, _, _, Some(after)) => format!("`{key}` added: {after}"),
                (_, None, Some(before), _) => format!("`{key}` removed: {before}"),
                (_, _, Some(before), Some(after)) => format!("`{key}`: {before} -> {after}"),
                _ => format!("`{key}` changed"),
            }
        }
    }
}

fn shown(fact: &Fact) -> Option<String> {
    match (&fact.value, fact.warn_only) {
        (Value::Prose(_), _) => None,
        (value, true) => Some(format!("{value} (a warning)")),
        (value, false) => Some(value.to_string()),
    }
}

fn summary(changes: &[Change]) -> String {
    match release(changes) {
        "none" => "no difference".to_owned(),
        "major" => "next release: major (minor before 1.0)".to_owned(),
        "minor" => "next release: minor (patch before 1.0)".to_owned(),
        other => format!("next release: {other}"),
    }
}

fn release(changes: &[Change]) -> &'static str {
    let gravest = changes.iter().map(|change| change.class).max();
    gravest.map_or("none", Class::version)
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

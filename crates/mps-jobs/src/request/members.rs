//! Compares the members of two bodies, and names the model of one.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

/// Returns the names of the members in which two bodies differ, sorted. Empty if one is no object.
pub(super) fn differing_members(one: &str, other: &str) -> Vec<String> {
    let (Some(one), Some(other)) = (members(one), members(other)) else {
        return Vec::new();
    };
    let names = one
        .keys()
        .chain(other.keys().filter(|name| !one.contains_key(*name)));
    let is_other = |name: &&String| one.get(*name) != other.get(*name);
    let mut names: Vec<_> = names.filter(is_other).cloned().collect();
    names.sort();
    names
}

type Members = serde_json::Map<String, Value>;

fn members(body: &str) -> Option<Members> {
    serde_json::from_str(body).ok()
}

/// The members of a body that name the model.
#[derive(Deserialize)]
struct Model<'a> {
    #[serde(rename = "ModelName", borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(rename = "ModelVersion", borrow)]
    version: Option<Cow<'a, str>>,
}

/// Returns the model that a body names, with its version, as in `Kling 2.6`; `None` if it names none.
pub(super) fn model_label(body: &str) -> Option<String> {
    let Model { name, version } = serde_json::from_str(body).ok()?;
    Some(match (name?, version) {
        (name, Some(version)) => format!("{name} {version}"),
        (name, None) => name.into_owned(),
    })
}

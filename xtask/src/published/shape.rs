//! The shape of one action and one object in the file, and what a type is called here.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{brief, decode};

/// A member of a message or struct.
#[derive(Debug)]
pub struct Member {
    /// Name on the wire.
    pub name: String,
    /// Its type, as the specification would write it.
    pub ty: String,
    /// Has to be given.
    pub required: bool,
    /// What the vendor says of it: to be compared, never to be shown or copied.
    pub text: String,
    /// A value, as text whatever the type.
    pub example: Option<String>,
}

/// An action: which objects it takes and gives.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an action")]
pub(super) struct RawAction {
    pub(super) input: String,
    pub(super) output: String,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) document: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with members")]
struct RawObject {
    /// Messages have it, structs do not.
    #[serde(rename = "type", default)]
    kind: Option<String>,
    members: Vec<RawMember>,
    #[serde(default)]
    document: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "a member")]
struct RawMember {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    member: String,
    #[serde(default)]
    required: Option<bool>,
    #[serde(default)]
    disabled: Option<bool>,
    #[serde(default)]
    document: Option<String>,
    #[serde(default)]
    example: Option<Value>,
}

/// An object's text and members, without those that are switched off.
pub(super) fn object(raw: &RawValue, name: &str) -> Result<(String, Vec<Member>), String> {
    let place = format!("objects.{name}");
    let object: RawObject = decode(Some(raw), &place)?;
    if let Some(kind) = object.kind.filter(|kind| kind != "object") {
        let kind = brief(&kind);
        return Err(format!("`{place}` has the unknown type `{kind}`"));
    }
    let shown = object.members.into_iter();
    let members: Result<Vec<_>, String> = shown
        .filter(|member| member.disabled != Some(true))
        .map(|raw| member(raw, &place))
        .collect();
    let members = members?;
    let mut seen = BTreeSet::new();
    if let Some(twice) = members.iter().find(|member| !seen.insert(&member.name)) {
        return Err(format!("`{place}` has `{}` twice", twice.name));
    }
    Ok((object.document.unwrap_or_default(), members))
}

fn member(raw: RawMember, object: &str) -> Result<Member, String> {
    let place = format!("{object}.{}", raw.name);
    well_formed(&raw.name, &place)?;
    let ty = ty(&raw.kind, &raw.member).ok_or_else(|| {
        let ty = brief(&format!("{} of {}", raw.kind, raw.member));
        format!("`{place}` has the unknown type `{ty}`")
    })?;
    Ok(Member {
        name: raw.name,
        ty,
        required: raw.required == Some(true),
        text: raw.document.unwrap_or_default(),
        example: raw.example.map(|value| value.to_string()),
    })
}

/// The file says twice what a member holds, roughly and exactly; lists need the second.
fn ty(kind: &str, exact: &str) -> Option<String> {
    match kind {
        "list" => {
            let item = scalar(exact).or_else(|| structure(exact))?;
            Some(format!("List<{item}>"))
        }
        "object" => structure(exact).map(str::to_owned),
        kind => scalar(kind).map(str::to_owned),
    }
}

fn scalar(word: &str) -> Option<&'static str> {
    match word {
        "string" | "datetime_iso" => Some("String"),
        "int" | "int64" | "uint64" => Some("Integer"),
        "float" => Some("Float"),
        "bool" => Some("Boolean"),
        _ => None,
    }
}

fn structure(word: &str) -> Option<&str> {
    is_name(word).then_some(word)
}

/// Names become parts of paths, so nothing but letters and digits is let through.
pub(super) fn well_formed(name: &str, place: &str) -> Result<(), String> {
    if is_name(name) {
        return Ok(());
    }
    Err(format!(
        "`{}` is no name on this wire: a capital letter, then letters and digits of ASCII",
        brief(place)
    ))
}

pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.len() <= 128
        && word.chars().all(|c| c.is_ascii_alphanumeric())
}

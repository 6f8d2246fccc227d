//! The format of actions and objects in the file, and the names of types.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{abbreviated, decode};

/// A member of a message or struct.
#[derive(Debug)]
pub struct Member {
    /// Name as it is sent.
    pub name: String,
    /// Type in the notation of the specification.
    pub ty: String,
    /// True if every request must have it.
    pub required: bool,
    /// Text of the vendor, which is compared but never shown or copied.
    pub text: String,
    /// Example value, as text for any type.
    pub example: Option<String>,
}

/// An action with the names of its request and response.
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
    /// Present for messages, absent for structs.
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

/// Returns the text and the members of an object, without disabled ones.
pub(super) fn object(raw: &RawValue, name: &str) -> Result<(String, Vec<Member>), String> {
    let place = format!("objects.{name}");
    let object: RawObject = decode(Some(raw), &place)?;
    if let Some(kind) = object.kind.filter(|kind| kind != "object") {
        let kind = abbreviated(&kind);
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
        let ty = abbreviated(&format!("{} of {}", raw.kind, raw.member));
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

/// Returns the type of a member. The file states it twice, roughly and exactly; lists need the
/// second.
pub(super) fn ty(kind: &str, exact: &str) -> Option<String> {
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

/// Verifies that a name has only letters and digits, since it becomes a part of a path.
pub(super) fn well_formed(name: &str, place: &str) -> Result<(), String> {
    if is_name(name) {
        return Ok(());
    }
    Err(format!(
        "`{}` is no name on this wire: a capital letter, then letters and digits of ASCII",
        abbreviated(place)
    ))
}

pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.len() <= 128
        && word.chars().all(|c| c.is_ascii_alphanumeric())
}

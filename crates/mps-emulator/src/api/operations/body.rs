//! Parses a body as the request type of an action, with the service's errors.

use mps_models::{
    Action,
    preflight::{Finding, Path, rules},
    schema::{self, Kind, MemberInfo, StructInfo},
    service::Site,
};
use serde_json::{Map, Value};

use crate::engine::refusal::Refusal;

/// Parses a body and checks it against the rules that the description of a site states today.
///
/// The schema is checked before deserialization, because only the former names the wrong member
/// without showing its value.
pub(crate) fn parse<A: Action>(body: &[u8], site: Site) -> Result<A, Refusal> {
    let Value::Object(members) = serde_json::from_slice(body).map_err(|error| not_json(&error))?
    else {
        return Err(Refusal::new(
            "InvalidParameter",
            "the request body is not a JSON object",
        ));
    };
    check_members(&members, A::INFO.request, &Path::ROOT)?;
    let request = A::deserialize(Value::Object(members)).map_err(|_| unreadable(A::INFO.name))?;
    check_rules(&request, site)?;
    Ok(request)
}

fn not_json(error: &serde_json::Error) -> Refusal {
    Refusal::new(
        "InvalidParameter",
        format!("the request body is not JSON: {error}"),
    )
}

fn unreadable(action: &str) -> Refusal {
    Refusal::new(
        "InvalidParameter",
        format!("the request body does not fit {action}"),
    )
}

fn check_members(
    members: &Map<String, Value>,
    shape: &StructInfo,
    at: &Path<'_>,
) -> Result<(), Refusal> {
    members.iter().try_for_each(|(name, value)| {
        let at = at.member(name);
        match shape.members.iter().find(|known| known.name == name) {
            Some(known) => check_value(value, &known.kind, &at),
            None => Err(unknown_member(&at, shape.members)),
        }
    })
}

/// `null` counts as absent everywhere.
fn check_value(value: &Value, kind: &Kind, at: &Path<'_>) -> Result<(), Refusal> {
    match (kind, value) {
        (_, Value::Null)
        | (Kind::Text | Kind::Enum(_), Value::String(_))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Float, Value::Number(_)) => Ok(()),
        (Kind::Integer, Value::Number(number)) if number.is_i64() => Ok(()),
        (Kind::List(kind), Value::Array(items)) => check_items(items, kind, at),
        (Kind::Struct(name), Value::Object(members)) => match schema::structure(name) {
            Some(shape) => check_members(members, shape, at),
            None => Ok(()),
        },
        _ => Err(wrong_type(kind, at)),
    }
}

fn check_items(items: &[Value], kind: &Kind, at: &Path<'_>) -> Result<(), Refusal> {
    items
        .iter()
        .enumerate()
        .try_for_each(|(index, item)| check_value(item, kind, &at.index(index)))
}

fn wrong_type(kind: &Kind, at: &Path<'_>) -> Refusal {
    let wanted = match kind {
        Kind::Text | Kind::Enum(_) => "a string",
        Kind::Integer => "a whole number",
        Kind::Float => "a number",
        Kind::Boolean => "a boolean",
        Kind::Struct(_) => "an object",
        Kind::List(_) => "an array",
        _ => "something else",
    };
    Refusal::new("InvalidParameter", format!("`{at}` must be {wanted}"))
}

fn unknown_member(at: &Path<'_>, known: &[MemberInfo]) -> Refusal {
    let names: Vec<&str> = known.iter().map(|member| member.name).collect();
    tracing::warn!(member = %at, "unknown member");
    Refusal::new("UnknownParameter", format!("no member `{at}` is defined"))
        .detail(format!("known here: {}", names.join(", ")))
}

/// Only the first broken rule is answered, as the service does as far as its answers reveal.
///
/// A bound that the description of the site dropped is none of the service's.
fn check_rules(request: &impl Action, site: Site) -> Result<(), Refusal> {
    let report = request.preflight_on(Some(site));
    let is_stated = |finding: &&Finding| {
        let mut dropped = finding.dropped.iter();
        !dropped.any(|day| day.site == site.as_str())
    };
    match report.errors().find(is_stated) {
        Some(finding) => Err(broken_rule(finding)),
        None => Ok(()),
    }
}

fn broken_rule(finding: &Finding) -> Refusal {
    let code = match finding.rule {
        rules::REQUIRED | rules::REQUIRED_UNLESS_ANY | rules::REQUIRED_IF => "MissingParameter",
        rules::REQUIRES
        | rules::CONFLICTS_WITH
        | rules::ONLY_IF
        | rules::DUPLICATE_MEMBER
        | rules::BASE_VIDEO_EXCLUDES_FRAMES
        | rules::LAST_FRAME_NEEDS_FIRST_FRAME
        | rules::REFERENCE_IMAGES_EXCLUDE_FRAMES => "InvalidParameter",
        _ => "InvalidParameterValue",
    };
    Refusal::new(code, format!("`{}`: {}", finding.path, finding.message))
}

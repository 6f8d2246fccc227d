//! Changes of the answers of executed actions.

use bytes::Bytes;
use mps_models::{
    ActionInfo,
    schema::{self, StructInfo},
};
use serde_json::{Map, Value, json};

use super::Kind;

impl Kind {
    /// Returns the changed answer of an executed action, or `None` if the fault finds nothing to
    /// change.
    pub(super) fn changed_answer(
        &self,
        action: &ActionInfo,
        answer: &Map<String, Value>,
    ) -> Option<Map<String, Value>> {
        let mut changed = match self {
            Self::Nulls => Some(nothing(action.response)),
            // The second `Response` is added to the envelope.
            Self::TwoResponses { .. } => return Some(answer.clone()),
            Self::DoneWithoutUrl
            | Self::UnknownStatus { .. }
            | Self::TaskId { .. }
            | Self::IdAndError { .. } => Some(answer.clone()),
            _ => None,
        }?;
        match self {
            Self::DoneWithoutUrl => without_urls(&mut changed),
            Self::UnknownStatus { value } => set_status(&mut changed, action.response, value),
            Self::TaskId { value } => {
                if let Some(id) = changed.get_mut("TaskId") {
                    *id = json!(value);
                }
            }
            Self::IdAndError { code } => {
                changed.insert("Error".to_owned(), error(code));
            }
            _ => {}
        }
        (changed != *answer).then_some(changed)
    }
}

fn error(code: &str) -> Value {
    json!({ "Code": code, "Message": super::usual_message(code) })
}

/// Adds a second `Response` with an error to an envelope. Most parsers read the last one.
pub(super) fn with_second_response(envelope: &[u8], code: &str) -> Bytes {
    let second = json!({ "Error": error(code), "RequestId": "a second response" });
    let mut text = envelope.strip_suffix(b"}").unwrap_or(envelope).to_vec();
    text.extend(format!(",\"Response\":{second}}}").bytes());
    Bytes::from(text)
}

/// Returns every member of the specification with the value null.
fn nothing(shape: &StructInfo) -> Map<String, Value> {
    let members = shape.members.iter();
    members
        .map(|member| (member.name.to_owned(), Value::Null))
        .collect()
}

/// Removes the URLs of results at every depth.
fn without_urls(members: &mut Map<String, Value>) {
    members.retain(|name, _| !(name.ends_with("Url") || name.ends_with("Urls")));
    members.values_mut().for_each(|value| match value {
        Value::Object(members) => without_urls(members),
        Value::Array(items) => {
            let objects = items.iter_mut().filter_map(Value::as_object_mut);
            objects.for_each(without_urls);
        }
        _ => {}
    });
}

/// Sets every status: an enumeration whose name ends with `Status`.
fn set_status(members: &mut Map<String, Value>, shape: &StructInfo, value: &str) {
    for member in shape.members {
        let Some(found) = members.get_mut(member.name) else {
            continue;
        };
        match &member.kind {
            schema::Kind::Enum(_) if member.name.ends_with("Status") => *found = value.into(),
            kind => set_status_within(found, kind, value),
        }
    }
}

fn set_status_within(found: &mut Value, kind: &schema::Kind, value: &str) {
    match (kind, found) {
        (schema::Kind::Struct(name), Value::Object(members)) => {
            if let Some(shape) = schema::structure(name) {
                set_status(members, shape, value);
            }
        }
        (schema::Kind::List(kind), Value::Array(items)) => {
            for item in items {
                set_status_within(item, kind, value);
            }
        }
        _ => {}
    }
}

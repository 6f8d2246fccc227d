//! The members of an answer that decide about its meaning, duplicates included.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The members of a JSON object in their order. A name that occurs twice is kept twice, because
/// parsers differ in which of the two they use.
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// An error as the service writes it.
#[derive(Debug, Deserialize)]
pub(super) struct ServiceError {
    #[serde(rename = "Code", default)]
    pub(super) code: Option<String>,
    #[serde(rename = "Message", default)]
    pub(super) message: Option<String>,
}

/// The outcome that one `Response` states.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) errors: Vec<ServiceError>,
    pub(super) request_id: Option<String>,
    /// Every task id that is not empty, without repetitions.
    pub(super) task_ids: Vec<String>,
    /// `true` if a task id is present but blank.
    pub(super) has_empty_task_id: bool,
}

impl ServiceError {
    /// Returns the code and the message, empty where they are missing.
    pub(super) fn parts(&self) -> (&str, &str) {
        (
            self.code.as_deref().unwrap_or_default(),
            self.message.as_deref().unwrap_or_default(),
        )
    }
}

impl<'a> Members<'a> {
    pub(super) fn read(json: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Returns every value of a member, `null` included.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a RawValue> {
        let named = self.0.iter().filter(move |(member, _)| member == name);
        named.map(|(_, value)| *value)
    }
}

impl Head {
    /// Returns `None` when the value is not an object, or its error does not have the service's
    /// form.
    pub(super) fn read(response: &RawValue) -> Option<Self> {
        let members = Members::read(response.get().as_bytes())?;
        let mut head = Self::default();
        for error in members.all("Error") {
            let error: Option<ServiceError> = serde_json::from_str(error.get()).ok()?;
            head.errors.extend(error);
        }
        for id in members.all("RequestId") {
            let id: Option<String> = serde_json::from_str(id.get()).ok()?;
            head.request_id = head.request_id.or(id);
        }
        for id in members.all("TaskId") {
            head.add_task_id(id);
        }
        Some(head)
    }

    fn add_task_id(&mut self, id: &RawValue) {
        let text = match serde_json::from_str(id.get()) {
            Ok(serde_json::Value::String(text)) => text,
            Ok(serde_json::Value::Number(number)) => number.to_string(),
            _ => return,
        };
        if text.trim().is_empty() {
            self.has_empty_task_id = true;
        } else if !self.task_ids.contains(&text) {
            self.task_ids.push(text);
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(Members(members))
    }
}

/// A member's name, borrowed unless it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

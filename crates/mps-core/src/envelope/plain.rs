//! The answer that nearly every call receives: one envelope around one response without an error.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
};

use super::TASK_ID;

/// The ids in such an answer, read in one pass.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    pub(super) request_id: Option<Cow<'a, str>>,
    /// The task id, if the response has no member but the ids.
    pub(super) only_task_id: Option<Cow<'a, str>>,
}

impl<'a> Plain<'a> {
    /// Returns `None` for every other answer: with an error, with a member that occurs twice, or with an
    /// id that is no text.
    pub(super) fn read(envelope: &'a [u8]) -> Option<Self> {
        let mut json = serde_json::Deserializer::from_str(str::from_utf8(envelope).ok()?);
        let plain = json.deserialize_map(Envelope).ok()?;
        json.end().ok()?;
        Some(plain)
    }
}

/// A name or an id, borrowed unless it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Envelope;

impl<'de> Visitor<'de> for Envelope {
    type Value = Plain<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plain<'de>, A::Error> {
        let mut plain = None;
        while let Some(Text(name)) = map.next_key()? {
            if name != "Response" {
                map.next_value::<IgnoredAny>()?;
            } else if plain.replace(map.next_value_seed(Response)?).is_some() {
                return Err(A::Error::duplicate_field("Response"));
            }
        }
        plain.ok_or_else(|| A::Error::missing_field("Response"))
    }
}

struct Response;

impl<'de> DeserializeSeed<'de> for Response {
    type Value = Plain<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Plain<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Response {
    type Value = Plain<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plain<'de>, A::Error> {
        let (mut request_id, mut task_id, mut has_others) = (None, None, false);
        while let Some(Text(name)) = map.next_key()? {
            let id = match &*name {
                "RequestId" => &mut request_id,
                TASK_ID => &mut task_id,
                "Error" => return Err(A::Error::custom("an error")),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    has_others = true;
                    continue;
                }
            };
            let Text(text) = map.next_value()?;
            // Stops at the first letter, where `trim` looks at both ends.
            if text.chars().all(char::is_whitespace) || id.replace(text).is_some() {
                return Err(A::Error::custom("an id that is blank or occurs twice"));
            }
        }
        Ok(Plain {
            request_id,
            only_task_id: task_id.filter(|_| !has_others),
        })
    }
}

//! Errors of the control API.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::{engine::log::truncate, http::reply};

/// A mistake in a request, with its place and a hint. Answered with status 400.
pub(super) struct Refusal {
    error: String,
    member: Option<String>,
    value: Option<Value>,
    bound: Option<String>,
    hint: String,
}

const LONGEST_VALUE: usize = 200;

impl Refusal {
    pub(super) fn new(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            member: None,
            value: None,
            bound: None,
            hint: hint.into(),
        }
    }

    /// Adds the name of the wrong member and its value.
    pub(super) fn at(mut self, member: &str, value: &Value) -> Self {
        self.member = Some(shortened(member.to_owned()));
        self.value = Some(match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
            other => json!(shortened(
                other
                    .as_str()
                    .map_or_else(|| other.to_string(), str::to_owned)
            )),
        });
        self
    }

    /// Adds the allowed values of the member.
    pub(super) fn bound(mut self, bound: &str) -> Self {
        self.bound = Some(bound.to_owned());
        self
    }

    pub(super) fn response(self) -> Response<Bytes> {
        let mut body = json!({ "error": self.error, "hint": self.hint });
        if let (Some(members), Some(member)) = (body.as_object_mut(), self.member) {
            members.insert("member".to_owned(), json!(member));
            members.insert("value".to_owned(), json!(self.value));
            members.extend(self.bound.map(|bound| ("bound".to_owned(), json!(bound))));
        }
        reply::json(StatusCode::BAD_REQUEST, &body)
    }
}

/// Returns the members of a body; an empty body has none.
pub(super) fn members(body: &Bytes, hint: &str) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        _ if body.is_empty() => Ok(Map::new()),
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refusal::new("the body is not a JSON object", hint)),
        Err(error) => Err(Refusal::new(format!("the body is not JSON: {error}"), hint)),
    }
}

/// Parses a duration such as `15m`.
pub(super) fn duration(member: &str, value: &Value) -> Result<std::time::Duration, Refusal> {
    let wrong = |error: String| {
        Refusal::new(
            error,
            "write a duration as a text, such as \"90s\", \"15m\" or \"12h\"",
        )
        .at(member, value)
    };
    let text = value
        .as_str()
        .ok_or_else(|| wrong("not a duration".to_owned()))?;
    humantime::parse_duration(text).map_err(|error| wrong(format!("not a duration: {error}")))
}

fn shortened(mut text: String) -> String {
    truncate(&mut text, LONGEST_VALUE);
    text
}

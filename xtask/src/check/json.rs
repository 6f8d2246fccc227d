//! JSON values with their place in the text.

use std::{fmt, ops::Range};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value in a JSON text.
pub(super) struct Json<'t> {
    text: &'t str,
    raw: &'t str,
}

impl<'t> Json<'t> {
    /// Reads a whole text.
    ///
    /// # Errors
    /// Returns the first malformed byte and the reason.
    pub(super) fn parse(text: &'t str) -> Result<Self, (usize, String)> {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Ok(Self::new(text, raw)),
            Err(error) => Err((offset(text, &error), reason(&error))),
        }
    }

    fn new(text: &'t str, raw: &'t RawValue) -> Self {
        Self {
            text,
            raw: raw.get(),
        }
    }

    /// Returns its place in bytes.
    pub(super) fn range(&self) -> Range<usize> {
        // The value borrows from the text, so the difference of their addresses is its offset.
        let start = self.raw.as_ptr().addr() - self.text.as_ptr().addr();
        start..start + self.raw.len()
    }

    /// Returns the place of the name of the member with this value, in bytes.
    pub(super) fn name_range(&self, name: &str) -> Range<usize> {
        let before = self.text.get(..self.range().start).unwrap_or_default();
        let name = format!("\"{name}\"");
        // A name with escapes is not found; the place of the value is close enough.
        let found = before.trim_end().strip_suffix(':').map(str::trim_end);
        match found.filter(|before| before.ends_with(&name)) {
            Some(before) => before.len() - name.len()..before.len(),
            None => self.range(),
        }
    }

    /// Returns the members of an object in their order, including repeated ones; `None` for other
    /// values.
    pub(super) fn members(&self) -> Option<Vec<(String, Json<'t>)>> {
        let object: Object<'t> = serde_json::from_str(self.raw).ok()?;
        let json = |(name, raw)| (name, Json::new(self.text, raw));
        Some(object.0.into_iter().map(json).collect())
    }

    /// Returns the items of a list; `None` for other values.
    pub(super) fn items(&self) -> Option<Vec<Json<'t>>> {
        let items: Vec<&'t RawValue> = serde_json::from_str(self.raw).ok()?;
        Some(
            items
                .into_iter()
                .map(|raw| Json::new(self.text, raw))
                .collect(),
        )
    }

    /// Returns the value unless it is an object or a list.
    pub(super) fn scalar(&self) -> Option<serde_json::Value> {
        let value: serde_json::Value = serde_json::from_str(self.raw).ok()?;
        (!value.is_object() && !value.is_array()).then_some(value)
    }
}

struct Object<'t>(Vec<(String, &'t RawValue)>);

impl<'t> Deserialize<'t> for Object<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members).map(Self)
    }
}

struct Members;

impl<'t> Visitor<'t> for Members {
    type Value = Vec<(String, &'t RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// Returns the byte that an error points at. Its lines, and its columns in bytes, start at 1.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    let exact = (before + error.column().saturating_sub(1)).min(text.len());
    (0..=exact)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}

/// Returns the reason without the position, which the caret shows.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

//! JSON that knows where in its text it stands.

use std::{fmt, ops::Range};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A piece of a JSON text.
pub(super) struct Json<'t> {
    text: &'t str,
    raw: &'t str,
}

impl<'t> Json<'t> {
    /// Reads a whole text, or tells at which byte it is broken, and how.
    pub(super) fn parse(text: &'t str) -> Result<Self, (usize, String)> {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Ok(Self::new(text, raw)),
            Err(fault) => Err((offset(text, &fault), reason(&fault))),
        }
    }

    fn new(text: &'t str, raw: &'t RawValue) -> Self {
        Self {
            text,
            raw: raw.get(),
        }
    }

    /// Where it stands, in bytes.
    pub(super) fn range(&self) -> Range<usize> {
        // The piece borrows from the text, so their addresses tell where it begins.
        let start = self.raw.as_ptr().addr() - self.text.as_ptr().addr();
        start..start + self.raw.len()
    }

    /// Where the member's name stands of which this is the value.
    pub(super) fn name_range(&self, name: &str) -> Range<usize> {
        let before = self.text.get(..self.range().start).unwrap_or_default();
        let name = format!("\"{name}\"");
        // A name with escapes in it is not found; the value is near enough then.
        let found = before.trim_end().strip_suffix(':').map(str::trim_end);
        match found.filter(|before| before.ends_with(&name)) {
            Some(before) => before.len() - name.len()..before.len(),
            None => self.range(),
        }
    }

    /// The members if it is an object, in their order, repeated ones included.
    pub(super) fn members(&self) -> Option<Vec<(String, Json<'t>)>> {
        let object: Object<'t> = serde_json::from_str(self.raw).ok()?;
        let json = |(name, raw)| (name, Json::new(self.text, raw));
        Some(object.0.into_iter().map(json).collect())
    }

    /// The items if it is a list.
    pub(super) fn items(&self) -> Option<Vec<Json<'t>>> {
        let items: Vec<&'t RawValue> = serde_json::from_str(self.raw).ok()?;
        Some(
            items
                .into_iter()
                .map(|raw| Json::new(self.text, raw))
                .collect(),
        )
    }

    /// The value if it is neither object nor list.
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

/// The byte a fault points at, which counts lines from one and columns in bytes from one.
fn offset(text: &str, fault: &serde_json::Error) -> usize {
    let lines = text
        .split_inclusive('\n')
        .take(fault.line().saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    let exact = (before + fault.column().saturating_sub(1)).min(text.len());
    (0..=exact)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}

/// What is wrong, without the position, which the caret shows.
fn reason(fault: &serde_json::Error) -> String {
    let text = fault.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

//! The members of a line of JSON: split, not yet parsed.

use std::{borrow::Cow, collections::HashSet, fmt};

use mps_models::preflight::{Finding, rules as preflight_rules};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{finding::error, rules};

/// More members than any action has.
const MOST_MEMBERS: usize = 1_000;

/// A member: its name, and its value as JSON.
pub(super) type Member<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The members of the line that has the defaults; values as JSON.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    pub(super) action: Option<String>,
    pub(super) out: Option<String>,
    pub(super) members: Vec<(String, String)>,
}

/// Splits a line into its members.
pub(super) fn split(line: &str) -> Result<Vec<Member<'_>>, Vec<Finding>> {
    let Members(members) =
        serde_json::from_str(line).map_err(|error| vec![syntax_error(line, &error)])?;
    let faults = faults(&members);
    if faults.is_empty() {
        Ok(members)
    } else {
        Err(faults)
    }
}

/// Returns the defaults of a line that has them, or `None` for a line that is something else.
pub(super) fn defaults(line: &str) -> Option<Result<Defaults, Vec<Finding>>> {
    let Members(members) = serde_json::from_str(line).ok()?;
    let (_, value) = members.iter().find(|(name, _)| name == "defaults")?;
    if members.len() > 1 {
        let message = "a line with `defaults` has no other members";
        let fault = error("defaults", rules::DEFAULTS, message);
        return Some(Err(vec![fault.hint(
            "write {\"defaults\":{...}} as the first line, and the row on the next one",
        )]));
    }
    Some(read_defaults(value))
}

fn read_defaults(value: &str) -> Result<Defaults, Vec<Finding>> {
    let members = split(value).map_err(within_defaults)?;
    let mut defaults = Defaults::default();
    let mut faults = Vec::new();
    for (name, value) in members {
        let mut text = |to: &mut Option<String>| match serde_json::from_str(&value) {
            Ok(text) => *to = text,
            Err(_) => faults.push(not_a_text(&name)),
        };
        match name.as_ref() {
            "action" => text(&mut defaults.action),
            "out" => text(&mut defaults.out),
            "id" => {
                let message = "each row has its own id";
                faults.push(error("id", rules::DEFAULTS, message).hint("leave it out"));
            }
            "after" => faults.push(reserved("after")),
            _ if value == "null" => {}
            _ => defaults
                .members
                .push((name.into_owned(), value.into_owned())),
        }
    }
    if faults.is_empty() {
        Ok(defaults)
    } else {
        Err(within_defaults(faults))
    }
}

fn within_defaults(mut faults: Vec<Finding>) -> Vec<Finding> {
    for fault in &mut faults {
        fault.path = match fault.path.as_str() {
            "" => "defaults".to_owned(),
            path => format!("defaults.{path}"),
        };
    }
    faults
}

/// Returns the model that its name and version make, as in `Kling 2.6`; `None` without a name.
pub(super) fn model([name, version]: [Option<Cow<'_, str>>; 2]) -> Option<String> {
    let mut model = name?;
    if let Some(version) = version {
        let model = model.to_mut();
        model.push(' ');
        model.push_str(&version);
    }
    Some(model.into_owned())
}

/// Returns the text of a member, given its value as JSON; `None` if it is no text.
pub(super) fn text(value: &str) -> Option<Cow<'_, str>> {
    let text: Result<Text<'_>, _> = serde_json::from_str(value);
    text.ok().map(|Text(text)| text)
}

/// Returns the finding of a member that is reserved.
pub(super) fn reserved(member: &str) -> Finding {
    let message = "the member is reserved for rows that continue the last frame of another row, \
                   which do not exist yet";
    error(member, rules::RESERVED, message)
        .hint("leave it out; give the frame as `ImageUrl` once the other row is done")
}

pub(super) fn not_a_text(member: &str) -> Finding {
    error(member, preflight_rules::WRONG_TYPE, "has to be a text").hint("put it in quotation marks")
}

/// Returns the findings about members that are there twice, at any depth.
fn faults(members: &[Member<'_>]) -> Vec<Finding> {
    if members.len() > MOST_MEMBERS {
        let message = format!("the row has more than {MOST_MEMBERS} members");
        return vec![error("", rules::ROW_LENGTH, message)];
    }
    let repeated = repeated(members.iter().map(|(name, _)| name.as_ref()));
    let twice = |name| twice(name, "the member is there twice".to_owned());
    let mut faults: Vec<_> = repeated.into_iter().map(twice).collect();
    faults.extend(nested_faults(members));
    faults
}

/// Returns the findings about objects within members, of members that are there twice and of values
/// that no parser accepts.
pub(super) fn nested_faults(members: &[Member<'_>]) -> Vec<Finding> {
    let nested = members
        .iter()
        .filter(|(_, value)| value.starts_with(['{', '[']));
    let faults = nested.filter_map(|(name, value)| {
        let fault = serde_json::from_str::<Unique>(value).err()?;
        Some(nested_fault(name, &fault))
    });
    faults.collect()
}

/// Returns the finding of members of which one has a value that no parser accepts, such as a number of a
/// thousand digits.
pub(super) fn unreadable_value(members: &[Member<'_>]) -> Finding {
    let faults = members.iter().filter_map(|(name, value)| {
        let fault = serde_json::from_str::<serde_json::Value>(value).err()?;
        Some(error(
            name,
            preflight_rules::FORMAT_JSON,
            message_of(&fault),
        ))
    });
    let mut faults = faults;
    let other = || error("", preflight_rules::FORMAT_JSON, "the row is not JSON");
    faults.next().unwrap_or_else(other)
}

/// Names that were seen. Few are compared one by one, which is faster than hashing them.
#[derive(Default)]
pub(super) struct Names<'a> {
    few: Vec<Cow<'a, str>>,
    many: HashSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    /// The names that are compared one by one.
    const FEW: usize = 24;

    /// Adds a name, and returns `false` if it was seen before.
    pub(super) fn add(&mut self, name: Cow<'a, str>) -> bool {
        if self.few.contains(&name) || self.many.contains(&name) {
            return false;
        }
        if self.few.len() < Self::FEW {
            self.few.push(name);
        } else {
            self.many.insert(name);
        }
        true
    }
}

/// Returns the names that occur more than once.
pub(super) fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Names::default();
    names
        .filter(|name| !seen.add(Cow::Borrowed(name)))
        .collect()
}

fn twice(member: &str, message: String) -> Finding {
    error(member, preflight_rules::DUPLICATE_MEMBER, message).hint("leave one of them out")
}

fn nested_fault(member: &str, fault: &serde_json::Error) -> Finding {
    let message = message_of(fault);
    if message == RECURSION {
        return error(member, rules::NESTING, "is nested deeper than 127 levels");
    }
    if fault.is_data() {
        return twice(member, message);
    }
    error(member, preflight_rules::FORMAT_JSON, message)
}

/// The message of `serde_json` about nesting.
const RECURSION: &str = "recursion limit exceeded";

/// Returns the message without its place, which is that in a part of the line.
fn message_of(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    message.to_owned()
}

/// Returns the finding of a line that is not an object, with a hint about the usual causes.
fn syntax_error(line: &str, fault: &serde_json::Error) -> Finding {
    if fault.is_data() {
        let finding = error("", preflight_rules::WRONG_TYPE, "a row has to be an object");
        return finding.hint(if line.trim_start().starts_with('[') {
            "write one object a line: jq -c '.[]' FILE > prompts.jsonl"
        } else {
            "write one object a line, such as {\"id\":\"fox\",\"Prompt\":\"a fox\"}"
        });
    }
    let (message, column) = (message_of(fault), fault.column());
    let finding = error(
        "",
        preflight_rules::FORMAT_JSON,
        format!("not JSON at column {column}: {message}"),
    );
    finding.hint(if fault.is_eof() {
        "close every brace and quote on the same line; an object of several lines: jq -c . FILE > prompts.jsonl"
    } else if message == "trailing characters" {
        "write one object a line"
    } else {
        "look for a missing quote, comma or brace just before this column"
    })
}

/// An object, split into its members.
struct Members<'a>(Vec<Member<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(Text(name)) = map.next_key()? {
                    let value: &RawValue = map.next_value()?;
                    members.push((name, Cow::Borrowed(value.get())));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A text that is borrowed unless it has escapes.
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// JSON in which no object has a member twice: parsers differ in which of the two counts.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_unit<E>(self) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Unique, S::Error> {
                while items.next_element::<Unique>()?.is_some() {}
                Ok(Unique)
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Unique, M::Error> {
                let mut seen = Names::default();
                while let Some(Text(name)) = map.next_key()? {
                    if !seen.add(name.clone()) {
                        let shown: String = name.chars().take(60).collect();
                        let message = format!("has the member {shown:?} twice");
                        return Err(de::Error::custom(message));
                    }
                    map.next_value::<Unique>()?;
                }
                Ok(Unique)
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}

//! The published examples of actions, as fixtures.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use heck::ToKebabCase;
use serde::Deserialize;
use serde_json::Value;

use super::{Added, ENVELOPE, path};
use crate::{
    failure::Failure,
    published::fingerprint::{Fingerprint, flags},
};

/// Maximum size of the file. Real ones have half a megabyte.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Deserialize)]
struct Examples {
    actions: BTreeMap<String, Vec<Example>>,
}

#[derive(Deserialize)]
struct Example {
    title: String,
    input: String,
    output: String,
}

/// Adds the examples of some actions. One that does not fit the structure is left out.
pub(super) fn add(
    file: &Path,
    print: &Fingerprint,
    names: &[String],
    added: &mut Added,
) -> Result<(), Failure> {
    let failed = |error: String| Failure::new(format!("error: {}: {error}", file.display()));
    let size = fs::metadata(file)
        .map_err(|error| failed(error.to_string()))?
        .len();
    if size > MAX_BYTES {
        return Err(failed("the file is too large".to_owned()));
    }
    let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let mut all: Examples = serde_json::from_str(&text)
        .map_err(|error| failed(format!("not a file of examples: {error}")))?;
    for name in names {
        for (at, example) in all
            .actions
            .remove(name)
            .unwrap_or_default()
            .iter()
            .enumerate()
        {
            match fixture(example, name, print) {
                Ok((request, response)) => write(name, at, example, &request, &response, added),
                Err(reason) => added.skipped.push(format!("{name} {}: {reason}", at + 1)),
            }
        }
    }
    Ok(())
}

fn write(
    action: &str,
    at: usize,
    example: &Example,
    request: &Value,
    response: &Value,
    added: &mut Added,
) {
    let slug: String = example
        .title
        .to_kebab_case()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(40)
        .collect();
    let slug = format!("{}-{}", at + 1, slug.trim_matches('-'));
    let slug = slug.trim_end_matches('-');
    for (part, value) in [("request", request), ("response", response)] {
        let file = format!("examples/{action}/{slug}.{part}.json");
        added.files.insert(file, format!("{value:#}\n"));
    }
    let block = format!(
        "\n[[example]]\nname = \"{slug}\"\ndoc = \"Published example {}.\"\n\
         request = \"{slug}.request.json\"\nresponse = \"{slug}.response.json\"\n",
        at + 1
    );
    let text = added.files.entry(path("actions", action)).or_default();
    // Writing to a text cannot fail.
    let _ = write!(text, "{block}");
    added.examples += 1;
}

/// Returns the request and the response of an example.
fn fixture(example: &Example, action: &str, print: &Fingerprint) -> Result<(Value, Value), String> {
    let messages = print.actions.get(action).ok_or("an unknown action")?;
    let (_, body) = example
        .input
        .split_once('{')
        .ok_or("no JSON in the request")?;
    let parse = |text: &str, what: &str| {
        let json: Result<Value, _> = serde_json::from_str(text);
        json.map_err(|error| format!("the {what} is not valid JSON: {error}"))
    };
    let mut request = parse(&format!("{{{body}"), "request")?;
    let mut response = parse(&example.output, "response")?;
    without_null(&mut request);
    without_null(&mut response);
    fits(print, &request, &messages.1, "request")?;
    let inner = response.get_mut("Response").and_then(Value::as_object_mut);
    let inner = inner.ok_or("the response has no envelope")?;
    let id = inner.remove(ENVELOPE);
    let members = Value::Object(inner.clone());
    fits(print, &members, &messages.2, "response")?;
    inner.insert(ENVELOPE.to_owned(), id.unwrap_or_else(|| "0".into()));
    if response
        .as_object()
        .is_some_and(|envelope| envelope.len() > 1)
    {
        return Err("the response has more than its envelope".to_owned());
    }
    Ok((request, response))
}

/// Removes members that are `null`, which stands for their absence.
fn without_null(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_null);
        }
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(without_null);
        }
        _ => {}
    }
}

/// Verifies that a value has only members of an object, of their types.
fn fits(print: &Fingerprint, value: &Value, object: &str, at: &str) -> Result<(), String> {
    let found = print
        .objects
        .get(object)
        .ok_or_else(|| format!("{at}: unknown struct"))?;
    let Some(members) = value.as_object() else {
        return Err(format!("{at}: not an object"));
    };
    for (name, value) in members {
        let place = format!("{at}.{name}");
        let member = found
            .members
            .iter()
            .find(|it| it.0 == *name && !it.has(flags::DISABLED));
        let member = member.ok_or_else(|| format!("{place}: no such member"))?;
        fits_type(print, value, &member.1, &place)?;
    }
    Ok(())
}

fn fits_type(print: &Fingerprint, value: &Value, ty: &str, at: &str) -> Result<(), String> {
    let item = ty.strip_prefix("List<").and_then(|ty| ty.strip_suffix('>'));
    if let Some(item) = item {
        let items = value
            .as_array()
            .ok_or_else(|| format!("{at}: not a list"))?;
        return items
            .iter()
            .try_for_each(|value| fits_type(print, value, item, at));
    }
    let fits = match ty {
        "String" => value.is_string(),
        "Integer" => value.is_i64(),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        name => return self::fits(print, value, name, at),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("{at}: not of type {ty}"))
    }
}

//! The same JSON in other words, as libraries write it again between signing and sending.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Map, Value};

/// Every other spelling of `text`, with a name for it. None if it is not JSON.
pub(super) fn spellings(text: &str) -> Vec<(&'static str, String)> {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Vec::new();
    };
    let mut spellings = vec![
        ("without space between its tokens", respaced(text, "", "")),
        (
            "with `, ` and `: ` between its tokens",
            respaced(text, " ", " "),
        ),
        (
            "with `,` and `: ` between its tokens",
            respaced(text, "", " "),
        ),
    ];
    for text in [text, &respaced(text, "", ""), &respaced(text, " ", " ")] {
        spellings.push(("with every character outside ASCII escaped", ascii(text)));
        spellings.push(("with escaped characters written out", unescaped(text)));
        spellings.push(("with `<`, `>` and `&` escaped", html_escaped(text)));
    }
    let sorted = sorted(value).to_string();
    spellings.push((SORTED, respaced(&sorted, " ", " ")));
    spellings.push((SORTED, sorted));
    spellings.retain(|(_, spelling)| spelling != text);
    spellings
}

const SORTED: &str = "with its members sorted by name";

/// Takes the space between tokens away and puts some after commas and colons.
fn respaced(text: &str, after_comma: &str, after_colon: &str) -> String {
    let mut respaced = String::with_capacity(text.len());
    let (mut in_text, mut is_escaped) = (false, false);
    for c in text.chars() {
        if !in_text && c.is_ascii_whitespace() {
            continue;
        }
        respaced.push(c);
        match c {
            '"' if !is_escaped => in_text = !in_text,
            ',' if !in_text => respaced.push_str(after_comma),
            ':' if !in_text => respaced.push_str(after_colon),
            _ => {}
        }
        is_escaped = in_text && c == '\\' && !is_escaped;
    }
    respaced
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<String, Value> = members.into_iter().collect();
            let members = members
                .into_iter()
                .map(|(name, value)| (name, sorted(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

fn ascii(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            let units = &mut [0; 2];
            for unit in c.encode_utf16(units) {
                // Writing to text cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

fn html_escaped(text: &str) -> String {
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// Writes out every run of escapes outside ASCII.
fn unescaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("\\u") {
        written.push_str(rest.get(..start).unwrap_or_default());
        rest = rest.get(start..).unwrap_or_default();
        let run = run_of_escapes(rest);
        if let Some(text) = run.and_then(|length| decoded(rest.get(..length)?)) {
            written.push_str(&text);
            rest = rest.get(run.unwrap_or_default()..).unwrap_or_default();
        } else {
            written.push_str("\\u");
            rest = rest.get(2..).unwrap_or_default();
        }
    }
    written + rest
}

const ESCAPE: usize = "\\u0000".len();

/// Length of the escapes that `text` begins with.
fn run_of_escapes(text: &str) -> Option<usize> {
    let is_escape = |part: &[u8]| {
        part.len() == ESCAPE
            && part.starts_with(b"\\u")
            && part.iter().skip(2).all(u8::is_ascii_hexdigit)
    };
    let count = text
        .as_bytes()
        .chunks(ESCAPE)
        .take_while(|part| is_escape(part))
        .count();
    (count > 0).then_some(count * ESCAPE)
}

/// The characters of a run of escapes, unless one of them is in ASCII, which has to stay escaped
/// if it is a quote or a control character.
fn decoded(run: &str) -> Option<String> {
    let text: String = serde_json::from_str(&format!("\"{run}\"")).ok()?;
    text.chars().all(|c| !c.is_ascii()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_change_outside_of_texts_only() {
        let text = "{ \"a b\" : \"x, \\\" : y\" ,\n\"c\":[1, 2] }";
        assert_eq!(respaced(text, "", ""), r#"{"a b":"x, \" : y","c":[1,2]}"#);
        assert_eq!(
            respaced(text, " ", " "),
            r#"{"a b": "x, \" : y", "c": [1, 2]}"#
        );
    }

    /// From `json.dumps` of Python.
    #[test]
    fn characters_are_escaped_as_other_languages_do() {
        assert_eq!(ascii("{\"a\":\"猫🐈\"}"), r#"{"a":"\u732b\ud83d\udc08"}"#);
        assert_eq!(
            unescaped(r#"{"a":"\u732b\ud83d\udc08 \u000a \ud83d"}"#),
            "{\"a\":\"猫🐈 \\u000a \\ud83d\"}"
        );
    }
}

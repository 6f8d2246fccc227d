//! Other spellings of the same JSON, as libraries write it between signing and sending.

use std::fmt::Write as _;

use serde_json::Value;

const SORTED: &str = "with its members sorted by name";

/// Returns every other usual spelling of `text` with its description; none if it is not JSON.
pub(super) fn spellings(text: &str) -> Vec<(&'static str, String)> {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Vec::new();
    };
    let compact = respaced(text, "", "");
    let spaced = respaced(text, " ", " ");
    // Serde's own map is sorted by name.
    let sorted = value.to_string();
    let mut spellings = vec![
        (SORTED, respaced(&sorted, " ", " ")),
        (SORTED, sorted),
        (
            "with `,` and `: ` between its tokens",
            respaced(text, "", " "),
        ),
    ];
    for text in [text, &compact, &spaced] {
        spellings.push(("with every character outside ASCII escaped", ascii(text)));
        spellings.push(("with `<`, `>` and `&` escaped", html_escaped(text)));
    }
    spellings.extend([
        ("without space between its tokens", compact),
        ("with `, ` and `: ` between its tokens", spaced),
    ]);
    spellings.retain(|(_, spelling)| spelling != text);
    spellings.reverse();
    spellings
}

/// Removes the space between tokens and adds some after commas and colons.
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

fn ascii(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_changes_only_outside_of_texts() {
        let text = "{ \"a b\" : \"x, \\\" : y\" ,\n\"c\":[1, 2] }";
        assert_eq!(respaced(text, "", ""), r#"{"a b":"x, \" : y","c":[1,2]}"#);
        assert_eq!(
            respaced(text, " ", " "),
            r#"{"a b": "x, \" : y", "c": [1, 2]}"#
        );
    }

    /// Expected value from Python's `json.dumps`.
    #[test]
    fn characters_outside_ascii_are_escaped_as_utf_16() {
        assert_eq!(ascii("{\"a\":\"猫🐈\"}"), r#"{"a":"\u732b\ud83d\udc08"}"#);
    }
}

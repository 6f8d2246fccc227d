//! Text of requests and answers without the secrets that its URLs contain.

use std::borrow::Cow;

use serde_json::Value;

use crate::hash::is_signed;

/// Returns a text in which signed URLs have no query and no URL has a user name or password.
pub(crate) fn without_secrets(text: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let (mut kept, mut from) = (0, 0);
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("://")) {
        let begin = from + at + "://".len();
        let rest = text.get(begin..).unwrap_or_default();
        let end = begin + rest.find(is_end).unwrap_or(rest.len());
        let url = text.get(begin..end).unwrap_or_default();
        let shown = without_secret(url);
        if shown.len() != url.len() {
            clean.push_str(text.get(kept..begin).unwrap_or_default());
            clean.push_str(shown);
            kept = end;
        }
        from = end;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(clean)
}

/// Removes the secrets from every text of a value. Returns `true` if there was one.
pub(crate) fn remove_secrets(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            let clean = match without_secrets(text) {
                Cow::Owned(clean) => clean,
                Cow::Borrowed(_) => return false,
            };
            *text = clean;
            true
        }
        Value::Array(values) => values
            .iter_mut()
            .fold(false, |found, value| remove_secrets(value) | found),
        Value::Object(members) => members
            .values_mut()
            .fold(false, |found, value| remove_secrets(value) | found),
        _ => false,
    }
}

/// Returns the part of a URL after its scheme without its secrets.
fn without_secret(url: &str) -> &str {
    let host_end = url.find(['/', '?', '#']).unwrap_or(url.len());
    let host = url.get(..host_end).unwrap_or_default();
    let user_end = host.rfind('@').map_or(0, |at| at + 1);
    let url = url.get(user_end..).unwrap_or_default();
    match url.split_once('?') {
        Some((path, query)) if is_signed(query) => path,
        _ => url,
    }
}

/// Returns `true` for a character that no URL contains, so that it ends one within a text.
fn is_end(character: char) -> bool {
    character.is_whitespace() || character.is_control() || "\"'<>\\`".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_and_passwords_are_left_out_and_nothing_else() {
        for (text, clean) in [
            ("a cat", "a cat"),
            ("https://h/a.png?v=1", "https://h/a.png?v=1"),
            ("https://h/a.png?q-signature=1&x=2", "https://h/a.png"),
            (
                "see https://u:p@h/a and https://h/b?X-Amz-Signature=3, ok",
                "see https://h/a and https://h/b ok",
            ),
            (
                r#"{"Url":"https://h/a?sign=1"}"#,
                r#"{"Url":"https://h/a"}"#,
            ),
            ("cos://u@h", "cos://h"),
            ("://", "://"),
            ("mail me@host", "mail me@host"),
            ("雪 https://h/é?sig=雪 雪", "雪 https://h/é 雪"),
        ] {
            assert_eq!(without_secrets(text), clean);
        }
    }
}

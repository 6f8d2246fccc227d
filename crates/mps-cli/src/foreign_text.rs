//! Text from outside: escaped and cut for people, cut for programs.

use std::{borrow::Cow, path::Path};

use mps_core::text::foreign;

/// Maximum length of an id, a status or a code, in characters.
pub(crate) const NAME_CHARS: usize = 200;
/// Maximum length of a message, in characters.
const MESSAGE_CHARS: usize = 2_000;
/// Maximum length of a URL or a path, in characters. Signed URLs have several hundred.
const PLACE_CHARS: usize = 4_096;

/// Returns an id, a status or a code as it is safe to show.
pub(crate) fn name(text: &str) -> Cow<'_, str> {
    foreign(text, NAME_CHARS)
}

/// Returns a message as it is safe to show, on one line.
pub(crate) fn message(text: &str) -> Cow<'_, str> {
    foreign(text, MESSAGE_CHARS)
}

/// Returns a URL as it is safe to show.
pub(crate) fn url(text: &str) -> Cow<'_, str> {
    foreign(text, PLACE_CHARS)
}

/// Returns a path as it is safe to show.
pub(crate) fn path(path: &Path) -> String {
    foreign(&path.to_string_lossy(), PLACE_CHARS).into_owned()
}

/// Returns text of several lines as it is safe to show: line breaks and tabs stay, everything else
/// that a terminal obeys is escaped, and nothing is cut.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    const KEPT: [char; 2] = ['\n', '\t'];
    if text.split(KEPT).all(is_safe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for part in text.split_inclusive(KEPT) {
        let line = part.trim_end_matches(KEPT);
        let (_, end) = part.split_at(line.len());
        shown.extend([&*foreign(line, usize::MAX), end]);
    }
    Cow::Owned(shown)
}

/// Returns JSON as it is safe to show, with its line breaks and its value unchanged: characters that
/// JSON allows in a text and a terminal obeys are written as escapes.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    escaped_json(text, |character| matches!(character, '\n' | '\t'))
}

/// Returns JSON as [`json`] does, on one line.
pub(crate) fn json_line(text: &str) -> Cow<'_, str> {
    escaped_json(text, |_| false)
}

fn escaped_json(text: &str, is_kept: fn(char) -> bool) -> Cow<'_, str> {
    if is_safe(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            _ if is_kept(character) => escaped.push(character),
            // Only between values: inside a text, JSON has them escaped already.
            '\n' | '\t' | '\r' => escaped.push(' '),
            _ if is_safe(character.encode_utf8(&mut [0; 4])) => escaped.push(character),
            _ => {
                let mut units = [0; 2];
                let units = character.encode_utf16(&mut units).iter();
                escaped.extend(units.map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    Cow::Owned(escaped)
}

fn is_safe(text: &str) -> bool {
    matches!(foreign(text, usize::MAX), Cow::Borrowed(_))
}

/// Returns a name for a program: unchanged, but for its length.
pub(crate) fn cut_name(text: &str) -> String {
    cut(text, NAME_CHARS)
}

/// Returns a message for a program: unchanged, but for its length.
pub(crate) fn cut_message(text: &str) -> String {
    cut(text, MESSAGE_CHARS)
}

fn cut(text: &str, max_chars: usize) -> String {
    let mut rest = text.chars();
    let kept: String = rest.by_ref().take(max_chars.saturating_sub(1)).collect();
    match (rest.next(), rest.next()) {
        (None, _) | (Some(_), None) => text.to_owned(),
        (Some(_), Some(_)) => kept + "\u{2026}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_breaks_and_nothing_else_that_a_terminal_obeys() {
        assert!(matches!(lines("one\ntwo"), Cow::Borrowed("one\ntwo")));
        assert_eq!(
            lines("a\u{1b}[31m\n\u{202e}b\r"),
            "a\\u{1b}[31m\n\\u{202e}b\\r"
        );
    }

    #[test]
    fn a_text_for_a_program_is_cut_and_not_changed() {
        assert_eq!(cut("a\u{1b}b", 3), "a\u{1b}b");
        assert_eq!(cut("abcd", 3), "ab\u{2026}");
        assert_eq!(cut("", 3), "");
    }
}

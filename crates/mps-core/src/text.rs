//! Text from outside, made safe to print and to copy into a shell.

use std::{borrow::Cow, fmt::Write as _};

/// Marks text that was cut.
const ELLIPSIS: char = '\u{2026}';

/// Returns `text` with every control character escaped, cut to at most `max_chars` characters.
///
/// Use it for everything that another machine wrote: messages, codes, ids, statuses, URLs and
/// names. Terminals obey control characters, and bidirectional overrides show text in another order
/// than programs read it.
///
/// Escaped are the C0 and C1 controls, `DEL`, the bidirectional marks, embeddings, overrides and
/// isolates, the line and paragraph separators and the byte order mark: as `\n`, `\r`, `\t`, or in
/// the form `\u{1b}`. Text that is cut ends with `…`, which counts as one of the `max_chars`; an
/// escape is never cut in two. Returns the text itself, without a copy, when there is nothing to
/// escape or cut. Backslashes of the text are left as they are, so escaping twice changes nothing.
///
/// # Example
/// ```
/// use mps_core::text::foreign;
///
/// assert_eq!(foreign("\u{1b}[31mred\n", 80), r"\u{1b}[31mred\n");
/// assert_eq!(foreign("abc\u{202e}fed", 80), r"abc\u{202e}fed");
/// assert_eq!(foreign("a long message", 6), "a lon…");
/// assert_eq!(foreign("雪 and ❄️", 80), "雪 and ❄️");
/// ```
#[must_use]
pub fn foreign(text: &str, max_chars: usize) -> Cow<'_, str> {
    // Looks at every byte, several at a time.
    let is_plain = |plain: bool, byte: u8| plain & matches!(byte, b' '..=b'~');
    if text.len() <= max_chars && text.bytes().fold(true, is_plain) {
        return Cow::Borrowed(text);
    }
    if text.chars().nth(max_chars).is_none() && !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = Shown::up_to(max_chars);
    for character in text.chars() {
        if !shown.push(character) {
            return Cow::Owned(shown.cut());
        }
    }
    Cow::Owned(shown.text)
}

/// Returns a number in decimal digits, with a comma between thousands.
///
/// # Example
/// ```
/// use mps_core::text::grouped;
///
/// assert_eq!(grouped(999), "999");
/// assert_eq!(grouped(1_234_567), "1,234,567");
/// ```
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns `true` if a terminal interprets the character, or reorders text because of it.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Escaped text of a bounded length.
struct Shown {
    text: String,
    chars: usize,
    max_chars: usize,
    /// The longest prefix, in bytes, that leaves room for the ellipsis.
    cut_at: usize,
}

impl Shown {
    fn up_to(max_chars: usize) -> Self {
        Self {
            text: String::new(),
            chars: 0,
            max_chars,
            cut_at: 0,
        }
    }

    /// Appends a character, escaped if necessary; returns `false` when there is no room for it.
    fn push(&mut self, character: char) -> bool {
        if !is_unsafe(character) {
            return self.append(1, |text| text.push(character));
        }
        let escape = match character {
            '\n' | '\r' | '\t' => character.escape_default().to_string(),
            _ => character.escape_unicode().to_string(),
        };
        self.append(escape.len(), |text| {
            let _cannot_fail = text.write_str(&escape);
        })
    }

    fn append(&mut self, chars: usize, write: impl FnOnce(&mut String)) -> bool {
        if self.chars + chars > self.max_chars {
            return false;
        }
        write(&mut self.text);
        self.chars += chars;
        if self.chars < self.max_chars {
            self.cut_at = self.text.len();
        }
        true
    }

    fn cut(mut self) -> String {
        self.text.truncate(self.cut_at);
        if self.max_chars > 0 {
            self.text.push(ELLIPSIS);
        }
        self.text
    }
}

/// Returns a word quoted for a POSIX shell, if it needs quotes: for example, `it's` becomes `'it'\''s'`.
///
/// A word with a character that [`foreign`] escapes is written as `$'...'`, so that a terminal shows it as
/// it is and a command stays on one line.
///
/// # Example
/// ```
/// use mps_core::text::shell_quoted;
///
/// assert_eq!(shell_quoted("cat.mp4"), "cat.mp4");
/// assert_eq!(shell_quoted("a cat"), "'a cat'");
/// assert_eq!(shell_quoted("a\nb"), r"$'a\x0ab'");
/// ```
#[must_use]
pub fn shell_quoted(word: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "_-./:@=%+,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if !word.contains(is_unsafe) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = "$'".to_owned();
    for character in word.chars() {
        push_shell_escaped(&mut quoted, character);
    }
    quoted.push('\'');
    quoted
}

/// Appends a character as it is written within `$'...'`.
fn push_shell_escaped(quoted: &mut String, character: char) {
    if matches!(character, '\'' | '\\') {
        quoted.push('\\');
    }
    if !is_unsafe(character) {
        quoted.push(character);
        return;
    }
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        let _cannot_fail = write!(quoted, r"\x{byte:02x}");
    }
}

/// Returns `text` owned, as [`foreign`] would show it.
pub(crate) fn escaped(text: String, max_chars: usize) -> String {
    match foreign(&text, max_chars) {
        Cow::Owned(escaped) => escaped,
        Cow::Borrowed(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_and_overrides_are_escaped() {
        for (text, shown) in [
            (
                "\u{1b}]0;owned\u{7}\u{1b}[31mred",
                r"\u{1b}]0;owned\u{7}\u{1b}[31mred",
            ),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("\u{202e}", r"\u{202e}"),
            ("\u{2066}a\u{2069}", r"\u{2066}a\u{2069}"),
            ("a\u{2028}b\u{feff}", r"a\u{2028}b\u{feff}"),
            ("DONE\nexit 0\r\t\0\u{7f}", r"DONE\nexit 0\r\t\u{0}\u{7f}"),
            (
                "日本語, ünïcode, 👩\u{200d}🚀",
                "日本語, ünïcode, 👩\u{200d}🚀",
            ),
            ("", ""),
        ] {
            assert_eq!(foreign(text, 200), shown);
        }
    }

    #[test]
    fn long_text_is_cut_at_the_stated_length() {
        let long = "a".repeat(5_000_000);
        assert_eq!(foreign(&long, 5), "aaaa…");
        assert_eq!(foreign("aaaaa", 5), "aaaaa");
        assert_eq!(foreign("aaaa\u{1b}", 5), "aaaa…");
        assert_eq!(foreign("\u{1b}", 5), "…");
        assert_eq!(foreign("ab", 1), "…");
        assert_eq!(foreign("ab", 0), "");
        assert_eq!(foreign("", 0), "");
    }

    #[test]
    fn a_hostile_word_stays_one_argument_on_one_line() {
        for (word, shown) in [
            ("--endpoint=https://evil", "--endpoint=https://evil"),
            ("a\nb", r"$'a\x0ab'"),
            ("a'\u{1b}\\", r"$'a\'\x1b\\'"),
            ("\u{202e}b", r"$'\xe2\x80\xaeb'"),
            ("a; rm", "'a; rm'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(shell_quoted(word), shown);
        }
    }

    #[test]
    fn clean_text_is_not_copied() {
        assert!(matches!(foreign("plain", 5), Cow::Borrowed("plain")));
    }

    proptest! {
        #[test]
        fn no_text_comes_through_unescaped_or_too_long(text: String, max in 0_usize..40) {
            let shown = foreign(&text, max);
            prop_assert!(shown.chars().count() <= max);
            prop_assert!(!shown.contains(is_unsafe));
            prop_assert_eq!(foreign(&shown, max), shown.clone());
        }
    }
}

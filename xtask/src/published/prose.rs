//! Texts of a description: their hashes, their lines for a report, and the values that they name.
//!
//! The texts are HTML and are never copied into the specification. Values such as `720P` are facts,
//! so a fingerprint lists them.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Maximum number of values of one member.
const MAX_VALUES: usize = 100;

/// Maximum length of a value.
const MAX_VALUE: usize = 40;

/// Words before a colon that are no values.
const NO_VALUES: &[&str] = &[
    "Note",
    "Notes",
    "Example",
    "Examples",
    "Default",
    "Unit",
    "Range",
    "Format",
    "Description",
    "Supported",
    "Values",
    "Models",
    "Usage",
    "Limit",
    "Tip",
    "http",
    "https",
];

/// Returns the first 16 hexadecimal digits of the SHA-256 hash of a text.
#[must_use]
pub fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut text = String::new();
    for byte in digest.iter().take(8) {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Returns the lines of a text without its markup. A sentence is a line, so that a difference is
/// short.
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    let plain = unescaped(&without_tags(text, false));
    let plain = plain.replace(". ", ".\n").replace('。', "。\n");
    plain
        .lines()
        .map(shown)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Returns a line without leading and trailing blanks, with control and invisible characters
/// escaped.
fn shown(line: &str) -> String {
    let mut shown = String::new();
    for c in line.trim().chars() {
        let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || invisible {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Returns the values that a text names, in their order: those in code or in brackets, those before
/// a description (`zh: Chinese`), those in a list behind a colon, and words such as `720P`,
/// `motion_control` and `16:9`.
#[must_use]
pub fn values(text: &str) -> Vec<String> {
    let mut found = Found::default();
    let marked = unescaped(&without_tags(text, true));
    for line in marked.lines() {
        for code in between(line, '`', '`') {
            found.add(code.trim());
        }
        let line = line.replace('`', "");
        for list in between(&line, '[', ']') {
            let items = items(list);
            // Two whole numbers are the ends of a range; `[1.0, 1.1]` are versions.
            let is_range = items.len() == 2 && items.iter().all(|item| item.parse::<i64>().is_ok());
            if !is_range && items.iter().all(|item| is_value(item)) {
                found.extend(&items);
            }
        }
        described(&line, &mut found);
        words(&line).for_each(|word| found.add(word));
    }
    found.0
}

/// Adds the value before a colon, and the list behind it.
fn described(line: &str, found: &mut Found) {
    let Some((head, tail)) = line.split_once(": ").or_else(|| line.split_once('：')) else {
        return;
    };
    let head = head.trim().trim_start_matches(['-', '•', '·', ' ']);
    if is_value(head) && !NO_VALUES.contains(&head) {
        found.add(head);
    }
    let sentence = tail.split(". ").next().unwrap_or_default();
    let items = items(sentence.split('。').next().unwrap_or_default());
    let are_values = items.len() > 1 && items.iter().all(|item| is_value(item));
    if are_values {
        found.extend(&items);
    }
}

#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    fn extend(&mut self, values: &[&str]) {
        for value in values {
            self.add(value);
        }
    }

    fn add(&mut self, value: &str) {
        let fits = is_value(value) && self.0.len() < MAX_VALUES;
        if fits && !self.0.iter().any(|known| known == value) {
            self.0.push(value.to_owned());
        }
    }
}

/// Returns the parts of a list such as `a, b (default), and c`.
fn items(list: &str) -> Vec<&str> {
    let list = list.split([',', '，', '、', ';', '；', '/']);
    let parts = list
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" or "));
    let parts = parts.map(|part| part.split(['(', '（']).next().unwrap_or_default());
    let parts = parts.map(|part| {
        let part = part
            .trim()
            .trim_start_matches("and ")
            .trim_start_matches("or ");
        part.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '"' | '\'' | '“' | '”'))
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// Returns the words that can only be values: letters with digits or an underscore, and ratios.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|c: char| !is_value_char(c));
    let words = words.map(|word| word.trim_matches(['.', ':', '-', '+']));
    words.filter(|word| {
        let mut chars = word.chars();
        let has_digit = word.chars().any(|c| c.is_ascii_digit());
        let has_letter = word.chars().any(|c| c.is_ascii_alphabetic());
        let is_ratio = word
            .split_once(':')
            .is_some_and(|(one, other)| is_number(one) && is_number(other));
        let is_url = word.starts_with("http") || word.contains("://");
        !is_url && (is_ratio || (has_letter && (has_digit || chars.any(|c| c == '_'))))
    })
}

const fn is_value_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '+' | '-')
}

fn is_value(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= MAX_VALUE
        && text.chars().all(is_value_char)
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

fn between(line: &str, open: char, close: char) -> impl Iterator<Item = &str> {
    let parts = line.split(open).skip(1);
    // Between two equal marks, only every second part is inside.
    let step = if open == close { 2 } else { 1 };
    parts.step_by(step).filter_map(move |part| {
        let (inside, _) = part
            .split_once(close)
            .or_else(|| (open == close).then_some((part, "")))?;
        Some(inside)
    })
}

/// Returns the text with a line feed for each tag, or a backtick for tags of code if wanted. Tags
/// of mere emphasis disappear.
fn without_tags(text: &str, mark_code: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let name: String = after
            .chars()
            .take(12)
            .skip_while(|c| *c == '/')
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let is_tag = after.starts_with(|c: char| c == '/' || c.is_ascii_alphabetic());
        match after.split_once('>') {
            Some((_, behind)) if is_tag => {
                match &*name {
                    "code" if mark_code => plain.push('`'),
                    "code" | "strong" | "b" | "em" | "i" | "span" | "font" | "a" | "u" => {}
                    _ => plain.push('\n'),
                }
                rest = behind;
            }
            _ => {
                plain.push('<');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn unescaped(text: &str) -> String {
    [
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::{hash, lines, values};

    #[test]
    fn values_of_real_texts() {
        let listed = "<p>Version.</p><ol><li>Hunyuan: [1.5].</li><li>Kling: [1.6, O1, and 3.0-Omni].</li></ol>";
        assert_eq!(
            values(listed),
            ["1.5", "Hunyuan", "1.6", "O1", "3.0-Omni", "Kling"]
        );
        let described = "<p>Language.</p><p>Enumeration values: </p><ul><li>zh: Chinese</li><li>16:9: wide</li></ul>";
        assert_eq!(values(described), ["zh", "16:9"]);
        let prose = "Supported versions for EL: compose_v2 and sound_t2s_v2.<br>Valid values: 720P, 2K, and 4K. Note: none.";
        assert_eq!(
            values(prose),
            ["compose_v2", "sound_t2s_v2", "720P", "2K", "4K"]
        );
        assert_eq!(values("H2: [1.0, 1.1]"), ["1.0", "1.1", "H2"]);
        assert_eq!(
            values("<code>zh_en</code>: both<br>0: off.<br>Range: [15, 1200]"),
            ["zh_en", "0"]
        );
        assert_eq!(
            values("视频比例，支持16:9、9:16。模型：q2、q3-mix"),
            ["q2", "q3-mix", "16:9", "9:16"]
        );
    }

    #[test]
    fn lines_have_no_markup() {
        assert_eq!(
            lines("<p>One. Two &amp; <b>three</b>.<br>a < b\u{202e}</p>"),
            ["One.", "Two & three.", "a < b\\u{202e}"]
        );
    }

    #[test]
    fn a_hash_is_that_of_the_text() {
        // The first digits that `sha256sum` prints for `abc`.
        assert_eq!(hash("abc"), "ba7816bf8f01cfea");
    }
}

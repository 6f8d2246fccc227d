//! Names of output files that are safe on every file system.

use std::path::Path;

use sha2::{Digest as _, Sha256};

/// Longest part of a path that contains foreign text, in bytes. Every common file system takes 255,
/// and a temporary file and a number need some of them.
const LONGEST: usize = 200;
/// Longest foreign text in a name, in bytes.
const LONGEST_VALUE: usize = 120;

/// Device names of Windows, which no file can have there, with any extension.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Returns foreign text, such as a task id, with harmless characters only: ASCII letters, digits,
/// hyphens and underscores. If it has to be changed, a part of its digest keeps it distinct.
pub(crate) fn harmless(text: &str) -> String {
    let is_harmless = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if !text.is_empty() && text.len() <= LONGEST_VALUE && text.chars().all(is_harmless) {
        return text.to_owned();
    }
    let replaced = text
        .chars()
        .map(|letter| if is_harmless(letter) { letter } else { '_' });
    let kept: String = replaced.take(LONGEST_VALUE).collect();
    let digest = hex::encode(Sha256::digest(text));
    let digest = digest.get(..8).unwrap_or_default();
    format!("{kept}-{digest}")
}

/// Makes one part of a path safe: without characters that a file system forbids, without a name that
/// Windows reserves, and not too long.
pub(crate) fn safe_component(name: &str) -> String {
    let is_forbidden = |letter: char| {
        letter.is_control() || r#"<>:"/\|?*"#.contains(letter) || is_invisible(letter)
    };
    let replaced = name
        .chars()
        .map(|letter| if is_forbidden(letter) { '_' } else { letter });
    let mut name: String = replaced.collect();
    let (stem, _) = name.split_once('.').unwrap_or((&name, ""));
    if is_reserved(&name) {
        name.insert(stem.len(), '_');
    }
    if name.len() > LONGEST {
        name = cut(&name);
    }
    // Windows drops dots and blanks at the end; `.` and `..` are folders everywhere.
    let end = name.trim_end_matches(['.', ' ']).len();
    let tail = name.split_off(end);
    name.extend(tail.chars().map(|_| '_'));
    if name.is_empty() {
        "_".to_owned()
    } else {
        name
    }
}

/// Returns `true` for characters that change the direction of text or cannot be seen.
#[must_use]
pub fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Returns `true` for a part of a path that Windows reserves for a device, with or without an extension.
#[must_use]
pub fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end();
    // The longest name that is reserved.
    if stem.len() > 8 {
        return false;
    }
    let stem = stem.to_ascii_lowercase();
    let mut letters = stem.chars();
    let number = letters.next_back();
    let is_numbered = matches!(letters.as_str(), "com" | "lpt")
        && number.is_some_and(|number| "0123456789\u{b9}\u{b2}\u{b3}".contains(number));
    is_numbered || RESERVED.contains(&&*stem)
}

/// Shortens a name and keeps its extension.
fn cut(name: &str) -> String {
    let extension = Path::new(name).extension().and_then(|it| it.to_str());
    let extension = extension.filter(|it| it.len() <= 8);
    let end = extension.map_or(String::new(), |it| format!(".{it}"));
    let mut length = LONGEST - end.len();
    while !name.is_char_boundary(length) {
        length -= 1;
    }
    format!("{}{end}", name.get(..length).unwrap_or_default())
}

/// Returns the extension of the file that a URL names, if it is short and harmless.
pub(crate) fn extension_of_url(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let extension = Path::new(url.path()).extension()?.to_str()?.to_owned();
    let is_harmless = |letter: char| letter.is_ascii_alphanumeric();
    (extension.len() <= 5 && extension.chars().all(is_harmless)).then_some(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_id_keeps_its_harmless_characters_and_stays_distinct() {
        assert_eq!(harmless("4-AigcVideo-0f"), "4-AigcVideo-0f");
        let (one, other) = (harmless("../../etc/x"), harmless("../../etc:x"));
        assert!(one.starts_with("______etc_x-"), "{one}");
        assert_ne!(one, other);
        assert!(harmless(&"x".repeat(5_000)).len() < LONGEST);
        assert_ne!(harmless(&"x".repeat(121)), harmless(&"x".repeat(122)));
        assert_ne!(harmless(""), "");
    }

    #[test]
    fn a_part_of_a_path_is_safe_on_every_file_system() {
        for (name, safe) in [
            ("fox.mp4", "fox.mp4"),
            ("con.mp4", "con_.mp4"),
            ("LPT1", "LPT1_"),
            ("com\u{b2}.tar.gz", "com\u{b2}_.tar.gz"),
            ("console.mp4", "console.mp4"),
            ("a:b?.mp4", "a_b_.mp4"),
            ("a\u{202e}4pm.exe", "a_4pm.exe"),
            ("a\n\0.mp4", "a__.mp4"),
            ("name. .", "name___"),
            ("..", "__"),
            ("", "_"),
        ] {
            assert_eq!(safe_component(name), safe);
        }
        let long = safe_component(&format!("{}.mp4", "\u{e9}".repeat(300)));
        assert!(
            long.len() <= LONGEST && long.ends_with("\u{e9}.mp4"),
            "{long}"
        );
    }

    #[test]
    fn only_a_harmless_extension_of_a_url_counts() {
        let of = |url| extension_of_url(url);
        assert_eq!(
            of("https://b.example/a/b.mp4?sign=x/y.z").as_deref(),
            Some("mp4")
        );
        assert_eq!(of("https://b.example/a.m%2Fp"), None);
        assert_eq!(of("https://b.example/a"), None);
        assert_eq!(of("not a url"), None);
    }
}

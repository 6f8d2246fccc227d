//! Names of output files: templates, for example `clips/{key}.{ext}`.

use std::path::{Component, Path};

use mps_aigc::{is_invisible, is_reserved};

use crate::{error::JobsError, ledger::Key};

/// The name of a job's first file when none is given.
pub(crate) const DEFAULT: &str = "{key}.{ext}";

/// Longest part of a path, in bytes: a longer one is shortened when it is saved, and two names could
/// become one.
const LONGEST: usize = 200;

/// Returns a template with the key filled in, checked: a relative path below the folder. `{ext}` stays
/// until the result is known.
pub(crate) fn named(template: &str, key: &Key) -> Result<String, JobsError> {
    // The usual case, in a batch of many rows.
    if template == DEFAULT && is_plain(key.as_str()) {
        return Ok([key.as_str(), ".{ext}"].concat());
    }
    let name = template.replace("{key}", &file_safe(key.as_str()));
    match problem(&name) {
        Some(reason) => Err(JobsError::InvalidName { name, reason }),
        None => Ok(name),
    }
}

/// Returns the template of exactly this path: its braces are doubled.
pub(crate) fn literal(path: &Path) -> String {
    path.to_string_lossy().replace('{', "{{").replace('}', "}}")
}

/// Returns the template of the path below a folder, whose own braces are doubled.
pub(crate) fn path(folder: &Path, name: &str) -> String {
    let folder = literal(folder);
    match folder.as_str() {
        "" | "." => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// Returns a key as part of a file name. Letters and digits of any script are kept.
pub(crate) fn file_safe(key: &str) -> String {
    let is_safe = |letter: char| letter.is_alphanumeric() || "-_.+=@ ".contains(letter);
    let safe = |letter| if is_safe(letter) { letter } else { '_' };
    let name: String = key.chars().map(safe).collect();
    match name.trim_matches(['.', ' ']) {
        "" => "_".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// Returns `true` for a key that is a harmless name as it is.
fn is_plain(key: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    key.len() <= LONGEST / 2 && key.bytes().all(is_plain) && !is_reserved(key)
}

/// Returns the reason why a name is not allowed. One that is allowed is saved under exactly this name
/// on every file system.
fn problem(name: &str) -> Option<&'static str> {
    let path = Path::new(name);
    let mut components = path.components();
    if name.is_empty() || name.ends_with('/') {
        return Some("names no file");
    }
    if name.chars().any(is_forbidden) {
        return Some("contains a character that is not allowed");
    }
    if !components.all(|part| matches!(part, Component::Normal(_))) {
        return Some("leaves the folder");
    }
    if name.replace("{ext}", "").contains(['{', '}']) {
        return Some("has a placeholder other than {key} and {ext}");
    }
    let parts = || name.split('/');
    if parts().any(|part| part.ends_with(['.', ' '])) {
        return Some("has a part that ends with a dot or a blank");
    }
    if parts().any(|part| part.len() > LONGEST) {
        return Some("has a part of more than 200 bytes");
    }
    parts()
        .any(is_reserved)
        .then_some("is reserved on some systems")
}

/// Returns `true` for characters that a file system forbids, and for those that cannot be seen or change
/// the direction of text.
fn is_forbidden(letter: char) -> bool {
    letter.is_control() || r#"\:<>"|?*"#.contains(letter) || is_invisible(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(template: &str, key: &str) -> Result<String, JobsError> {
        named(template, &key.parse().unwrap())
    }

    #[test]
    fn the_key_becomes_one_harmless_part_of_the_path() {
        for (key, expected) in [
            ("row-1", "clips/row-1.{ext}"),
            ("../../etc/passwd", "clips/_.._etc_passwd.{ext}"),
            ("a/b:c", "clips/a_b_c.{ext}"),
            ("...", "clips/_.{ext}"),
            ("büro 7", "clips/büro 7.{ext}"),
        ] {
            assert_eq!(out("clips/{key}.{ext}", key).unwrap(), expected);
        }
    }

    #[test]
    fn names_outside_the_folder_or_with_other_placeholders_are_refused() {
        for template in [
            "",
            "/etc/{key}",
            "../{key}",
            "clips/",
            "a/../b",
            "{key}.{format}",
            "c:x",
            "a\\b",
            "a\nb",
            "nul.mp4",
            "x/COM1.mp4",
            "lpt\u{b2}.mp4",
            "CONIN$",
            "a?.mp4",
            "a./b.mp4",
            "b.mp4 ",
            "a\u{202e}4pm.exe",
        ] {
            assert!(out(template, "k").is_err(), "{template:?}");
        }
        assert!(out(&"x".repeat(201), "k").is_err());
        for template in [
            "console/comma.mp4",
            "com12.mp4",
            "com/lpt.mp4",
            "aux1.mp4",
            "a b/c+d=e.mp4",
            &"x".repeat(200),
        ] {
            assert!(out(template, "k").is_ok(), "{template:?}");
        }
    }

    #[test]
    fn a_plain_key_is_its_own_name_and_no_other() {
        assert_eq!(out(DEFAULT, "row-1").unwrap(), "row-1.{ext}");
        assert_eq!(out(DEFAULT, "a/b").unwrap(), "a_b.{ext}");
        assert!(out(DEFAULT, "con").is_err());
        assert!(out(DEFAULT, &"x".repeat(200)).is_err());
    }

    #[test]
    fn braces_of_the_folder_are_no_placeholders() {
        assert_eq!(path(Path::new("."), "a.{ext}"), "a.{ext}");
        assert_eq!(path(Path::new("/x/{a}"), "b.{ext}"), "/x/{{a}}/b.{ext}");
    }
}

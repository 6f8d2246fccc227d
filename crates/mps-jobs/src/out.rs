//! Names of output files: templates, for example `clips/{key}.{ext}`.

use std::path::{Component, Path};

use crate::{error::JobsError, ledger::Key};

/// The name of a job's first file when none is given.
pub(crate) const DEFAULT: &str = "{key}.{ext}";

/// Names that Windows reserves, in lower case.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// Returns a template with the key filled in, checked: a relative path below the folder. `{ext}` stays
/// until the result is known.
pub(crate) fn named(template: &str, key: &Key) -> Result<String, JobsError> {
    let name = template.replace("{key}", &file_safe(key.as_str()));
    match problem(&name) {
        Some(reason) => Err(JobsError::InvalidName { name, reason }),
        None => Ok(name),
    }
}

/// Returns the template of the path below a folder, whose own braces are doubled.
pub(crate) fn path(folder: &Path, name: &str) -> String {
    let folder = folder
        .to_string_lossy()
        .replace('{', "{{")
        .replace('}', "}}");
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

fn problem(name: &str) -> Option<&'static str> {
    let path = Path::new(name);
    let mut components = path.components();
    if name.is_empty() || name.ends_with('/') {
        return Some("names no file");
    }
    if name.chars().any(char::is_control) || name.contains(['\\', ':']) {
        return Some("contains a character that is not allowed");
    }
    if !components.all(|part| matches!(part, Component::Normal(_))) {
        return Some("leaves the folder");
    }
    if name.replace("{ext}", "").contains(['{', '}']) {
        return Some("has a placeholder other than {key} and {ext}");
    }
    let mut parts = name.split('/');
    parts
        .any(is_reserved)
        .then_some("is reserved on some systems")
}

fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).to_ascii_lowercase();
    let name = stem.trim_end_matches(|letter: char| letter.is_ascii_digit());
    RESERVED.contains(&name) && stem.len() - name.len() <= 1
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
        ] {
            assert!(out(template, "k").is_err(), "{template:?}");
        }
        assert!(out("console/comma.mp4", "k").is_ok());
    }

    #[test]
    fn braces_of_the_folder_are_no_placeholders() {
        assert_eq!(path(Path::new("."), "a.{ext}"), "a.{ext}");
        assert_eq!(path(Path::new("/x/{a}"), "b.{ext}"), "/x/{{a}}/b.{ext}");
    }
}

//! The files of a row as the page refers to them: by a relative path that a browser understands.

use std::{
    fmt::Write as _,
    fs,
    path::{Component, Path, PathBuf, absolute},
};

use mps_core::text::foreign;
use serde::Serialize;

use super::card::MAX_NAME;
use crate::ledger::FileRow;

/// The extensions that browsers play or show, by kind.
const KINDS: [(&str, &[&str]); 3] = [
    ("video", &["mp4", "webm", "mov", "m4v"]),
    ("image", &["png", "jpg", "jpeg", "webp", "gif", "avif"]),
    (
        "audio",
        &["mp3", "wav", "m4a", "aac", "ogg", "opus", "flac"],
    ),
];

/// A file of a row.
#[derive(Debug, Serialize)]
pub(super) struct Media {
    /// `video`, `image`, `audio` or `file`.
    pub(super) kind: &'static str,
    /// The address, relative to the page.
    pub(super) address: String,
    /// The path as text.
    pub(super) name: String,
    /// The size as text.
    pub(super) size: Option<String>,
    /// `true` when the file is not at its place.
    pub(super) is_gone: bool,
}

impl Media {
    /// Returns a saved file as a page in `folder`, which is absolute, refers to it; `None` for a result
    /// that was not saved.
    pub(super) fn of(row: &FileRow, folder: &Path) -> Option<Self> {
        let path = Path::new(row.path.as_deref()?);
        let is_gone = !path.is_file();
        let absolute = fs::canonicalize(path).or_else(|_| absolute(path)).ok()?;
        let name = path.file_name().unwrap_or(path.as_os_str());
        Some(Self {
            kind: kind(path),
            address: address(folder, &absolute),
            name: foreign(&name.to_string_lossy(), MAX_NAME).into_owned(),
            size: row.bytes.map(size),
            is_gone,
        })
    }
}

/// Returns the folder of a run, from the path of a file and its name below that folder.
pub(super) fn run_folder(path: &Path, out: Option<&str>) -> PathBuf {
    let folders = out.map_or(1, |out| Path::new(out).components().count().max(1));
    let folder = path.ancestors().nth(folders).or(path.parent());
    match folder {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn kind(path: &Path) -> &'static str {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let extension = extension.to_ascii_lowercase();
    let mut kinds = KINDS.into_iter();
    kinds
        .find(|(_, extensions)| extensions.contains(&&*extension))
        .map_or("file", |(kind, _)| kind)
}

/// Returns the relative address of a file, both paths being absolute; the whole path as a `file:` URL where
/// they have no folder in common.
fn address(folder: &Path, file: &Path) -> String {
    let (folder, file): (Vec<_>, Vec<_>) =
        (folder.components().collect(), file.components().collect());
    let common = folder
        .iter()
        .zip(&file)
        .take_while(|(one, other)| one == other)
        .count();
    let mut address = String::new();
    if common == 0 {
        address.push_str("file://");
    }
    for _ in folder.iter().skip(common) {
        address.push_str("../");
    }
    let below = file.iter().skip(common).filter_map(|part| match part {
        Component::RootDir => None,
        part => Some(part.as_os_str().to_string_lossy()),
    });
    for (index, part) in below.enumerate() {
        if index > 0 || common == 0 {
            address.push('/');
        }
        push_encoded(&mut address, &part);
    }
    address
}

/// Appends a part of a path, percent-encoded (RFC 3986): everything but unreserved characters.
fn push_encoded(address: &mut String, part: &str) {
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _cannot_fail = write!(address, "%{byte:02X}");
        }
    }
}

/// Returns a size as people read it, for example `1.4 MB`.
pub(super) fn size(bytes: i64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = bytes / (unit / 10);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_relative_and_encoded() {
        for (folder, file, expected) in [
            ("/a/b", "/a/b/c.mp4", "c.mp4"),
            ("/a/b", "/a/b/c/d e.mp4", "c/d%20e.mp4"),
            ("/a/b", "/a/x/c.mp4", "../x/c.mp4"),
            ("/a/b", "/c.mp4", "../../c.mp4"),
            ("/", "/c.mp4", "c.mp4"),
            ("/a", "/a/x:1#?%.mp4", "x%3A1%23%3F%25.mp4"),
            ("/a", "/a/雪\n\"<.mp4", "%E9%9B%AA%0A%22%3C.mp4"),
        ] {
            assert_eq!(address(Path::new(folder), Path::new(file)), expected);
        }
    }

    #[test]
    fn the_folder_of_a_run_is_above_the_name_of_the_row() {
        for (path, out, folder) in [
            ("clips/fox.mp4", Some("fox.{ext}"), "clips"),
            ("/x/clips/day/fox.mp4", Some("day/fox.{ext}"), "/x/clips"),
            ("fox.mp4", Some("fox.{ext}"), "."),
            ("clips/fox.mp4", None, "clips"),
        ] {
            assert_eq!(run_folder(Path::new(path), out), Path::new(folder));
        }
    }

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_450, "1.4 KB"),
            (12_345_678, "12.3 MB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}

//! Output names as file systems compare them, and the names that exclude each other.

use std::borrow::Cow;

use mps_models::MediaKind;
use unicode_normalization::UnicodeNormalization as _;

use crate::manifest::{RowFinding, error, rules};

/// The end of a name whose extension is that of the result.
const ANY_EXTENSION: &str = "{ext}";

/// The end of the name of a sidecar.
const SIDECAR: &str = ".json";

/// The reason why two names exclude each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Collision {
    /// They are the same.
    Same,
    /// One is a file, the other a folder.
    Folder,
    /// They are the same if the result has this extension.
    Extension,
    /// One is the sidecar of the other.
    Sidecar,
}

/// Returns an output name as file systems compare it that distinguish neither upper and lower case nor
/// composed and decomposed letters (APFS, NTFS).
///
/// Upper case comes first: it makes one of letters that have several lower cases, such as the two sigmas.
pub(super) fn folded(name: &str) -> Cow<'_, str> {
    if !name.is_ascii() {
        let name: String = name.nfd().collect();
        return name.to_uppercase().to_lowercase().nfd().collect();
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Returns the names that no other output can have beside this one.
///
/// Of each two names that exclude each other one returns the other: the longer one, for example
/// `a/b.mp4` returns `a`, and `a.{ext}`, and `a.mp4.json` returns `a.mp4`.
pub(super) fn excluded(name: &str) -> impl Iterator<Item = (Cow<'_, str>, Collision)> {
    let folders = name
        .match_indices('/')
        .filter_map(|(end, _)| name.get(..end));
    let folders = folders.map(|folder| (folder.into(), Collision::Folder));
    let extension = with_any_extension(name).map(|name| (name, Collision::Extension));
    let result = name.strip_suffix(SIDECAR);
    let results = result.into_iter().flat_map(|result| {
        let any = with_any_extension(result);
        [Some(result.into()), any].into_iter().flatten()
    });
    let results = results.map(|result| (result, Collision::Sidecar));
    folders.chain(extension).chain(results)
}

/// Returns `a.{ext}` for a name such as `a.mp4`; `None` without the extension of a kind of media.
fn with_any_extension(name: &str) -> Option<Cow<'_, str>> {
    let (stem, extension) = name.rsplit_once('.')?;
    // The usual name, whose extension is no word.
    if extension == ANY_EXTENSION {
        return None;
    }
    MediaKind::of_extension(extension)?;
    Some([stem, ".", ANY_EXTENSION].concat().into())
}

/// Returns the finding of a row whose id is that of another one.
pub(super) fn duplicate_id(line: u64, id: &str, first: u64) -> RowFinding {
    let message = format!("line {first} has the same id");
    let finding = error("id", rules::DUPLICATE_ID, message).hint("give each row its own id");
    RowFinding::new(line, Some(id), finding)
}

impl Collision {
    /// Returns the finding of a row whose output name, folded, collides with that of another one.
    pub(super) fn finding(self, name: &str, line: u64, id: &str, first: u64) -> RowFinding {
        let (message, hint) = match self {
            Self::Same if name.is_ascii() => (
                format!("line {first} has the same output name; letter case does not count"),
                "set `out` to another name, or put {key} into it",
            ),
            Self::Same => (
                format!(
                    "line {first} has the same output name; letter case and the composition of \
                     accented letters do not count"
                ),
                "set `out` to another name, or put {key} into it",
            ),
            Self::Folder => (
                format!("the name of a file is that of a folder on line {first}, or the reverse"),
                "give the file another name than the folder",
            ),
            Self::Extension => (
                format!("line {first} has the same output name if {{ext}} is this extension"),
                "set `out` to another name; that of a row without `out` is {key}.{ext}",
            ),
            Self::Sidecar => (
                format!("the output name is that of the sidecar of line {first}, or the reverse"),
                "set `out` to a name that does not end with .json",
            ),
        };
        let finding = error("out", rules::DUPLICATE_OUTPUT, message).hint(hint);
        RowFinding::new(line, Some(id), finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_some_file_system_takes_for_one_are_folded_to_one() {
        for (one, other) in [
            ("a/Fox.mp4", "A/fOX.mp4"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("CAF\u{c9}", "cafe\u{301}"),
            ("\u{1e69}", "s\u{307}\u{323}"),
            ("\u{3c3}\u{3c2}", "\u{3a3}\u{3a3}"),
            ("stra\u{df}e", "STRASSE"),
            ("\u{ac00}", "\u{1100}\u{1161}"),
            ("\u{212b}", "\u{e5}"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [("cafe", "caf\u{e9}"), ("a b", "ab"), ("1", "\u{b9}")] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn a_name_excludes_its_folders_and_what_it_can_be() {
        let all = |name| {
            let names = excluded(name).map(|(name, why)| (name.into_owned(), why));
            names.collect::<Vec<_>>()
        };
        let named = |name: &str, why| (name.to_owned(), why);
        assert_eq!(all("fox.{ext}"), []);
        assert_eq!(all("fox.txt"), []);
        assert_eq!(all("fox"), []);
        assert_eq!(
            all("a/b/fox.mp4"),
            [
                named("a", Collision::Folder),
                named("a/b", Collision::Folder),
                named("a/b/fox.{ext}", Collision::Extension),
            ]
        );
        assert_eq!(
            all("fox.mp4.json"),
            [
                named("fox.mp4", Collision::Sidecar),
                named("fox.{ext}", Collision::Sidecar),
            ]
        );
        assert_eq!(
            all("fox.{ext}.json"),
            [named("fox.{ext}", Collision::Sidecar)]
        );
    }
}

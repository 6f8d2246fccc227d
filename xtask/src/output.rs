//! Writes generated files to disk, or reports how they differ from those on disk.
//!
//! Both modes share all steps but the last, so a check sees exactly the changes of a write.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use similar::TextDiff;

use crate::{codegen::Generated, model::with_line_feeds};

/// The treatment of files that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Writes them.
    Write,
    /// Reports them.
    Check,
}

/// The files of a directory that the generator owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All files.
    Whole,
    /// The files of one Rust module: `name.rs` and everything in `name/`.
    Module(&'static str),
    /// The files that begin with this text; others are left alone.
    Marked(&'static str),
}

/// The files that differed and that [`Mode::Write`] wrote.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One change for each file that differs, sorted by path.
    pub changes: Vec<Change>,
}

/// A file that differs from the generated one.
#[derive(Debug)]
pub struct Change {
    /// Path below the directory, with forward slashes.
    pub path: String,
    before: Option<String>,
    after: Option<String>,
}

impl Change {
    /// Returns `new`, `changed` or `stale`, if the file is missing, different or no longer
    /// generated.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "new",
            (_, None) => "stale",
            _ => "changed",
        }
    }

    /// Returns the difference between the file and the generated one in the format of `git`, for a
    /// directory with this name.
    #[must_use]
    pub fn diff(&self, dir: &str) -> String {
        let side = |text: &Option<String>, prefix: &str| match text {
            Some(_) => format!("{prefix}/{dir}/{}", self.path),
            None => "/dev/null".to_owned(),
        };
        let before = self.before.as_deref().unwrap_or_default();
        let after = self.after.as_deref().unwrap_or_default();
        TextDiff::from_lines(before, after)
            .unified_diff()
            .header(&side(&self.before, "a"), &side(&self.after, "b"))
            .to_string()
    }
}

/// Compares a directory with the generated files and, in [`Mode::Write`], makes them equal.
///
/// # Errors
/// Returns the error of a file that cannot be read or written.
pub fn update(generated: &Generated, dir: &Path, mode: Mode) -> io::Result<Outcome> {
    update_part(generated, dir, Extent::Whole, mode)
}

/// Does the same for the part of a directory that the generator owns.
///
/// # Errors
/// Returns the error of a file that cannot be read or written.
pub fn update_part(
    generated: &Generated,
    dir: &Path,
    extent: Extent,
    mode: Mode,
) -> io::Result<Outcome> {
    let mut found = read(dir)?;
    found.retain(|path, text| match extent {
        Extent::Whole => true,
        Extent::Module(name) => belongs_to(path, name),
        Extent::Marked(mark) => generated.contains_key(path) || text.starts_with(mark),
    });
    let paths: BTreeSet<&String> = found.keys().chain(generated.keys()).collect();
    let changes = paths
        .into_iter()
        .filter_map(|path| change(path, &found, generated));
    let outcome = Outcome {
        changes: changes.collect(),
    };
    if mode == Mode::Write {
        for change in &outcome.changes {
            apply(change, dir)?;
        }
    }
    Ok(outcome)
}

/// Returns whether a path is the file of a Rust module or in its folder.
fn belongs_to(path: &str, module: &str) -> bool {
    let rest = path.strip_prefix(module);
    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn change(path: &str, found: &BTreeMap<String, String>, wanted: &Generated) -> Option<Change> {
    let before = found.get(path).cloned();
    let after = wanted.get(path).cloned();
    let path = path.to_owned();
    (before != after).then_some(Change {
        path,
        before,
        after,
    })
}

fn apply(change: &Change, dir: &Path) -> io::Result<()> {
    let path = dir.join(&change.path);
    match &change.after {
        None => remove(&path, dir),
        Some(text) => {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(path, text)
        }
    }
}

/// Removes a file and the folders that become empty.
fn remove(path: &Path, dir: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    let folders = path.ancestors().skip(1).take_while(|folder| *folder != dir);
    for folder in folders {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// Returns the text of every file below a directory. A file that is not UTF-8 differs from every
/// text.
fn read(dir: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut open: Vec<(PathBuf, String)> = vec![(dir.to_owned(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                open.push((entry.path(), format!("{path}/")));
            } else {
                // Without the copy that `from_utf8_lossy` makes of valid text.
                let text = String::from_utf8(fs::read(entry.path())?);
                let text = text
                    .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
                found.insert(path, with_line_feeds(text));
            }
        }
    }
    Ok(found)
}

//! Brings generated files to disk, or tells how they differ from what is there.
//!
//! Both go the same way up to the last step, so a check sees exactly what a write would do.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use similar::TextDiff;

use crate::codegen::Generated;

/// What to do about files that are not as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Make them so.
    Write,
    /// Say so.
    Check,
}

/// Which files of a directory are the generator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of them.
    Whole,
    /// Those of one Rust module: `name.rs` and everything in `name/`.
    Module(&'static str),
    /// Those that begin with this text; others are left alone.
    Marked(&'static str),
}

/// What was found, and in [`Mode::Write`] put right.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One for each file that was not as it should be, in the order of their paths.
    pub changes: Vec<Change>,
}

/// A file that was not as it should be.
#[derive(Debug)]
pub struct Change {
    /// Path below the directory, with forward slashes.
    pub path: String,
    before: Option<String>,
    after: Option<String>,
}

impl Change {
    /// `new`, `changed` or `stale`: whether the file is missing, different or uncalled for.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "new",
            (_, None) => "stale",
            _ => "changed",
        }
    }

    /// The difference between what is there and what should be there, as `git` would show it
    /// for a directory with this name.
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

/// Makes a directory hold exactly the generated files, or finds out where it does not.
pub fn settle(generated: &Generated, dir: &Path, mode: Mode) -> io::Result<Outcome> {
    settle_part(generated, dir, Extent::Whole, mode)
}

/// Does the same to the part of a directory that is the generator's.
pub fn settle_part(
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

/// Removes a file, and the folders that are empty without it.
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

/// The text of every file below a directory. One that is no text differs from every text.
fn read(dir: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut open: Vec<(PathBuf, String)> = vec![(dir.to_owned(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                open.push((entry.path(), format!("{path}/")));
            } else {
                let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
                found.insert(path, text.replace("\r\n", "\n"));
            }
        }
    }
    Ok(found)
}

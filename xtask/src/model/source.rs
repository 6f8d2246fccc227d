//! The files of a specification as text.

use std::{fs, io, path::Path};

use crate::diagnostic::Diagnostic;

/// One file of a specification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile {
    /// Path below the specification's directory, with forward slashes on every machine.
    pub path: String,
    /// Contents, with line feeds only.
    pub text: String,
}

/// The id of a file of [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(usize);

/// The files of a specification, sorted by path.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    unreadable: Vec<Diagnostic>,
}

impl Sources {
    /// Creates the sources from files in any order.
    #[must_use]
    pub fn new(mut files: Vec<SourceFile>) -> Self {
        files.sort();
        Self {
            files,
            unreadable: Vec::new(),
        }
    }

    /// Returns a mistake for each file that could not be read.
    #[must_use]
    pub fn unreadable(&self) -> &[Diagnostic] {
        &self.unreadable
    }

    /// Returns the file with this id.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        // Only `iter` of the same sources creates ids.
        const NONE: &SourceFile = &SourceFile {
            path: String::new(),
            text: String::new(),
        };
        self.files.get(id.0).unwrap_or(NONE)
    }

    /// Returns every file with its id.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(id, file)| (FileId(id), file))
    }
}

/// Reads every file below a directory, and returns a mistake for each that cannot be read.
#[must_use]
pub fn read(dir: &Path) -> (Sources, Vec<Diagnostic>) {
    let mut files = Vec::new();
    let mut diagnostics = Vec::new();
    read_into(dir, "", &mut files, &mut diagnostics);
    let mut sources = Sources::new(files);
    sources.unreadable.clone_from(&diagnostics);
    (sources, diagnostics)
}

fn read_into(
    dir: &Path,
    prefix: &str,
    files: &mut Vec<SourceFile>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let entries = match fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return diagnostics.push(unreadable(prefix, "directory", &error)),
    };
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else {
            diagnostics.push(unnamed(prefix));
            continue;
        };
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            read_into(&entry.path(), &format!("{path}/"), files, diagnostics);
        } else {
            match read_file(&entry.path()) {
                Ok(text) => files.push(SourceFile { path, text }),
                Err(error) => diagnostics.push(unreadable(&path, "file", &error)),
            }
        }
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    fs::read_to_string(path).map(with_line_feeds)
}

/// Returns a text with the line ends of Unix: a checkout on another system may have others. Most texts have none,
/// which the search for one byte shows by fewer instructions than the search for two.
pub(crate) fn with_line_feeds(text: String) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n")
    } else {
        text
    }
}

fn unreadable(path: &str, what: &str, error: &io::Error) -> Diagnostic {
    let path = if path.is_empty() { "." } else { path };
    if error.kind() == io::ErrorKind::InvalidData {
        return Diagnostic::of(path, "E0002", "the file is not UTF-8 text");
    }
    Diagnostic::of(path, "E0001", format!("cannot read the {what}: {error}"))
}

fn unnamed(prefix: &str) -> Diagnostic {
    let path = if prefix.is_empty() { "." } else { prefix };
    Diagnostic::of(
        path,
        "E0002",
        "a file name in this directory is not UTF-8 text",
    )
}

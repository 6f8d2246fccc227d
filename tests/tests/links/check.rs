//! Checks the links of one document.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use crate::{
    document::{Document, Link},
    rust_file,
};

/// The addresses of this repository's files on its host. A link to one is checked as a relative one.
const OURS: [&str; 2] = [
    "https://github.com/mps-aigc/mps-aigc/blob/main/",
    "https://github.com/mps-aigc/mps-aigc/tree/main/",
];

/// A destination within the checkout.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) path: PathBuf,
    pub(crate) fragment: Option<String>,
}

/// Returns the mistakes of a document, each with its place.
pub(crate) fn mistakes(root: &Path, document: &Path) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap();
    let read = Document::read(&text);
    let name = document.strip_prefix(root).unwrap_or(document).display();
    let undefined = read
        .undefined
        .iter()
        .map(|(reference, line)| format!("{name}:{line}: [{reference}] has no definition"));
    let broken = read.links.iter().filter_map(|link| {
        let reason = mistake(root, document, link)?;
        Some(format!("{name}:{}: {}: {reason}", link.line, link.to))
    });
    undefined.chain(broken).collect()
}

fn mistake(root: &Path, document: &Path, link: &Link) -> Option<String> {
    let to = destination(root, document, &link.to)?;
    if !to.path.starts_with(root) {
        return Some("leads out of the repository".to_owned());
    }
    if !to.path.exists() {
        return Some("there is no such file".to_owned());
    }
    let fragment = to.fragment?;
    let readme = to.path.join("README.md");
    let path = if to.path.is_dir() { readme } else { to.path };
    match path.extension().and_then(|it| it.to_str()) {
        Some("md") => {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let anchors = Document::read(&text).anchors;
            let is_known = anchors.contains(&fragment);
            (!is_known).then(|| format!("there is no heading `{fragment}`"))
        }
        Some("rs") => rust_mistake(&path, &fragment),
        _ => None,
    }
}

/// The fragment of a Rust file is a line (`L12`) or a function of it.
fn rust_mistake(path: &Path, fragment: &str) -> Option<String> {
    let source = fs::read_to_string(path).unwrap_or_default();
    if let Some(Ok(line)) = fragment.strip_prefix('L').map(str::parse::<usize>) {
        let is_there = line <= source.lines().count();
        return (!is_there).then(|| format!("there is no line {line}"));
    }
    match rust_file::functions(&source) {
        Ok(functions) if functions.contains_key(fragment) => None,
        Ok(_) => Some(format!("there is no function `{fragment}`")),
        Err(error) => Some(error),
    }
}

/// Returns the place within the checkout that a link leads to; `None` for another site.
pub(crate) fn destination(root: &Path, document: &Path, link: &str) -> Option<Destination> {
    let ours = OURS.iter().find_map(|prefix| link.strip_prefix(prefix));
    let is_elsewhere = link.contains("://") || link.starts_with("mailto:");
    let (base, link) = match ours {
        Some(rest) => (root, rest),
        None if is_elsewhere => return None,
        None => (document.parent()?, link),
    };
    let (path, fragment) = match link.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment.to_owned())),
        None => (link, None),
    };
    let path = path.split('?').next().unwrap_or_default();
    let path = match path {
        "" if ours.is_none() => document.to_owned(),
        path => normal(&base.join(path.replace("%20", " "))),
    };
    Some(Destination { path, fragment })
}

/// Returns a path without `.` and `..`, which need not exist.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_links_are_reported_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("docs")).unwrap();
        fs::write(root.join("README.md"), "# Two words\n").unwrap();
        fs::write(root.join("a.rs"), "fn one() {}\n").unwrap();
        let document = root.join("docs/a.md");
        for (link, mistake) in [
            ("../README.md", None),
            ("../README.md#two-words", None),
            ("..#two-words", None),
            ("https://example.com/none", None),
            (
                "https://github.com/mps-aigc/mps-aigc/blob/main/README.md",
                None,
            ),
            ("../a.rs#one", None),
            ("../a.rs#L1", None),
            ("none.md", Some("no such file")),
            ("../README.md#three", Some("no heading `three`")),
            ("#own", Some("no heading `own`")),
            ("../a.rs#two", Some("no function `two`")),
            ("../a.rs#L2", Some("no line 2")),
            ("../../outside.md", Some("out of the repository")),
            (
                "https://github.com/mps-aigc/mps-aigc/blob/main/none.md",
                Some("no such file"),
            ),
        ] {
            fs::write(&document, format!("[text]({link})\n")).unwrap();
            let found = mistakes(root, &document);
            match mistake {
                None => assert!(found.is_empty(), "{link}: {found:?}"),
                Some(text) => assert!(found.concat().contains(text), "{link}: {found:?}"),
            }
        }
    }
}

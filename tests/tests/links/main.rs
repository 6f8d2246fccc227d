//! Every document: relative links lead to files, anchors to headings, and the promises of the README to tests.
//! Nothing is asked of a network, so links to other sites are not followed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod document;
mod promises;
mod rust_file;

use std::path::{Path, PathBuf};

use self::check::mistakes;

/// The sections of the README that promise something, by the anchors of their headings.
const PROMISES: [&str; 2] = ["guarantees", "promises"];

/// Folders that contain nothing of ours.
const FOREIGN: [&str; 3] = ["target", "node_modules", ".git"];

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_owned()
}

/// Returns every Markdown file of the checkout, sorted.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_foreign = FOREIGN.iter().any(|name| path.ends_with(name));
        if path.is_dir() && !is_foreign && !path.is_symlink() {
            found.extend(documents(&path));
        } else if path.extension().is_some_and(|it| it == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_link_of_every_document_leads_somewhere() {
    let root = root();
    let documents = documents(&root);
    assert!(documents.iter().any(|path| path.ends_with("README.md")));
    let found: Vec<_> = documents
        .iter()
        .flat_map(|document| mistakes(&root, document))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_promise_of_the_readme_leads_to_a_test() {
    let root = root();
    let text = std::fs::read_to_string(root.join("README.md")).unwrap();
    let found = promises::mistakes(&root, &text, &PROMISES);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Returns whether a document has an example in Rust.
fn has_rust(text: &str) -> bool {
    text.lines()
        .any(|line| line.trim_start().starts_with("```rust"))
}

#[test]
fn the_rust_of_every_document_is_compiled() {
    let root = root();
    let compiled = std::fs::read_to_string(root.join("tests/src/documents.rs")).unwrap();
    let mut found = 0;
    for document in documents(&root) {
        if has_rust(&std::fs::read_to_string(&document).unwrap()) {
            found += 1;
            let path = document.strip_prefix(&root).unwrap();
            let path = path.to_string_lossy().replace('\\', "/");
            let included = format!("include_str!(\"../../{path}\")");
            assert!(
                compiled.contains(&included),
                "add {path} to tests/src/documents.rs"
            );
        }
    }
    assert!(found > 5, "{found} documents with examples in Rust");
}

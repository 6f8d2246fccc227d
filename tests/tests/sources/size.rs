//! The size of source files: a stranger reads one from its first line to its last.

use std::path::{Path, PathBuf};

const MOST_LINES: usize = 400;

/// Returns the files below a folder that people write.
fn written(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        if matches!(
            name,
            "generated" | "generated.rs" | "target" | "node_modules"
        ) {
            continue;
        }
        if path.is_dir() {
            written(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn no_file_that_people_write_is_longer_than_400_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "tests"] {
        written(&root.join(folder), &mut files);
    }
    assert!(files.len() > 500, "{} files", files.len());
    let lines = |path: &PathBuf| std::fs::read_to_string(path).unwrap().lines().count();
    let long: Vec<_> = files
        .into_iter()
        .filter(|it| lines(it) > MOST_LINES)
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

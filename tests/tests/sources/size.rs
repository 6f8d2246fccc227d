//! Checks that source files have at most 400 lines (CONTRIBUTING.md, Style).

use std::path::{Path, PathBuf};

const MAX_LINES: usize = 400;

/// Returns the files below a folder that people write.
fn hand_written_files(folder: &Path, files: &mut Vec<PathBuf>) {
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
            hand_written_files(&path, files);
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
        hand_written_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 500, "{} files", files.len());
    let counted = files.into_iter().map(|path| {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        (lines, path)
    });
    let long: Vec<_> = counted.filter(|(lines, _)| *lines > MAX_LINES).collect();
    assert!(long.is_empty(), "{long:#?}");
}

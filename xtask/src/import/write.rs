//! Writes files to disk, all or none as far as the file system allows.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Writes every file under a temporary name, and renames them when all are complete.
///
/// # Errors
/// Returns a failure if a file cannot be written or renamed.
pub fn all(dir: &Path, files: &BTreeMap<String, String>) -> Result<(), Failure> {
    let mut complete = Vec::new();
    for (path, text) in files {
        let target = dir.join(path);
        let draft = target.with_extension("toml.import");
        complete.push((draft.clone(), target));
        if let Err(error) = write(&draft, text) {
            discard(&complete);
            return Err(failed(path, &error));
        }
    }
    for (draft, target) in &complete {
        if let Err(error) = fs::rename(draft, target) {
            discard(&complete);
            return Err(failed(&target.display().to_string(), &error));
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn discard(drafts: &[(PathBuf, PathBuf)]) {
    for (draft, _) in drafts {
        let _not_there = fs::remove_file(draft);
    }
}

fn failed(path: &str, error: &io::Error) -> Failure {
    Failure::new(format!("error: {path}: cannot write the file: {error}"))
}

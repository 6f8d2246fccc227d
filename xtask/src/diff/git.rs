//! The specification of a revision, read without touching the working copy.

use std::{path::Path, process::Command};

use crate::{
    failure::Failure,
    model::{SourceFile, Sources},
};

const FOLDER: &str = "spec/";

pub(super) fn sources(root: &Path, revision: &str) -> Result<Sources, Failure> {
    let commit = commit(root, revision)?;
    let list = git(
        root,
        &["ls-tree", "-r", "-z", "--name-only", &commit, FOLDER],
    )?;
    let paths = list
        .split('\0')
        .filter_map(|path| path.strip_prefix(FOLDER));
    let mut files = Vec::new();
    // Examples are fixtures that are not compared, and most of the files.
    for path in paths.filter(|path| !path.starts_with("examples/")) {
        let text = git(root, &["show", &format!("{commit}:./{FOLDER}{path}")])?;
        files.push(SourceFile {
            path: path.to_owned(),
            text: text.replace("\r\n", "\n"),
        });
    }
    if files.is_empty() {
        return Err(Failure::new(format!(
            "error: git:{revision} has no folder `spec`"
        )));
    }
    Ok(Sources::new(files))
}

/// Returns the hash of a revision, so that its name cannot be taken for an option later.
fn commit(root: &Path, revision: &str) -> Result<String, Failure> {
    let object = format!("{revision}^{{commit}}");
    let arguments = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &object,
    ];
    let hash = git(root, &arguments)
        .map_err(|_| Failure::new(format!("error: there is no revision `{revision}`")))?;
    Ok(hash.trim().to_owned())
}

/// Returns the output of a command of git.
pub(crate) fn git(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let failed = |what: &str| Failure::new(format!("error: git {}: {what}", arguments.join(" ")));
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("the answer is not UTF-8 text"))
}

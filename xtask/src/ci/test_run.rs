//! Runs the tests, and finds snapshots that no test compares.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{cargo, command};
use crate::{failure::Failure, isolation::isolated};

/// Runs the tests with insta recording every snapshot that it compares, then compares that list
/// with the existing files. (`cargo insta` uses the same variable; this way nothing has to be
/// installed.)
pub(super) fn run(root: &Path) -> Result<(), Failure> {
    let compared = root.join("target").join("snapshots-compared.txt");
    let failed = |error: io::Error| Failure::new(format!("error: {}: {error}", compared.display()));
    fs::create_dir_all(root.join("target")).map_err(failed)?;
    fs::write(&compared, "").map_err(failed)?;
    let tests = ["test", "--workspace", "--all-features"];
    // Downloads and builds while there is a network.
    cargo(root, tests.iter().chain(&["--no-run"]))?;
    let mut command = command(root);
    command.args(tests).arg("--no-fail-fast");
    command
        .env("INSTA_UPDATE", "no")
        .env("INSTA_SNAPSHOT_REFERENCES_FILE", &compared);
    run_and_report(&mut isolated(&command)?)?;
    let recorded = fs::read_to_string(&compared).map_err(failed)?;
    let recorded: BTreeSet<PathBuf> = recorded
        .lines()
        .filter_map(|line| fs::canonicalize(line).ok())
        .collect();
    let unreferenced: Vec<_> = snapshots(&root.join("tests"))
        .map_err(failed)?
        .into_iter()
        .filter(|file| !recorded.contains(file))
        .map(|file| file.display().to_string())
        .collect();
    if unreferenced.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "error: no test compares these snapshots\n{}\nhelp: delete them",
        unreferenced.join("\n")
    )))
}

/// Returns every snapshot file below a folder.
fn snapshots(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(snapshots(&path)?);
        } else if path.extension() == Some(OsStr::new("snap")) {
            found.push(fs::canonicalize(path)?);
        }
    }
    Ok(found)
}

/// Runs a command that runs tests. Its output is passed on; what it says of failed tests is the error, so that it is
/// found at the end of a long log.
fn run_and_report(command: &mut Command) -> Result<(), Failure> {
    let spawned = command.stdout(Stdio::piped()).spawn();
    let failed = |error: io::Error| Failure::new(format!("error: {command:?}: {error}"));
    let mut process = spawned.map_err(failed)?;
    let mut report = Report::default();
    for line in process
        .stdout
        .take()
        .into_iter()
        .flat_map(|stdout| BufReader::new(stdout).split(b'\n'))
    {
        let line = line.map_err(failed)?;
        report.add(&String::from_utf8_lossy(&line));
        let mut stdout = io::stdout().lock();
        stdout
            .write_all(&line)
            .and_then(|()| stdout.write_all(b"\n"))
            .map_err(failed)?;
    }
    let status = process.wait().map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{}error: {command:?}: {status}",
        report.text
    )))
}

/// The output of the test programs about their failed tests.
#[derive(Default)]
struct Report {
    text: String,
    is_open: bool,
}

impl Report {
    fn add(&mut self, line: &str) {
        if line == "failures:" {
            self.is_open = true;
        } else if line.starts_with("test result: ") {
            self.is_open = false;
        }
        if self.is_open {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_of_failed_tests_is_repeated() {
        let output = "\
running 2 tests
test a ... ok
test b ... FAILED

failures:

---- b stdout ----
left: 1

failures:
    b

test result: FAILED. 1 passed; 1 failed
     Running other
test result: ok. 1 passed";
        let mut report = Report::default();
        output.lines().for_each(|line| report.add(line));
        let expected = "failures:\n\n---- b stdout ----\nleft: 1\n\nfailures:\n    b\n\n";
        assert_eq!(report.text, expected);
    }
}

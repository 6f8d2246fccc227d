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
use crate::{
    failure::{Failure, print},
    isolation::isolated,
};

const TESTS: [&str; 3] = ["test", "--workspace", "--all-features"];

/// Largest number of failed tests that are run again. More failures have a common cause, and are not flaky.
const MAX_RERUNS: usize = 3;

/// Runs the tests with insta recording every snapshot that it compares, then compares that list
/// with the existing files. (`cargo insta` uses the same variable; this way nothing has to be
/// installed.)
pub(super) fn run(root: &Path) -> Result<(), Failure> {
    let compared = root.join("target").join("snapshots-compared.txt");
    let failed = |error: io::Error| Failure::new(format!("error: {}: {error}", compared.display()));
    fs::create_dir_all(root.join("target")).map_err(failed)?;
    fs::write(&compared, "").map_err(failed)?;
    // Downloads and builds while there is a network.
    cargo(root, TESTS.iter().chain(&["--no-run"]))?;
    let run = |names: &[String]| {
        let mut command = command(root);
        command
            .args(TESTS)
            .args(["--no-fail-fast", "--", "--exact"])
            .args(names)
            .env("INSTA_UPDATE", "no")
            .env("INSTA_SNAPSHOT_REFERENCES_FILE", &compared);
        run_and_report(&mut isolated(&command)?)
    };
    if let Some(flaky) = run_twice(run)? {
        print(&flaky)?;
    }
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

/// Runs all tests, then up to [`MAX_RERUNS`] failed ones again without the rest. Returns what to print of tests that
/// pass then, which are flaky and do not fail the step; `None` if none failed.
///
/// # Errors
/// Returns what was printed of failed tests if more failed, if a program ended early, or if a test fails again or is
/// not found again.
fn run_twice(
    run: impl Fn(&[String]) -> Result<Report, Failure>,
) -> Result<Option<String>, Failure> {
    let first = run(&[])?;
    if first.passed {
        return Ok(None);
    }
    let failed = first.failed_tests();
    if failed.is_empty() || first.has_unfinished_program() || failed.len() > MAX_RERUNS {
        return Err(Failure::new(first.text));
    }
    let second = run(&failed)?;
    if !second.passed {
        return Err(Failure::new(first.text + &second.text));
    }
    let names = failed.join(", ");
    if second.tests < failed.len() {
        let message = format!("error: not all of the failed tests were found again: {names}");
        return Err(Failure::new(first.text + &message));
    }
    Ok(Some(format!(
        "{}flaky, failed above and passed when run again: {names}",
        first.text
    )))
}

/// Runs a command that runs tests. Its output is passed on; what it says of failed tests is in the report, so that it
/// is found at the end of a long log.
fn run_and_report(command: &mut Command) -> Result<Report, Failure> {
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
    report.passed = status.success();
    if !report.passed {
        report.add_line(&format!("error: {command:?}: {status}"));
    }
    Ok(report)
}

/// Facts from the output of the test programs.
#[derive(Debug, Default)]
struct Report {
    passed: bool,
    /// The output about failed tests.
    text: String,
    is_open: bool,
    /// The number of tests that were to run.
    tests: usize,
    /// Programs that began, and have not said their result.
    unfinished: usize,
}

impl Report {
    fn add(&mut self, line: &str) {
        let begun = line.strip_prefix("running ");
        let begun = begun.and_then(|rest| rest.trim_end_matches('s').strip_suffix(" test"));
        if let Some(tests) = begun.and_then(|tests| tests.parse::<usize>().ok()) {
            self.tests += tests;
            self.unfinished += 1;
        } else if line == "failures:" {
            self.is_open = true;
        } else if line.starts_with("test result: ") {
            self.is_open = false;
            self.unfinished = self.unfinished.saturating_sub(1);
        }
        if self.is_open {
            self.add_line(line);
        }
    }

    fn add_line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Returns the names of the failed tests: each program lists them last, indented by four spaces.
    fn failed_tests(&self) -> Vec<String> {
        let lists = self
            .text
            .split("failures:\n")
            .filter(|part| part.starts_with("    "));
        let names = lists.flat_map(|list| list.lines().map_while(|line| line.strip_prefix("    ")));
        names.map(str::to_owned).collect()
    }

    /// Returns whether a program ended before its result, such as by a signal.
    const fn has_unfinished_program(&self) -> bool {
        self.unfinished > 0
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    const OUTPUT: &str = "\
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
running 1 test
test result: ok. 1 passed";

    fn report(output: &str) -> Report {
        let mut report = Report::default();
        output.lines().for_each(|line| report.add(line));
        report
    }

    #[test]
    fn what_is_printed_of_failed_tests_is_repeated() {
        let expected = "failures:\n\n---- b stdout ----\nleft: 1\n\nfailures:\n    b\n\n";
        assert_eq!(report(OUTPUT).text, expected);
    }

    #[test]
    fn a_failed_test_that_passes_again_is_flaky() {
        let again = RefCell::new(Vec::new());
        let run = |names: &[String]| {
            again.borrow_mut().push(names.to_vec());
            let passed = !names.is_empty();
            Ok(Report {
                passed,
                ..report(OUTPUT)
            })
        };
        let flaky = run_twice(run).unwrap().unwrap();
        assert!(flaky.ends_with("run again: b"), "{flaky}");
        assert_eq!(again.into_inner(), [vec![], vec!["b".to_owned()]]);
    }

    #[test]
    fn a_failed_test_that_is_not_found_again_fails_the_step() {
        let run = |names: &[String]| {
            let passed = !names.is_empty();
            let output = if passed { "running 0 tests" } else { OUTPUT };
            Ok(Report {
                passed,
                ..report(output)
            })
        };
        assert!(run_twice(run).is_err());
    }

    #[test]
    fn a_second_failure_too_many_failures_or_an_aborted_program_fail_the_step() {
        let many = OUTPUT.replace("    b\n", "    b\n    c\n    d\n    e\n");
        let aborted = format!("{OUTPUT}\nrunning 3 tests\n");
        for (output, runs) in [(OUTPUT, 2), (&many, 1), (&aborted, 1), ("", 1)] {
            let count = Cell::new(0);
            let run = |_: &[String]| {
                count.set(count.get() + 1);
                Ok(report(output))
            };
            assert!(run_twice(run).is_err(), "{output}");
            assert_eq!(count.get(), runs, "{output}");
        }
    }
}

//! Runs the tests, and finds snapshots that no test compares.

mod report;
mod silence;

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use self::report::Report;
use super::{cargo, command};
use crate::{
    failure::{Failure, print},
    isolation::isolated,
};

const TESTS: [&str; 3] = ["test", "--workspace", "--all-features"];

/// Largest number of failed tests that are run again. More failures have a common cause, and are not flaky.
const MAX_RERUNS: usize = 3;

/// Time without a line after which a test program counts as hanging. The slowest test takes a fifth of it on a busy
/// machine.
const SILENCE: Duration = Duration::from_secs(600);

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
/// is found at the end of a long log. A program that is silent for [`SILENCE`] is ended, and its tests that were
/// running have failed.
fn run_and_report(command: &mut Command) -> Result<Report, Failure> {
    let spawned = command.stdout(Stdio::piped()).spawn();
    let failed = |error: io::Error| Failure::new(format!("error: {command:?}: {error}"));
    let mut process = spawned.map_err(failed)?;
    let mut report = Report::default();
    let lines = process.stdout.take().map(lines);
    while let Some(lines) = &lines {
        match lines.recv_timeout(SILENCE) {
            Ok(line) => {
                let line = line.map_err(failed)?;
                report.add(&String::from_utf8_lossy(&line));
                let mut stdout = io::stdout().lock();
                stdout
                    .write_all(&line)
                    .and_then(|()| stdout.write_all(b"\n"))
                    .map_err(failed)?;
            }
            Err(RecvTimeoutError::Timeout) => {
                let message = match silence::end_test_program(process.id()).map_err(failed)? {
                    Some(program) => report.end_silent(&program),
                    None => "no test program is found, though nothing is printed".to_owned(),
                };
                print(&message)?;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = process.wait().map_err(failed)?;
    report.passed = status.success();
    if !report.passed {
        report.add_line(&format!("error: {command:?}: {status}"));
    }
    Ok(report)
}

/// Reads the lines of a stream on a thread of its own.
fn lines(stream: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(stream).split(b'\n');
        // Fails when nobody waits for the lines any more.
        lines.try_for_each(|line| sender.send(line))
    });
    lines
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::{
        report::tests::{OUTPUT, report},
        *,
    };

    #[test]
    fn a_failed_test_that_passes_again_is_flaky() {
        let again = RefCell::new(Vec::new());
        let run = |names: &[String]| {
            again.borrow_mut().push(names.to_vec());
            let passed = !names.is_empty();
            Ok(report(OUTPUT).with_passed(passed))
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
            Ok(report(output).with_passed(passed))
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

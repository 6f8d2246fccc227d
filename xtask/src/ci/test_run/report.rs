//! The output of test programs, read for what failed, hung or ended early.

use std::{collections::BTreeSet, path::Path};

/// Facts from the output of the test programs.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) passed: bool,
    /// The output about failed tests.
    pub(super) text: String,
    is_open: bool,
    /// The number of tests that were to run.
    pub(super) tests: usize,
    /// The number of tests of the last program that have not said their result.
    left: usize,
    /// Tests of the last program that are running and slow.
    slow: BTreeSet<String>,
    /// Tests of the last program that have failed; it lists them itself, unless it is ended before.
    failed: Vec<String>,
    /// Failed tests of programs that were ended, with those that were running then.
    unlisted: Vec<String>,
    /// Programs that began, and have not said their result.
    unfinished: usize,
}

impl Report {
    pub(super) fn add(&mut self, line: &str) {
        let begun = line.strip_prefix("running ");
        let begun = begun.and_then(|rest| rest.trim_end_matches('s').strip_suffix(" test"));
        if let Some(tests) = begun.and_then(|tests| tests.parse::<usize>().ok()) {
            self.tests += tests;
            self.unfinished += 1;
            self.left = tests;
            self.slow.clear();
            self.failed.clear();
        } else if let Some(rest) = line.strip_prefix("test ")
            && !self.is_open
            && !line.starts_with("test result: ")
        {
            self.add_test(rest);
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

    /// Adds what a program says of one test, after `test `: its result, or that it is slow.
    fn add_test(&mut self, rest: &str) {
        let plain = |name: &str| name.trim_end_matches(" - should panic").to_owned();
        if let Some((name, _)) = rest.split_once(" has been running for over ") {
            self.slow.insert(plain(name));
        } else if let Some((name, result)) = rest.rsplit_once(" ... ") {
            let name = plain(name);
            self.left = self.left.saturating_sub(1);
            self.slow.remove(&name);
            if result == "FAILED" {
                self.failed.push(name);
            }
        }
    }

    /// Records that a silent program was ended. Its slow tests have failed if no other test was left, so that it is
    /// known which these are. Returns what to print.
    pub(super) fn end_silent(&mut self, program: &Path) -> String {
        let hung = std::mem::take(&mut self.slow);
        let names = hung.iter().cloned().collect::<Vec<_>>().join(", ");
        if hung.len() == self.left {
            self.left = 0;
            self.unfinished = self.unfinished.saturating_sub(1);
            self.unlisted.append(&mut self.failed);
            self.unlisted.extend(hung);
        }
        let message = format!(
            "error: {} printed nothing for a long time and was ended; running: {names}",
            program.display()
        );
        self.add_line(&message);
        message
    }

    pub(super) fn add_line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Returns the names of the failed tests: each program lists them last, indented by four spaces. Those of
    /// programs that were ended are among them.
    pub(super) fn failed_tests(&self) -> Vec<String> {
        let lists = self
            .text
            .split("failures:\n")
            .filter(|part| part.starts_with("    "));
        let names = lists.flat_map(|list| list.lines().map_while(|line| line.strip_prefix("    ")));
        let names = names.map(str::to_owned);
        names.chain(self.unlisted.iter().cloned()).collect()
    }

    /// Returns whether a program ended before its result, such as by a signal.
    pub(super) const fn has_unfinished_program(&self) -> bool {
        self.unfinished > 0
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) const OUTPUT: &str = "\
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

    impl Report {
        pub(in super::super) fn with_passed(self, passed: bool) -> Self {
            Self { passed, ..self }
        }
    }

    pub(in super::super) fn report(output: &str) -> Report {
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
    fn the_tests_of_a_program_that_hangs_have_failed() {
        let output = "running 3 tests
test a has been running for over 60 seconds
test b - should panic has been running for over 60 seconds
test c ... ok
test b - should panic ... ok";
        let mut hanging = report(output);
        let message = hanging.end_silent(Path::new("deps/cli"));
        assert!(message.ends_with("running: a"), "{message}");
        assert_eq!(hanging.failed_tests(), ["a"]);
        assert!(!hanging.has_unfinished_program());
    }

    #[test]
    fn a_failure_before_the_hang_is_not_forgotten() {
        let output = "running 3 tests
test a ... FAILED
test b has been running for over 60 seconds
test c ... ok";
        let mut hanging = report(output);
        hanging.end_silent(Path::new("deps/cli"));
        assert_eq!(hanging.failed_tests(), ["a", "b"]);
    }

    #[test]
    fn a_program_that_hangs_before_it_has_started_every_test_is_unfinished() {
        let output = "running 2 tests\ntest a has been running for over 60 seconds";
        let mut hanging = report(output);
        hanging.end_silent(Path::new("deps/cli"));
        assert!(hanging.failed_tests().is_empty() && hanging.has_unfinished_program());
    }
}

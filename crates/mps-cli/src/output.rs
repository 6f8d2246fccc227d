//! Output as text or as JSON: results to stdout, everything else to stderr.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use mps_aigc::models::preflight::{Finding, Severity};
use serde::Serialize;
use serde_json::json;

use crate::{
    failure::Failure,
    options::{ColorMode, GlobalOptions, OutputFormat},
};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// The output streams and their format.
pub(crate) struct Output {
    format: OutputFormat,
    quiet: bool,
    verbose: bool,
}

impl Output {
    pub(crate) fn new(global: &GlobalOptions) -> Self {
        let color = match global.color {
            ColorMode::Auto => anstream::ColorChoice::Auto,
            ColorMode::Always => anstream::ColorChoice::Always,
            ColorMode::Never => anstream::ColorChoice::Never,
        };
        color.write_global();
        Self {
            format: global.output,
            quiet: global.quiet,
            verbose: global.verbose > 0,
        }
    }

    /// Prints a result to stdout.
    pub(crate) fn result(&self, human: &str, json: &impl Serialize) -> Result<(), Failure> {
        match self.format {
            OutputFormat::Human => write_line(human),
            OutputFormat::Json => write_line(&to_line(json)?),
        }
    }

    /// Prints a message to stderr, even with `--quiet`.
    pub(crate) fn notice(&self, human: &str, json: &impl Serialize) -> Result<(), Failure> {
        match self.format {
            OutputFormat::Human => print_stderr(human),
            OutputFormat::Json => print_stderr(&to_line(json)?),
        }
        Ok(())
    }

    /// Prints a message to stderr, unless `--quiet` is given.
    pub(crate) fn progress(&self, human: &str, json: &impl Serialize) -> Result<(), Failure> {
        if self.quiet {
            Ok(())
        } else {
            self.notice(human, json)
        }
    }

    /// Prints findings that did not stop the request.
    pub(crate) fn warnings<'a>(
        &self,
        findings: impl IntoIterator<Item = &'a Finding>,
    ) -> Result<(), Failure> {
        for finding in findings {
            self.progress(
                &human_finding(finding),
                &json!({"schema": "mps.finding/1", "finding": finding}),
            )?;
        }
        Ok(())
    }

    /// Prints an error: its findings, one line with the message, its cause and a hint.
    pub(crate) fn failure(&self, failure: &Failure) {
        match self.format {
            OutputFormat::Human => self.human_failure(failure),
            OutputFormat::Json => print_stderr(&to_line(failure).unwrap_or_default()),
        }
    }

    fn human_failure(&self, failure: &Failure) {
        for finding in &failure.findings {
            print_stderr(&human_finding(finding));
        }
        print_stderr(&format!("{ERROR}error{ERROR:#}: {}", failure.message));
        // The last cause is the most concrete one.
        let shown = if self.verbose {
            failure.causes.len()
        } else {
            1
        };
        for cause in failure.causes.iter().rev().take(shown) {
            print_stderr(&format!("  because: {cause}"));
        }
        if let Some(hint) = &failure.hint {
            print_stderr(&format!("{HINT}hint{HINT:#}: {hint}"));
        }
    }
}

fn human_finding(finding: &Finding) -> String {
    let (style, word) = match finding.severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
    };
    let place = if finding.path.is_empty() {
        String::new()
    } else {
        format!("{}: ", finding.path)
    };
    let hint = finding
        .hint
        .as_ref()
        .map(|hint| format!("; {hint}"))
        .unwrap_or_default();
    format!(
        "{style}{word}[{}]{style:#}: {place}{}{hint}",
        finding.rule, finding.message
    )
}

fn to_line(json: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(json).map_err(|error| Failure::internal(error.to_string()))
}

fn write_line(line: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        // The reader has closed the pipe: it needs no more results.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => {
            written.map_err(|error| Failure::internal(format!("cannot write to stdout: {error}")))
        }
    }
}

/// Prints a line to stderr. A failure is ignored: there is no other stream to report it on.
pub(crate) fn print_stderr(line: &str) {
    let _unwritable = writeln!(anstream::stderr().lock(), "{line}");
}

//! Where words go: results to stdout, everything else to stderr, as text or as JSON.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use mps_aigc::models::preflight::{Finding, Severity};
use serde::Serialize;
use serde_json::json;

use crate::{
    args::{Color, Form, Global},
    failure::Failure,
};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// The two streams, and the form the user chose.
pub(crate) struct Output {
    form: Form,
    quiet: bool,
    verbose: bool,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        let color = match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        color.write_global();
        Self {
            form: global.output,
            quiet: global.quiet,
            verbose: global.verbose > 0,
        }
    }

    /// A result: `human` as it is, or `json` as one line.
    pub(crate) fn result(&self, human: &str, json: &impl Serialize) -> Result<(), Failure> {
        match self.form {
            Form::Human => write_line(human),
            Form::Json => write_line(&to_line(json)?),
        }
    }

    /// What must be seen before anything else happens, even when asked to be quiet.
    pub(crate) fn notice(&self, human: &str, json: &impl Serialize) -> Result<(), Failure> {
        match self.form {
            Form::Human => say(human),
            Form::Json => say(&to_line(json)?),
        }
        Ok(())
    }

    /// What happens meanwhile.
    pub(crate) fn progress(&self, human: &str, json: &impl Serialize) -> Result<(), Failure> {
        if self.quiet {
            Ok(())
        } else {
            self.notice(human, json)
        }
    }

    /// Findings that did not stop the request.
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

    /// Why the command failed, in one line and a hint; findings each have a line of their own.
    pub(crate) fn failure(&self, failure: &Failure) {
        match self.form {
            Form::Human => self.human_failure(failure),
            Form::Json => say(&to_line(failure).unwrap_or_default()),
        }
    }

    fn human_failure(&self, failure: &Failure) {
        for finding in &failure.findings {
            say(&human_finding(finding));
        }
        say(&format!("{ERROR}error{ERROR:#}: {}", failure.message));
        // The last cause is the one that names the thing that did not work.
        let shown = if self.verbose {
            failure.causes.len()
        } else {
            1
        };
        for cause in failure.causes.iter().rev().take(shown) {
            say(&format!("  because: {cause}"));
        }
        if let Some(hint) = &failure.hint {
            say(&format!("{HINT}hint{HINT:#}: {hint}"));
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
        // Whoever read our results has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => {
            written.map_err(|error| Failure::internal(format!("cannot write to stdout: {error}")))
        }
    }
}

/// Nobody can be told that stderr does not work.
pub(crate) fn say(line: &str) {
    let _unwritable = writeln!(anstream::stderr().lock(), "{line}");
}

//! Output as text or as JSON: results to stdout, everything else to stderr.

use std::{borrow::Cow, collections::BTreeMap, io, time::Duration};

use anstyle::{AnsiColor, Style};
use mps_aigc::models::preflight::{Finding, Severity};
use mps_core::clock::SharedClock;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    color,
    failure::Failure,
    foreign_text,
    live::Live,
    logging,
    options::{GlobalOptions, OutputFormat},
    outcome::Reason,
    results::Receipt,
    streams,
};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// The output streams and their format. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    format: OutputFormat,
    quiet: bool,
    verbose: bool,
    clock: SharedClock,
    started: Duration,
    live: Live,
}

/// Something that happens while a command runs: a line on stderr, as JSON `mps.event/1`.
#[derive(Clone, Debug)]
pub(crate) struct Event<'a> {
    name: &'static str,
    human: Cow<'a, str>,
    task_id: Option<&'a str>,
    details: Map<String, Value>,
}

impl<'a> Event<'a> {
    /// Creates an event; `human` is its text for people, of which nothing controls a terminal.
    pub(crate) fn new(name: &'static str, human: &'a str) -> Self {
        Self::styled(name, foreign_text::lines(human))
    }

    /// Creates an event whose text for people is styled by this module.
    fn styled(name: &'static str, human: Cow<'a, str>) -> Self {
        Self {
            name,
            human,
            task_id: None,
            details: Map::new(),
        }
    }

    pub(crate) fn task(mut self, task_id: &'a str) -> Self {
        self.task_id = Some(task_id);
        self
    }

    /// Adds the members of an object; null members are left out.
    pub(crate) fn details(mut self, details: impl Serialize) -> Self {
        if let Ok(Value::Object(details)) = serde_json::to_value(details) {
            let members = details.into_iter().filter(|(_, value)| !value.is_null());
            self.details.extend(members);
        }
        self
    }
}

impl Output {
    pub(crate) fn new(global: &GlobalOptions, clock: SharedClock) -> Self {
        color::apply(global.color());
        Self {
            format: global.output(),
            quiet: global.quiet,
            verbose: global.verbose > 0,
            started: clock.monotonic(),
            // Log lines are written past this module, so there is no live view with them.
            live: Live::new(
                global.output() == OutputFormat::Human && !global.quiet && global.verbose == 0,
                clock.clone(),
            ),
            clock,
        }
    }

    /// Returns the same streams without events and warnings: for example, for a check whose warnings are
    /// its result.
    pub(crate) fn silenced(&self) -> Self {
        Self {
            quiet: true,
            ..self.clone()
        }
    }

    /// Returns the tasks that the command follows, as lines on a terminal.
    pub(crate) fn live(&self) -> &Live {
        &self.live
    }

    /// Prints a result that names no paid task. A reader that closes the pipe is no error: it needs
    /// no more results.
    pub(crate) fn listing(&self, human: &str, json: &impl Serialize) -> Result<(), Failure> {
        match self.write_result(human, json)? {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written
                .map_err(|error| Failure::internal(format!("cannot write to stdout: {error}"))),
        }
    }

    /// Prints a result that names no paid task, as [`listing`](Self::listing) does. `human` is styled,
    /// and contains nothing else that controls a terminal.
    pub(crate) fn styled_listing(&self, human: &str, json: &impl Serialize) -> Result<(), Failure> {
        if self.format == OutputFormat::Json {
            return self.listing("", json);
        }
        match self.live.suspended(|| streams::write_stdout(human)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written
                .map_err(|error| Failure::internal(format!("cannot write to stdout: {error}"))),
        }
    }

    /// Prints a result that names a paid task. When it cannot be written, the error names the task
    /// and the command line that resumes the work on it.
    pub(crate) fn receipt(
        &self,
        human: &str,
        json: &impl Serialize,
        receipt: &Receipt,
    ) -> Result<(), Failure> {
        let written = self.write_result(human, json)?;
        written.map_err(|error| {
            let id = receipt.shown_id();
            let message = format!("cannot write the result of task {id} to stdout: {error}");
            Failure::new(receipt.outcome(Reason::Receipt), "internal", message).receipt(receipt)
        })
    }

    fn write_result(&self, human: &str, json: &impl Serialize) -> Result<io::Result<()>, Failure> {
        let text = match self.format {
            OutputFormat::Human => foreign_text::lines(human).into_owned(),
            OutputFormat::Json => to_line(json)?,
        };
        Ok(self.live.suspended(|| streams::write_stdout(&text)))
    }

    /// Prints an event, even with `--quiet`.
    pub(crate) fn notice(&self, event: &Event<'_>) {
        self.live.suspended(|| match self.format {
            OutputFormat::Human => print_stderr(&event.human),
            OutputFormat::Json => print_stderr(&self.event_line(event)),
        });
    }

    /// Prints an event that the live view shows too: as a line only where there is no live view.
    pub(crate) fn live_progress(&self, event: &Event<'_>) {
        if !self.live.is_drawn() {
            self.progress(event);
        }
    }

    /// Prints an event, unless `--quiet` is given.
    pub(crate) fn progress(&self, event: &Event<'_>) {
        if !self.quiet {
            self.notice(event);
        }
    }

    /// Prints an event as JSON, unless `--quiet` is given. People need not see it.
    pub(crate) fn detail(&self, event: &Event<'_>) {
        if self.format == OutputFormat::Json {
            self.progress(event);
        }
    }

    /// Prints a sentence about a request, with the time, where `-v` is given. Programs get log lines
    /// instead.
    pub(crate) fn sentence(&self, text: impl FnOnce() -> String) {
        if self.verbose && !self.quiet && self.format == OutputFormat::Human {
            let time = logging::time_of_day(self.clock.wall());
            self.live
                .suspended(|| print_stderr(&format!("{time} {}", foreign_text::lines(&text()))));
        }
    }

    /// Prints a warning, unless `--quiet` is given.
    pub(crate) fn warning(&self, message: &str) {
        let human = format!(
            "{WARNING}warning{WARNING:#}: {}",
            foreign_text::lines(message)
        );
        let details = json!({"message": message});
        self.progress(&Event::styled("warning", human.into()).details(details));
    }

    /// Prints findings that did not stop the request.
    pub(crate) fn warnings<'a>(&self, findings: impl IntoIterator<Item = &'a Finding>) {
        for finding in findings {
            let human = human_finding(finding).into();
            let details = json!({"finding": finding});
            self.progress(&Event::styled("warning", human).details(details));
        }
    }

    /// Prints an error with its findings, cause, in-doubt page and hint. Without stderr, an error that
    /// names a task or a doubtful create is printed to stdout.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.live.end();
        for other in &failure.others {
            self.failure(other);
        }
        let text = match self.format {
            OutputFormat::Human => self.human_failure(failure),
            OutputFormat::Json => to_line(failure).unwrap_or_default(),
        };
        let written = streams::write_stderr(&text);
        if written.is_err() && (failure.task_id.is_some() || failure.outcome.in_doubt()) {
            // Fails only if neither stream can be written: then there is no way to report anything.
            let _unwritable = streams::write_stdout(&text);
        }
    }

    fn event_line(&self, event: &Event<'_>) -> String {
        let elapsed = self.clock.monotonic().saturating_sub(self.started);
        let known = ["schema", "event", "task_id", "elapsed_ms"];
        let details = event.details.iter();
        let details = details.filter(|(name, _)| !known.contains(&name.as_str()));
        let object = EventObject {
            schema: "mps.event/1",
            event: event.name,
            task_id: event.task_id,
            elapsed_ms: elapsed.as_millis(),
            details: details.collect(),
        };
        to_line(&object).unwrap_or_default()
    }

    fn human_failure(&self, failure: &Failure) -> String {
        let mut lines: Vec<_> = failure.findings.iter().map(human_finding).collect();
        let message = foreign_text::message(&failure.message);
        lines.push(format!("{ERROR}error{ERROR:#}: {message}"));
        // The last cause is the most concrete one.
        let shown = if self.verbose {
            failure.causes.len()
        } else {
            1
        };
        let causes = failure.causes.iter().rev().take(shown);
        lines.extend(causes.map(|cause| format!("  because: {}", foreign_text::message(cause))));
        let doubt = failure.doubt.as_ref().map(ToString::to_string);
        lines.extend(doubt.map(|doubt| foreign_text::lines(&doubt).into_owned()));
        let hint = foreign_text::lines(failure.hint_or_default());
        lines.push(format!("{HINT}hint{HINT:#}: {hint}"));
        lines.join("\n")
    }
}

/// `mps.event/1`.
#[derive(Serialize)]
struct EventObject<'a> {
    schema: &'static str,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<&'a str>,
    elapsed_ms: u128,
    #[serde(flatten)]
    details: BTreeMap<&'a String, &'a Value>,
}

fn human_finding(finding: &Finding) -> String {
    let (style, word) = match finding.severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
    };
    let place = if finding.path.is_empty() {
        String::new()
    } else {
        format!("{}: ", foreign_text::name(&finding.path))
    };
    let hint = finding
        .hint
        .as_ref()
        .map(|hint| format!("; {}", foreign_text::message(hint)))
        .unwrap_or_default();
    format!(
        "{style}{word}[{}]{style:#}: {place}{}{hint}",
        finding.rule,
        foreign_text::message(&finding.message)
    )
}

/// Returns the JSON on one line. Characters that a terminal obeys, and that JSON allows in texts, are
/// written as escapes, which leaves the value as it is.
fn to_line(json: &impl Serialize) -> Result<String, Failure> {
    let line = serde_json::to_string(json).map_err(|error| Failure::internal(error.to_string()))?;
    Ok(foreign_text::json_line(&line).into_owned())
}

/// Prints a line of JSON to stderr. A failure is ignored, as for [`print_stderr`].
pub(crate) fn print_json_to_stderr(json: &impl Serialize) {
    if let Ok(line) = to_line(json) {
        print_stderr(&line);
    }
}

/// Prints a line to stderr. A failure is ignored: there is no other stream to report it on.
pub(crate) fn print_stderr(line: &str) {
    let _unwritable = streams::write_stderr(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_no_character_that_a_terminal_obeys_and_keeps_its_value() {
        let text = "a\u{1b}\u{9b}31m\u{202e}\n\u{7f}";
        let line = to_line(&text).unwrap();
        assert_eq!(line, r#""a\u001b\u009b31m\u202e\n\u007f""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}

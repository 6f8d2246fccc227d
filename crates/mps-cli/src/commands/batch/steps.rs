//! The end of a batch: its exit code, what went wrong, and the next commands.

use mps_jobs::{
    BatchError, JobsError, Key, Report, State, Stopped,
    ledger::{BatchId, BatchStatus, Count},
};
use serde_json::json;

use crate::{
    context::Context,
    failure::{self, Failure},
    foreign_text,
    live::units,
    outcome::{Outcome, Reason},
    output::{Event, Output},
    resume::CommandLine,
    signals::Signal,
};

/// The most rows of one kind of trouble that are named.
const MOST_NAMED: usize = 10;

/// Returns the outcome of a batch that a signal ended.
pub(super) fn interrupted(signal: Signal) -> Outcome {
    Outcome::Unfetched(Reason::Signal(signal))
}

/// Returns `true` if a row of the batch was ever sent.
pub(super) fn has_sent(counts: &[Count]) -> bool {
    let never = [State::Planned, State::Intent, State::Unsent];
    counts
        .iter()
        .any(|count| count.rows > 0 && !never.contains(&count.state))
}

/// Converts an error from before a row was sent.
pub(super) fn failure_of(error: JobsError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    let message = error.to_string();
    let usage = |kind: &'static str, reason: Reason| {
        let failure = Failure::new(Outcome::NotCreated(reason), kind, message.clone());
        match hint.clone() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    };
    match error {
        JobsError::Ledger(error) => error.into(),
        JobsError::Client(error) => error.into(),
        JobsError::Batch(BatchError::TooLong { .. } | BatchError::TooExpensive { .. }) => {
            usage("cap_too_small", Reason::SpendGuard)
        }
        JobsError::UnknownSeconds(_) => usage("unknown_seconds", Reason::SpendGuard),
        JobsError::UnknownPrice(_) => usage("no_price", Reason::Usage),
        JobsError::Batch(BatchError::Changed { .. }) => usage("changed_rows", Reason::Usage),
        JobsError::Batch(BatchError::OtherSource { .. }) => usage("name_taken", Reason::Usage),
        JobsError::Batch(BatchError::Interrupted(_)) => usage("internal", Reason::Internal),
        JobsError::Preflight { report, .. } => {
            let mut failure = usage("preflight", Reason::Usage);
            failure.findings = report.findings().to_vec();
            failure
        }
        _ => usage("usage", Reason::Usage),
    }
}

/// Prints what a person has to know about single rows, beside the counts.
pub(super) fn report_troubles(report: &Report, name: &BatchId, context: &Context) {
    let output = &context.output;
    let named = |key: &str| foreign_text::name(&format!("{name}/{key}")).into_owned();
    for lost in &report.unrecorded {
        let key = named(lost.key.as_str());
        let task = lost.task.as_deref().map(foreign_text::name);
        let task = task.map_or_else(String::new, |task| format!(", which created task {task}"));
        output.warning(&format!(
            "the answer for {key}{task} is not recorded, and the row becomes in doubt: {}",
            foreign_text::message(&lost.error.to_string())
        ));
    }
    for (key, reason) in report.unsaved.iter().take(MOST_NAMED) {
        let human = format!(
            "{}: the results are not saved: {}",
            named(key.as_str()),
            foreign_text::message(reason)
        );
        let details = json!({"key": key, "message": foreign_text::cut_message(reason)});
        output.progress(&Event::new("unsaved", &human).details(details));
    }
    report_deleted(report, name, output);
}

/// Prints which files of fetched rows had been deleted.
fn report_deleted(report: &Report, name: &BatchId, output: &Output) {
    let named = |keys: &[Key]| {
        let named = keys.iter().take(MOST_NAMED);
        let named: Vec<_> = named.map(|key| foreign_text::name(key.as_str())).collect();
        let more = match keys.len().saturating_sub(named.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{}{more}", named.join(", "))
    };
    let shown = foreign_text::name(name.as_str());
    let rows = |keys: &[Key]| units::counted(keys.len(), "row");
    if !report.restored.is_empty() {
        let (rows, named) = (rows(&report.restored), named(&report.restored));
        let human =
            format!("files of {rows} of batch {shown} were gone, and are fetched again: {named}");
        let details = json!({"keys": report.restored});
        output.progress(&Event::new("restored", &human).details(details));
    }
    if !report.gone.is_empty() {
        let (rows, named) = (rows(&report.gone), named(&report.gone));
        output.warning(&format!(
            "files of {rows} of batch {shown} are gone, and the service no longer has the results: {named}; a \
             row with a new id makes one again, and is billed"
        ));
    }
}

/// The commands that come next.
pub(super) struct Next<'a> {
    pub(super) context: &'a Context,
    pub(super) name: &'a BatchId,
    /// The command line that runs the batch again.
    pub(super) resume: CommandLine,
}

impl Next<'_> {
    /// Returns the error of a batch that is not complete, with the next commands as its hint.
    pub(super) fn failure(
        &self,
        report: &Report,
        status: &BatchStatus,
        signal: Option<Signal>,
    ) -> Option<Failure> {
        let fetched = status.count(State::Fetched);
        let left = status.rows().saturating_sub(fetched);
        // A signal that came before the first row was recorded leaves nothing, which is not complete.
        let is_unbegun = signal.is_some() && status.rows() == 0;
        if left == 0 && report.stopped.is_none() && !is_unbegun {
            return self.unrestored(report);
        }
        let outcome = match (signal, has_sent(&status.counts)) {
            (Some(signal), _) => interrupted(signal),
            (None, true) => Outcome::Unfetched(Self::reason(report)),
            (None, false) => Outcome::NotCreated(Self::reason(report)),
        };
        let shown = foreign_text::name(self.name.as_str());
        let (rows, are) = (units::counted(status.rows(), "row"), units::are(left));
        let others = not_fetched(status);
        let left = units::grouped(left);
        let mut message = format!("{left} of {rows} of batch {shown} {are} not fetched{others}");
        if let Some(signal) = signal {
            message = format!("stopped by {}: {message}", signal.name());
        } else if let Some(stopped) = &report.stopped {
            let reason = stopped.to_string();
            message = format!("{message}: {}", foreign_text::message(&reason));
        }
        let kind = match (signal, &report.stopped) {
            (Some(_), _) => "interrupted",
            (None, Some(Stopped::Cap(_))) => "cap_reached",
            (None, Some(Stopped::Import(_))) => "import",
            (None, _) => "unfetched",
        };
        let mut failure = Failure::new(outcome, kind, message).resume(self.resume.clone());
        failure.created = has_sent(&status.counts);
        if let Some(error) = stopped_error(report) {
            failure.causes = failure::causes(error);
        }
        let hints = self.hints(report, status);
        Some(if hints.is_empty() {
            failure
        } else {
            failure.hint(hints.join("\n      "))
        })
    }

    /// Returns the error of a complete batch of which files were deleted and could not be fetched again.
    fn unrestored(&self, report: &Report) -> Option<Failure> {
        let rows = report.unsaved.len();
        (rows > 0).then(|| {
            let message = format!(
                "files of {} of batch {} are gone, and are not fetched again",
                units::counted(rows, "row"),
                foreign_text::name(self.name.as_str())
            );
            let hint = format!("remove the cause, then try again: {}", self.resume);
            let failure = Failure::new(Outcome::Unfetched(Reason::Trouble), "unfetched", message);
            failure.resume(self.resume.clone()).hint(hint)
        })
    }

    fn reason(report: &Report) -> Reason {
        let of = |failure: Failure| failure.outcome.reason();
        match &report.stopped {
            Some(Stopped::Cap(_)) => Reason::SpendGuard,
            Some(Stopped::Account(error) | Stopped::Service(error)) => of(Failure::of_call(error)),
            Some(Stopped::Ledger(error)) => of(error.clone().into()),
            Some(Stopped::Import(error)) => of(failure_of(error.clone())),
            _ => Reason::Trouble,
        }
    }

    /// Returns the next commands, one for each kind of row that is not fetched.
    fn hints(&self, report: &Report, status: &BatchStatus) -> Vec<String> {
        let global = &self.context.global;
        if global.emulator {
            return vec!["the emulator and its ledger end with this command".to_owned()];
        }
        let count = |state: State| status.count(state);
        let verb = |verb: &str| {
            CommandLine::for_batch(global, verb, &["--name", self.name.as_str()]).to_string()
        };
        let mut hints = Vec::new();
        match &report.stopped {
            Some(Stopped::Cap(_)) => {
                hints.push(format!(
                    "continue with a higher cap in place of the old one (--max-seconds N, --max-spend M): {}",
                    self.resume
                ));
            }
            Some(Stopped::Account(error)) => {
                let fix = error.hint().unwrap_or("put the account in order");
                hints.push(format!("{fix}; then continue: {}", self.resume));
            }
            _ if count(State::Planned) + count(State::Created) > 0 => {
                hints.push(format!("continue: {}", self.resume));
            }
            _ => {}
        }
        if count(State::Done) > 0 {
            hints.push(format!(
                "fetch what is done before it expires: {}",
                verb("rescue")
            ));
        }
        if count(State::InDoubt) > 0 {
            hints.push(format!(
                "look at the rows in doubt, and decide: {}",
                verb("status")
            ));
        }
        if count(State::Refused) + count(State::Failed) + count(State::Unsent) > 0 {
            hints.push(format!(
                "plan refused, failed and unsent rows again: {}",
                verb("retry")
            ));
        }
        if count(State::Expired) + count(State::Abandoned) > 0 {
            let line = ["--name", self.name.as_str(), "--id", "ID"];
            let line = CommandLine::for_batch(global, "retry", &line);
            hints.push(format!("expired rows are billed again: {line}"));
        }
        hints
    }
}

/// Returns the states of the rows that are not fetched, for example ` (2 failed, 1 in doubt)`.
fn not_fetched(status: &BatchStatus) -> String {
    let left = State::ALL.into_iter().rev();
    let left = left.filter(|state| *state != State::Fetched && status.count(*state) > 0);
    let counts: Vec<_> = left
        .map(|state| format!("{} {}", units::grouped(status.count(state)), state.words()))
        .collect();
    match counts.as_slice() {
        [] => String::new(),
        counts => format!(" ({})", counts.join(", ")),
    }
}

fn stopped_error(report: &Report) -> Option<&(dyn std::error::Error + 'static)> {
    match report.stopped.as_ref()? {
        Stopped::Cap(error) | Stopped::Ledger(error) => Some(error),
        Stopped::Account(error) | Stopped::Service(error) => Some(error),
        Stopped::Import(error) => Some(error),
        _ => None,
    }
}

//! The record of a create, and the page that a person needs when its outcome is unknown.

use std::{
    fmt::{self, Write as _},
    time::{Duration, SystemTime},
};

use mps_core::Intent;
use mps_jobs::{DoubtPage, State, Utc};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::{
    foreign_text,
    options::GlobalOptions,
    output::{Event, Output},
    resume::{CommandLine, quoted},
    signals::Signal,
};

/// The id in command lines for a task whose id is unknown.
pub(crate) const ID_PLACEHOLDER: &str = "TASK_ID";

/// The longest time for one attempt, as the client has it.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// The number of characters of the secret id that are shown.
const KEY_ID_TAIL: usize = 4;

/// The outcome of an attempt whose answer has not come.
const NO_ANSWER: &str = "no answer";

/// A create, as it was sent. Printed when its outcome is in doubt.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Doubt {
    pub(crate) action: String,
    host: String,
    /// The last characters of the secret id.
    /// Empty if it is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    key_id: String,
    /// The key in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_sha256: Option<String>,
    attempts: Vec<Attempt>,
    next_steps: Vec<String>,
    #[serde(skip)]
    follow: Option<CommandLine>,
    /// The command line that gives the create up.
    #[serde(skip)]
    abandon: Option<CommandLine>,
}

/// One attempt of a create.
#[derive(Clone, Debug, Serialize)]
struct Attempt {
    number: u32,
    #[serde(serialize_with = "as_utc")]
    at: SystemTime,
    host: String,
    /// The kind of error that ended it, or the lack of an answer.
    outcome: String,
}

impl Doubt {
    /// Creates the record of a create that is about to be sent.
    ///
    /// `follow` is the command line that waits for its task, if the action belongs to a family.
    pub(crate) fn new(
        action: &str,
        host: &str,
        secret_id: &str,
        follow: Option<&CommandLine>,
    ) -> Self {
        let skipped = secret_id.chars().count().saturating_sub(KEY_ID_TAIL);
        Self {
            action: action.to_owned(),
            host: host.to_owned(),
            key_id: secret_id.chars().skip(skipped).collect(),
            key: None,
            request_id: None,
            body_sha256: None,
            attempts: Vec::new(),
            next_steps: next_steps(follow),
            follow: follow.cloned(),
            abandon: None,
        }
    }

    /// Sets the key under which the ledger has the create, and the next steps that record a decision.
    pub(crate) fn with_key(mut self, global: &GlobalOptions, key: &str) -> Self {
        let abandon = CommandLine::for_resolve(global, key, &["--abandon"]);
        self.next_steps = keyed_steps(global, key, self.follow.as_ref(), &abandon);
        self.abandon = Some(abandon);
        self.key = Some(key.to_owned());
        self
    }

    /// Returns the record of a create that the ledger has as in doubt.
    pub(crate) fn of_page(
        page: &DoubtPage,
        secret_id: &str,
        follow: Option<&CommandLine>,
        global: &GlobalOptions,
    ) -> Self {
        let host = page.host.clone().unwrap_or_default();
        let mut doubt = Self::new(&page.action, &host, secret_id, follow);
        doubt.request_id.clone_from(&page.request_id);
        doubt.body_sha256.clone_from(&page.body_sha256);
        for tried in &page.tried {
            match (tried.state, doubt.attempts.last_mut()) {
                (State::Sending, _) => doubt.add_attempt(tried.at, &host),
                (_, Some(attempt)) => {
                    let reason = tried.note.as_ref().or(page.reason.as_ref());
                    let reason = reason.map_or("the process ended", String::as_str);
                    attempt.outcome = foreign_text::message(reason).into_owned();
                }
                (_, None) => {}
            }
        }
        doubt.with_key(global, page.key.as_str())
    }

    fn add_attempt(&mut self, at: Utc, host: &str) {
        let number = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX);
        self.attempts.push(Attempt {
            number: number.saturating_add(1),
            at: at.0.into(),
            host: host.to_owned(),
            outcome: NO_ANSWER.to_owned(),
        });
    }

    /// Adds an attempt that is sent now.
    pub(crate) fn begin_attempt(&mut self, intent: &Intent, at: SystemTime) {
        // An attempt that missed its slot is made again, with the same number.
        self.attempts
            .retain(|attempt| attempt.number != intent.attempt());
        self.body_sha256 = Some(intent.body_sha256());
        self.attempts.push(Attempt {
            number: intent.attempt(),
            at,
            host: intent.host().to_owned(),
            outcome: NO_ANSWER.to_owned(),
        });
    }

    /// Sets the end of the last attempt.
    pub(crate) fn end_attempt(&mut self, outcome: &str, request_id: Option<&str>) {
        self.request_id = request_id.map(str::to_owned);
        if let Some(attempt) = self.attempts.last_mut() {
            outcome.clone_into(&mut attempt.outcome);
        }
    }

    /// Records that the last attempt was certainly not sent, unless its cause is known already.
    pub(crate) fn attempt_not_sent(&mut self) {
        if let Some(attempt) = self.attempts.last_mut()
            && attempt.outcome == NO_ANSWER
        {
            "not sent".clone_into(&mut attempt.outcome);
        }
    }

    /// Returns the hint of a command that ends before the ledger has recorded that the create was not sent.
    pub(crate) fn unrecorded_hint(&self) -> String {
        let hint = "nothing was created by this command";
        self.abandon.as_ref().map_or_else(
            || hint.to_owned(),
            |line| format!("{hint}; if the ledger lists it as in doubt, give it up: {line}"),
        )
    }

    /// Prints that the create is finished in spite of a signal, and how long that can take.
    pub(crate) fn announce(&self, signal: Signal, output: &Output) {
        let timeout = ANSWER_TIMEOUT.as_secs();
        let message = format!(
            "{}: a create is on the wire; waiting up to {timeout} s for its answer, then stopping; \
             a second signal stops at once and leaves the create in doubt",
            signal.name()
        );
        let details =
            json!({"action": self.action, "signal": signal.name(), "timeout_ms": timeout * 1_000});
        output.notice(&Event::new("finishing_create", &message).details(details));
    }

    fn time(&self) -> Option<SystemTime> {
        self.attempts.last().map(|attempt| attempt.at)
    }

    /// Returns the command line that waits for a task of this create.
    pub(crate) fn follow(&self, task_id: &str) -> Option<CommandLine> {
        let follow = self.follow.clone();
        follow.map(|line| line.with_last(task_id))
    }

    /// Sets the task that the answer names although it is an error.
    pub(crate) fn with_task(mut self, task_id: &str, follow: Option<&CommandLine>) -> Self {
        let shown = foreign_text::name(task_id);
        if self.key.is_some() {
            let named = format!("the answer names task {shown}, which may run");
            let steps = self.next_steps.iter().skip(1);
            let steps = steps.map(|step| step.replace(ID_PLACEHOLDER, &quoted(task_id)));
            self.next_steps = std::iter::once(named).chain(steps).collect();
            return self;
        }
        let follow = follow.map_or_else(String::new, |line| format!(": {line}"));
        let first = format!("the answer names task {shown}, which may run: wait for it{follow}");
        self.next_steps = vec![
            first,
            "ask the vendor's support with the lines above if it does not exist".to_owned(),
            RUN_AGAIN.to_owned(),
        ];
        self
    }
}

const RUN_AGAIN: &str = "run the same command again only if there is certainly no such task: a second one is billed again";

fn next_steps(follow: Option<&CommandLine>) -> Vec<String> {
    let follow = follow.map_or_else(
        || "if there is one, note its id: it is billed already".to_owned(),
        |line| format!("if there is one, follow it instead of creating again: {line}"),
    );
    vec![
        "look for a task of that time in the vendor's console, under the account of that secret id"
            .to_owned(),
        follow,
        "if the console does not show it, ask the vendor's support with the lines above".to_owned(),
        RUN_AGAIN.to_owned(),
    ]
}

/// Returns the next steps for a create that the ledger has under a key.
fn keyed_steps(
    global: &GlobalOptions,
    key: &str,
    follow: Option<&CommandLine>,
    abandon: &CommandLine,
) -> Vec<String> {
    let resolve = |decision: &[&str]| CommandLine::for_resolve(global, key, decision);
    let found = resolve(&["--task-id", ID_PLACEHOLDER]);
    let follow = follow.map_or_else(String::new, |line| format!("; then follow it: {line}"));
    vec![
        "look for a task of that time in the vendor's console, under the account of that secret id"
            .to_owned(),
        format!("if there is one, record its id, it is billed already: {found}{follow}"),
        "if the console does not show it, ask the vendor's support with the lines above".to_owned(),
        format!(
            "only if there is certainly no such task, send it again: {}",
            resolve(&["--recreate"])
        ),
        format!("or give it up: {abandon}"),
    ]
}

/// Formats the page, one fact a line.
impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut attempts = String::new();
        for attempt in &self.attempts {
            let time = utc(attempt.at);
            let Attempt {
                number,
                host,
                outcome,
                ..
            } = attempt;
            write!(
                attempts,
                "\n  tried        {number}. {time} {host}: {outcome}"
            )?;
        }
        let time = self.time().map_or_else(String::new, utc);
        let key_id = match self.key_id.as_str() {
            "" => String::new(),
            tail => format!("\n  secret id    ends with {tail}"),
        };
        let key = self.key.as_ref();
        let key = key.map_or_else(String::new, |key| format!("  key          {key}\n"));
        write!(
            f,
            "the create may have been executed and billed:\n  \
             time         {time}\n  \
             host         {}\n  \
             action       {}\n{key}  \
             request id   {}\n  \
             body SHA-256 {}{key_id}{attempts}\nnext steps:",
            self.host,
            self.action,
            self.request_id.as_deref().unwrap_or("none came"),
            self.body_sha256.as_deref().unwrap_or("unknown"),
        )?;
        for (index, step) in self.next_steps.iter().enumerate() {
            write!(f, "\n  {}. {step}", index + 1)?;
        }
        Ok(())
    }
}

pub(crate) fn utc(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

fn as_utc<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&utc(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_attempt() -> Doubt {
        let mut doubt = Doubt::new("CreateAigcVideoTask", "host", "AKIDEXAMPLE", None);
        doubt.attempts.push(Attempt {
            number: 1,
            at: SystemTime::UNIX_EPOCH,
            host: "host".to_owned(),
            outcome: NO_ANSWER.to_owned(),
        });
        doubt
    }

    #[test]
    fn the_cause_of_an_attempt_that_was_not_sent_is_kept() {
        let mut doubt = with_attempt();
        doubt.end_attempt("connect", None);
        doubt.attempt_not_sent();
        assert!(
            doubt
                .to_string()
                .contains("1. 1970-01-01T00:00:00Z host: connect")
        );
        let mut doubt = with_attempt();
        doubt.attempt_not_sent();
        assert!(doubt.to_string().contains("host: not sent"));
    }
}

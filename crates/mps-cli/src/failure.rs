//! The error of a command: its outcome, its message and the next command.

use std::cmp::Reverse;

use mps_aigc::{Dispatch, Error, models::preflight::Finding};
use serde::{Serialize, Serializer};

use crate::{
    doubt::Doubt,
    exit::Exit,
    foreign_text,
    outcome::{self, Outcome, Reason},
    results::Receipt,
    resume::CommandLine,
    signals::Signal,
};

/// The error of a command, as it is printed; as JSON it is `mps.error/1`.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    pub(crate) kind: &'static str,
    pub(crate) code: Option<Box<str>>,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) task_id: Option<String>,
    /// The key in the ledger.
    pub(crate) key: Option<Box<str>>,
    pub(crate) dispatch: Option<Dispatch>,
    pub(crate) hint: Option<String>,
    /// `true` if this command has created the task.
    pub(crate) created: bool,
    pub(crate) resume: Option<CommandLine>,
    pub(crate) doubt: Option<Box<Doubt>>,
    /// The chain of sources, outermost first.
    pub(crate) causes: Box<[String]>,
    pub(crate) findings: Vec<Finding>,
    /// The errors of other tasks of the same command, printed before this one.
    pub(crate) others: Vec<Failure>,
}

impl Failure {
    pub(crate) fn new(outcome: Outcome, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            outcome,
            kind,
            message: message.into(),
            code: None,
            request_id: None,
            task_id: None,
            key: None,
            dispatch: None,
            hint: None,
            created: false,
            resume: None,
            doubt: None,
            causes: Box::default(),
            findings: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Returns the same usage error once more: for a command that reports it after its own output.
    pub(crate) fn again(&self) -> Self {
        let again = Self::new(self.outcome, self.kind, self.message.clone());
        Self {
            hint: self.hint.clone(),
            ..again
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Outcome::NotCreated(Reason::Internal), "internal", message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Outcome::NotCreated(Reason::Usage), "usage", message)
    }

    /// Returns the usage error of an option or command, `what`, that needs a feature of which this build has no code.
    #[cfg(not(all(
        feature = "emulator-tls",
        feature = "gallery",
        feature = "mcp",
        feature = "media",
        feature = "postgres",
        feature = "redis",
        feature = "shell",
        feature = "tls"
    )))]
    pub(crate) fn lacks_feature(what: &str, feature: &str) -> Self {
        Self::usage(format!(
            "{what}: this mps is built without the feature {feature}"
        ))
        .hint(format!(
            "build it with: cargo install --path crates/mps-cli --features {feature}"
        ))
    }

    /// Returns the error of a preflight that refused the request.
    pub(crate) fn preflight(message: impl Into<String>) -> Self {
        Self::new(Outcome::NotCreated(Reason::Usage), "preflight", message).hint("nothing was sent")
    }

    /// Returns the error of a command that a signal ended before it has created anything.
    pub(crate) fn interrupted(signal: Signal) -> Self {
        let outcome = Outcome::NotCreated(Reason::Signal(signal));
        let message = format!("stopped by {}", signal.name());
        Self::new(outcome, "interrupted", message).hint("nothing was created by this command")
    }

    /// Returns the error of a command that a signal ended while it waited for a task or downloaded its
    /// result.
    pub(crate) fn interrupted_task(signal: Signal, receipt: &Receipt) -> Self {
        let outcome = receipt.outcome(Reason::Signal(signal));
        let (name, id) = (signal.name(), receipt.shown_id());
        let message = match outcome {
            Outcome::Undelivered(_) => {
                format!("stopped by {name} while downloading the result of task {id}")
            }
            _ => format!("stopped waiting for task {id}"),
        };
        Self::new(outcome, "interrupted", message).receipt(receipt)
    }

    /// Combines the errors of several tasks: the most important one decides the exit code and is
    /// printed last. Returns `None` without errors.
    pub(crate) fn combined(mut failures: Vec<Self>) -> Option<Self> {
        failures.sort_by_key(|failure| Reverse(failure.exit().rank()));
        let mut last = failures.pop()?;
        last.others = failures;
        Some(last)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the command line to go on with.
    pub(crate) fn resume(mut self, line: CommandLine) -> Self {
        self.resume = Some(line);
        self
    }

    /// Sets the key in the ledger.
    pub(crate) fn with_key(mut self, key: Option<&mps_jobs::Key>) -> Self {
        self.key = key.map(|key| key.as_str().into()).or(self.key);
        self
    }

    /// Begins the message with the task, unless it names it already: the command is about several.
    pub(crate) fn naming_its_task(mut self) -> Self {
        if let Some(id) = &self.task_id {
            let task = format!("task {}", foreign_text::name(id));
            if !self.message.contains(&task) {
                self.message = format!("{task}: {}", self.message);
            }
        }
        self
    }

    pub(crate) fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Sets the task, and the command line that resumes the work on it.
    pub(crate) fn receipt(mut self, receipt: &Receipt) -> Self {
        self.task_id = Some(receipt.task_id.clone());
        self.key = receipt.key.as_deref().map(Box::from).or(self.key);
        self.created = receipt.created;
        self.request_id = self.request_id.or_else(|| receipt.request_id.clone());
        self.resume = receipt.resume(self.outcome).cloned();
        self.hint = receipt.hint(self.outcome, self.hint);
        self
    }

    /// Sets the record of the create that is in doubt. If the answer names a task, the page and the
    /// command line to resume with are about that task.
    pub(crate) fn doubt(mut self, doubt: Doubt) -> Self {
        let doubt = match &self.task_id {
            Some(id) => {
                self.resume = doubt.follow(id);
                doubt.with_task(id, self.resume.as_ref())
            }
            None => doubt,
        };
        self.doubt = Some(Box::new(doubt));
        self
    }

    /// Returns the hint; one for errors of this exit code where the error has none of its own.
    pub(crate) fn hint_or_default(&self) -> &str {
        match &self.hint {
            Some(hint) => hint,
            None => self.outcome.hint(),
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.outcome.exit()
    }

    /// Converts the error of a call.
    pub(crate) fn of_call(error: &mps_core::Error) -> Self {
        Self {
            causes: causes(error),
            code: error.code().map(Box::from),
            request_id: error.request_id().map(str::to_owned),
            task_id: error.task_id().map(str::to_owned),
            dispatch: Some(error.dispatch()),
            hint: match error.kind() {
                _ if error.in_doubt() => Some(in_doubt_hint(error)),
                mps_core::ErrorKind::Limiter if is_about_limit_file(error) => {
                    Some(WITHOUT_LIMIT_FILE.to_owned())
                }
                _ if is_about_trust(&causes(error)) => Some(TRUST_HINT.to_owned()),
                _ => error.hint().map(str::to_owned),
            },
            findings: error
                .report()
                .map(|report| report.findings().to_vec())
                .unwrap_or_default(),
            ..Self::new(
                outcome::of_call(error),
                error.kind().as_str(),
                error.to_string(),
            )
        }
    }
}

/// Returns the hint for a create that is in doubt.
fn in_doubt_hint(error: &mps_core::Error) -> String {
    let mut hint =
        "it may have been executed and billed; look into it before creating again".to_owned();
    if let Some(excerpt) = error.excerpt() {
        let begin: String = excerpt.chars().take(200).collect();
        let words: Vec<_> = begin.split_whitespace().collect();
        hint.push_str("; the answer began: ");
        hint.push_str(&words.join(" "));
    }
    hint
}

impl From<mps_core::Error> for Failure {
    /// Converts an error from before anything was sent.
    fn from(error: mps_core::Error) -> Self {
        Self::of_call(&error)
    }
}

impl From<Error> for Failure {
    /// Converts an error about a task that this command has not created.
    fn from(error: Error) -> Self {
        let failure = match error.call() {
            Some(call) => Self::of_call(call),
            None => Self {
                request_id: error.request_id().map(str::to_owned),
                dispatch: error.dispatch(),
                hint: error.hint().map(str::to_owned),
                causes: causes(&error),
                ..Self::new(
                    Outcome::NotCreated(Reason::Internal),
                    error.kind().as_str(),
                    error.to_string(),
                )
            },
        };
        Self {
            outcome: outcome::of_task(&error),
            task_id: error.task_id().map(str::to_owned).or(failure.task_id),
            ..failure
        }
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ErrorObject {
            schema: "mps.error/1",
            kind: self.kind,
            code: self.code.as_deref().map(foreign_text::cut_name),
            message: foreign_text::cut_message(&self.message),
            request_id: self.request_id.as_deref().map(foreign_text::cut_name),
            task_id: self.task_id.as_deref(),
            key: self.key.as_deref(),
            dispatch: self.dispatch.map(Dispatch::as_str),
            hint: self.hint_or_default(),
            created: self.created,
            in_doubt: self.outcome.in_doubt(),
            retryable: self.outcome.is_retryable(self.created),
            resume: self.resume.as_ref(),
            doubt: self.doubt.as_deref(),
            causes: self
                .causes
                .iter()
                .map(|it| foreign_text::cut_message(it))
                .collect(),
            findings: &self.findings,
        }
        .serialize(serializer)
    }
}

/// `mps.error/1`.
#[derive(Serialize)]
struct ErrorObject<'a> {
    schema: &'static str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dispatch: Option<&'a str>,
    hint: &'a str,
    created: bool,
    in_doubt: bool,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<&'a CommandLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<&'a Doubt>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    findings: &'a [Finding],
}

/// Returns the sources of an error, outermost first.
pub(crate) fn causes(error: &dyn std::error::Error) -> Box<[String]> {
    let deeper = std::iter::successors(error.source(), |cause| cause.source());
    deeper.map(ToString::to_string).collect()
}

/// The hint for a certificate that is not trusted: most often that of a proxy or of an emulator.
pub(crate) const TRUST_HINT: &str =
    "trust the authority that signed the certificate, as of a proxy: export SSL_CERT_FILE=FILE";

/// Returns `true` if one of the causes is a certificate that was not trusted.
pub(crate) fn is_about_trust(causes: &[String]) -> bool {
    let mut causes = causes.iter();
    causes.any(|cause| cause.contains("invalid peer certificate"))
}

/// Returns whether the file of this machine's rate limit failed, rather than a server, whose own
/// hint is the better one.
fn is_about_limit_file(error: &mps_core::Error) -> bool {
    error.to_string().contains("the rate limiter's file")
}

/// The hint for a rate limit file that cannot be used.
pub(crate) const WITHOUT_LIMIT_FILE: &str = "set XDG_STATE_HOME to a writable directory on a disk of this machine; or, if nothing else uses the account \
     at the same time, limit this process alone: --limiter process";

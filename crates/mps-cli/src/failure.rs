//! The error of a command, with its exit code.

use mps_aigc::{
    Error, ErrorKind,
    models::{preflight::Finding, service::ErrorClass},
};
use serde::Serialize;

use crate::exit::Exit;

/// The error of a command, as it is printed; as JSON it is `mps.error/1`.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    schema: &'static str,
    #[serde(skip)]
    pub(crate) exit: Exit,
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) task_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dispatch: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// The chain of sources, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) causes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) findings: Vec<Finding>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            schema: "mps.error/1",
            exit,
            kind,
            message: message.into(),
            code: None,
            request_id: None,
            task_id: None,
            dispatch: None,
            hint: None,
            causes: Vec::new(),
            findings: Vec::new(),
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Exit::Internal, "internal", message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn task(mut self, task_id: impl Into<String>) -> Self {
        self.task_id = Some(task_id.into());
        self
    }

    /// Converts the error of a call.
    pub(crate) fn of_call(error: &mps_core::Error) -> Self {
        Self::from_call(error, error.in_doubt())
    }

    fn from_call(error: &mps_core::Error, in_doubt: bool) -> Self {
        Self {
            causes: causes(error),
            code: error.code().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
            dispatch: Some(error.dispatch().as_str()),
            hint: match error.kind() {
                _ if in_doubt => Some(in_doubt_hint(error)),
                mps_core::ErrorKind::Limiter => Some(WITHOUT_LIMIT_FILE.to_owned()),
                _ => error.hint().map(str::to_owned),
            },
            findings: error
                .report()
                .map(|report| report.findings().to_vec())
                .unwrap_or_default(),
            ..Self::new(
                exit_of_call(error, in_doubt),
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
    fn from(error: Error) -> Self {
        let mut failure = match error.call() {
            Some(call) => Self::from_call(call, error.in_doubt()),
            None => Self {
                request_id: error.request_id().map(str::to_owned),
                dispatch: error.dispatch().map(mps_aigc::Dispatch::as_str),
                hint: error.hint().map(str::to_owned),
                causes: causes(&error),
                ..Self::new(
                    exit_of_task(&error),
                    error.kind().as_str(),
                    error.to_string(),
                )
            },
        };
        failure.task_id = error.task_id().map(str::to_owned);
        failure
    }
}

fn exit_of_task(error: &Error) -> Exit {
    match error.kind() {
        ErrorKind::NoTaskId => Exit::InDoubt,
        ErrorKind::WaitTimedOut => Exit::WaitTimedOut,
        ErrorKind::TaskFailed => Exit::TaskFailed,
        ErrorKind::Unfetchable | ErrorKind::Download => Exit::Unfetchable,
        ErrorKind::File => Exit::Usage,
        _ => Exit::Internal,
    }
}

fn exit_of_call(error: &mps_core::Error, in_doubt: bool) -> Exit {
    use mps_core::ErrorKind as Kind;
    if in_doubt {
        return Exit::InDoubt;
    }
    match error.kind() {
        Kind::Config | Kind::Preflight => Exit::Usage,
        Kind::Credentials => Exit::Credentials,
        Kind::TooLarge if !error.dispatch().may_have_executed() => Exit::Usage,
        Kind::Service => match error.class() {
            Some(ErrorClass::Auth | ErrorClass::Token | ErrorClass::ClockSkew) => Exit::Credentials,
            Some(ErrorClass::Quota | ErrorClass::Account) => Exit::Quota,
            Some(ErrorClass::Content) => Exit::ContentRefused,
            Some(ErrorClass::NotFound) => Exit::Unfetchable,
            _ => Exit::Trouble,
        },
        _ => Exit::Trouble,
    }
}

/// Returns the sources of an error, outermost first.
pub(crate) fn causes(error: &dyn std::error::Error) -> Vec<String> {
    let deeper = std::iter::successors(error.source(), |cause| cause.source());
    deeper.map(ToString::to_string).collect()
}

/// The hint for a rate limit file that cannot be used.
pub(crate) const WITHOUT_LIMIT_FILE: &str = "set XDG_STATE_HOME to a writable directory on a disk of this machine; or, if nothing else uses the account \
     at the same time, limit this process alone: --limiter process";

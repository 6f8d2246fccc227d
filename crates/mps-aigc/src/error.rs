//! What can go wrong between a request and a file.

use std::{error, fmt, time::Duration};

use mps_core::Dispatch;

type BoxError = Box<dyn error::Error + Send + Sync>;

/// Why a task could not be created, waited for or fetched.
///
/// Never loses the id of a task that exists: see [`task_id`](Self::task_id).
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    task_id: Option<String>,
    request_id: Option<String>,
    hint: Option<String>,
    paid: bool,
    source: Option<BoxError>,
}

/// The coarse kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A call failed; see [`Error::call`].
    Call,
    /// A create was answered without a task id: a task may run and be billed unseen.
    NoTaskId,
    /// The deadline of a wait passed. The task lives on.
    WaitTimedOut,
    /// The task failed; the message is the service's. Failed tasks are not billed, say the
    /// vendor's guides of 2026.
    TaskFailed,
    /// The result is gone, or was never there: results live for 12 hours.
    Unfetchable,
    /// A download broke off, more often than it could be resumed, or its host asks for a longer
    /// pause than a download makes. Fetching again later is safe.
    Download,
    /// The file exists already, or its place cannot be written.
    File,
}

impl ErrorKind {
    /// The name used in JSON output, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::NoTaskId => "no_task_id",
            Self::WaitTimedOut => "wait_timed_out",
            Self::TaskFailed => "task_failed",
            Self::Unfetchable => "unfetchable",
            Self::Download => "download",
            Self::File => "file",
        }
    }
}

impl Error {
    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The task it is about.
    #[must_use]
    pub fn task_id(&self) -> Option<&str> {
        self.0.task_id.as_deref()
    }

    /// The id to quote to the vendor's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.call()
            .map_or(self.0.request_id.as_deref(), mps_core::Error::request_id)
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref().or_else(|| self.call()?.hint())
    }

    /// The failed call, with code, dispatch and attempts, when it was a call that failed.
    #[must_use]
    pub fn call(&self) -> Option<&mps_core::Error> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// Whether a paid task may have been created without its id being known.
    ///
    /// Look into it before creating again: the same request sent twice is billed twice.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        let is_paid_call = self.call().is_some_and(mps_core::Error::in_doubt);
        self.0.paid && (self.0.kind == ErrorKind::NoTaskId || is_paid_call)
    }

    /// How far a failed call got.
    #[must_use]
    pub fn dispatch(&self) -> Option<Dispatch> {
        match self.0.kind {
            ErrorKind::NoTaskId => Some(Dispatch::Executed),
            _ => self.call().map(mps_core::Error::dispatch),
        }
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            task_id: None,
            request_id: None,
            hint: None,
            paid: false,
            source: None,
        }))
    }

    pub(crate) fn no_task_id(action: &str, request_id: Option<String>) -> Self {
        let mut error = Self::new(
            ErrorKind::NoTaskId,
            format!("{action}: the answer has no task id"),
        )
        .paid();
        error.0.request_id = request_id;
        error.with_hint("a task may run and be billed; ask the vendor with the request id before creating again")
    }

    pub(crate) fn wait_timed_out(task_id: &str, limit: Duration) -> Self {
        let message = format!("task {task_id} is not finished after {limit:?}");
        Self::new(ErrorKind::WaitTimedOut, message)
            .with_task(task_id)
            .with_hint("the task lives on; wait again with its id")
    }

    pub(crate) fn paid(mut self) -> Self {
        self.0.paid = true;
        self
    }

    pub(crate) fn with_task(mut self, task_id: &str) -> Self {
        self.0.task_id = Some(task_id.to_owned());
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

impl From<mps_core::Error> for Error {
    fn from(error: mps_core::Error) -> Self {
        Self::new(ErrorKind::Call, error.to_string()).with_source(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("task_id", &self.0.task_id)
            .field("request_id", &self.0.request_id)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl error::Error for Error {
    // The message of a failed call is already ours, so its own cause is next.
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self.call() {
            Some(call) => call.source(),
            None => self.0.source.as_deref().map(|source| source as _),
        }
    }
}

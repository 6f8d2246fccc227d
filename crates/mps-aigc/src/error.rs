//! The error of a task, from its request to its file.

use std::{error, fmt, io, sync::Arc, time::Duration};

use mps_core::{Advice, Dispatch, text::foreign};
use mps_models::TaskFamily;

use crate::{family::Snapshot, results::CosObject};

mod kind;

pub use self::kind::{ErrorKind, UnknownErrorKind};

/// Longest message, in characters.
const MESSAGE_CHARS: usize = 2_000;
/// Longest task id in a message, in characters.
const ID_CHARS: usize = 200;

/// The reason why a task could not be created, waited for or downloaded.
///
/// It keeps the id of a task that exists: see [`task_id`](Self::task_id). `Display` is one line,
/// with control characters of foreign text escaped. Cheap to clone.
///
/// # Examples
/// ```
/// use mps_aigc::{Advice, Error, ErrorKind};
///
/// fn report(error: &Error) {
///     match error.kind() {
///         ErrorKind::Moderated => println!("change the prompt: {error}"),
///         _ if error.advice() == Advice::LookFirst => println!("perhaps billed: {error}"),
///         kind => println!("{kind}: {error}"),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    task_id: Option<String>,
    request_id: Option<String>,
    hint: Option<String>,
    stage: Option<String>,
    call: Option<mps_core::Error>,
    source: Option<Arc<dyn error::Error + Send + Sync>>,
}

impl Error {
    /// Returns the kind, to match on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the id of the task, or `None` if no task is known to exist.
    #[must_use]
    pub fn task_id(&self) -> Option<&str> {
        let own = self.0.task_id.as_deref();
        own.or_else(|| self.call()?.task_id())
    }

    /// Returns the id to quote to the vendor's support, if the service answered.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        let own = self.0.request_id.as_deref();
        own.or_else(|| self.call()?.request_id())
    }

    /// Returns advice to show to a person, as an imperative.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref().or_else(|| self.call()?.hint())
    }

    /// Returns the stage that has to be confirmed, such as `STAGE_1`; `None` for any other kind than
    /// [`AwaitsConfirmation`](ErrorKind::AwaitsConfirmation).
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.0.stage.as_deref()
    }

    /// Returns the failed call, with code, dispatch and attempts; `None` if no call failed.
    #[must_use]
    pub fn call(&self) -> Option<&mps_core::Error> {
        self.0.call.as_ref()
    }

    /// Returns whether a task may have been created and billed without its creation being certain.
    ///
    /// A create is not idempotent: look for the task before creating again, since the same request
    /// sent twice is billed twice.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        self.0.kind == ErrorKind::NoTaskId || self.call().is_some_and(mps_core::Error::in_doubt)
    }

    /// Returns how far a failed call got; `None` if no call failed.
    #[must_use]
    pub fn dispatch(&self) -> Option<Dispatch> {
        match self.0.kind {
            ErrorKind::NoTaskId => Some(Dispatch::Executed),
            _ => self.call().map(mps_core::Error::dispatch),
        }
    }

    /// Returns the next step. The first row that fits counts:
    ///
    /// | error | advice |
    /// |---|---|
    /// | [in doubt](Self::in_doubt) | [`LookFirst`](Advice::LookFirst) |
    /// | a failed call | as for [the call](mps_core::Error::advice) |
    /// | awaits confirmation | [`LookFirst`](Advice::LookFirst): look at the stage, then confirm it |
    /// | wait timed out, download, wrong content | [`RetryLater`](Advice::RetryLater): wait or download again, which bills nothing |
    /// | task failed; an output file that exists, is in use, or cannot be written | [`FixRequest`](Advice::FixRequest) |
    /// | expired, unfetchable | [`GiveUp`](Advice::GiveUp) |
    #[must_use]
    pub fn advice(&self) -> Advice {
        if self.in_doubt() {
            return Advice::LookFirst;
        }
        if let Some(call) = self.call() {
            return call.advice();
        }
        match self.kind() {
            ErrorKind::WaitTimedOut | ErrorKind::Download | ErrorKind::WrongContent => {
                Advice::RetryLater
            }
            ErrorKind::AwaitsConfirmation => Advice::LookFirst,
            ErrorKind::Expired | ErrorKind::Unfetchable => Advice::GiveUp,
            _ => Advice::FixRequest,
        }
    }

    pub(crate) fn new(kind: ErrorKind, message: impl AsRef<str>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: foreign(message.as_ref(), MESSAGE_CHARS).into_owned(),
            task_id: None,
            request_id: None,
            hint: None,
            stage: None,
            call: None,
            source: None,
        }))
    }

    pub(crate) fn no_task_id(action: &str, request_id: Option<String>) -> Self {
        let message = format!("{action}: the answer has no task id");
        Self::new(ErrorKind::NoTaskId, message)
            .with(|inner| inner.request_id = request_id)
            .with_hint("ask the vendor with the request id before creating again: a task may run and be billed")
    }

    pub(crate) fn wait_timed_out(task_id: &str, limit: Duration) -> Self {
        // Whole milliseconds: the time that remained after the create has nine decimals.
        let limit = u64::try_from(limit.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
        let limit = Duration::from_millis(limit);
        let message = format!("task {} is not finished after {limit:?}", shown(task_id));
        Self::new(ErrorKind::WaitTimedOut, message)
            .with_task(task_id)
            .with_hint("wait again with its id: the task continues")
    }

    /// Returns the error of a task that stopped after a stage, or `None` if it did not.
    pub(crate) fn of_stage(family: TaskFamily, task_id: &str, snapshot: &Snapshot) -> Option<Self> {
        let stage = snapshot.awaiting.as_deref()?;
        let confirm = family.info().confirm.as_ref()?;
        Some(Self::awaits_confirmation(
            task_id,
            confirm.action.name,
            stage,
        ))
    }

    fn awaits_confirmation(task_id: &str, action: &str, stage: &str) -> Self {
        let message = format!("task {} waits for confirmation of {stage}", shown(task_id));
        let request = serde_json::json!({
            "Input": {"Action": "confirm", "Stage": stage, "SourceTaskId": task_id}
        });
        Self::new(ErrorKind::AwaitsConfirmation, message)
            .with_task(task_id)
            .with(|inner| inner.stage = Some(stage.to_owned()))
            .with_hint(format!(
                "look at the stage, then confirm it: {action} {request}"
            ))
    }

    pub(crate) fn task_failed(task_id: &str, reason: Option<&str>) -> Self {
        let reason = reason.unwrap_or("the service gave no reason");
        // An error is one line, however many the service writes.
        let reason: Vec<_> = reason.split_whitespace().collect();
        let message = format!("task {} failed: {}", shown(task_id), reason.join(" "));
        Self::new(ErrorKind::TaskFailed, message).with_task(task_id)
    }

    /// Returns the error of a result in a bucket of the caller's, which has no URL.
    pub(crate) fn in_bucket(task_id: &str, object: &CosObject) -> Self {
        let place = foreign(&object.to_string(), ID_CHARS).into_owned();
        let message = format!("the result of task {} is stored as {place}", shown(task_id));
        let region = foreign(&object.region, ID_CHARS);
        let hint = format!("copy it from your bucket in {region}: coscli cp -r {place} .");
        Self::new(ErrorKind::Unfetchable, message)
            .with_task(task_id)
            .with_hint(hint)
    }

    pub(crate) fn no_result(task_id: &str) -> Self {
        let message = format!("task {} is done but names no result", shown(task_id));
        Self::new(ErrorKind::Unfetchable, message)
            .with_task(task_id)
            .with_hint("look for it in your own storage if the task was told to store it there")
    }

    /// Returns the error of an output file.
    pub(crate) fn cannot_write(path: &std::path::Path, error: &io::Error) -> Self {
        let message = format!("cannot write {}: {error}", path.display());
        let (kind, hint) = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (
                ErrorKind::NoSpace,
                "free some space, or choose another disk",
            ),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => (
                ErrorKind::PermissionDenied,
                "choose a directory that you can write to",
            ),
            _ => (
                ErrorKind::File,
                "check that the directory exists and can be written",
            ),
        };
        Self::new(kind, message).with_hint(hint)
    }

    /// Returns the error of an existing file that cannot be compared with a result.
    pub(crate) fn cannot_read(path: &std::path::Path, error: &io::Error) -> Self {
        let message = format!("{} exists already and cannot be read: {error}", path.display());
        Self::new(ErrorKind::AlreadyExists, message)
            .with_hint("choose another name, or move the file away")
    }

    /// Returns the error of a writer that does not take a result.
    pub(crate) fn cannot_deliver(error: &io::Error) -> Self {
        let message = format!("the result cannot be written on: {error}");
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::NoSpace,
            io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            _ => ErrorKind::File,
        };
        Self::new(kind, message).with_hint("download again to another place")
    }

    pub(crate) fn with_task(self, task_id: &str) -> Self {
        self.with(|inner| inner.task_id = Some(task_id.to_owned()))
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        self.with(|inner| inner.hint = Some(hint.into()))
    }

    pub(crate) fn with_source(self, source: impl error::Error + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.source = Some(Arc::new(source)))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

/// Returns a task id as it is shown in messages.
pub(crate) fn shown(task_id: &str) -> std::borrow::Cow<'_, str> {
    foreign(task_id, ID_CHARS)
}

impl From<mps_core::Error> for Error {
    fn from(error: mps_core::Error) -> Self {
        Self::new(ErrorKind::of_call(&error), error.to_string())
            .with(|inner| inner.call = Some(error))
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
            .field("call", &self.0.call)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl error::Error for Error {
    // The message of a failed call is this error's own, so the cause of that call is next.
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self.call() {
            Some(call) => call.source(),
            None => self.0.source.as_deref().map(|source| source as _),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_in_a_message_is_one_escaped_line() {
        let error = Error::task_failed("7\n8", Some("no\u{1b}[31m\nreason"));
        assert_eq!(error.to_string(), r"task 7\n8 failed: no\u{1b}[31m reason");
        assert_eq!(error.task_id(), Some("7\n8"));
    }

    #[test]
    fn advice_follows_the_bill_first() {
        let advice = |kind| Error::new(kind, "").advice();
        assert_eq!(advice(ErrorKind::NoTaskId), Advice::LookFirst);
        assert_eq!(advice(ErrorKind::WaitTimedOut), Advice::RetryLater);
        assert_eq!(advice(ErrorKind::Download), Advice::RetryLater);
        assert_eq!(advice(ErrorKind::WrongContent), Advice::RetryLater);
        assert_eq!(advice(ErrorKind::TaskFailed), Advice::FixRequest);
        assert_eq!(advice(ErrorKind::InUse), Advice::FixRequest);
        assert_eq!(advice(ErrorKind::Expired), Advice::GiveUp);
    }

    #[test]
    fn the_kind_of_a_full_disk_is_no_space() {
        let path = std::path::Path::new("a.mp4");
        for (kind, expected) in [
            (io::ErrorKind::StorageFull, ErrorKind::NoSpace),
            (io::ErrorKind::QuotaExceeded, ErrorKind::NoSpace),
            (io::ErrorKind::PermissionDenied, ErrorKind::PermissionDenied),
            (
                io::ErrorKind::ReadOnlyFilesystem,
                ErrorKind::PermissionDenied,
            ),
            (io::ErrorKind::NotFound, ErrorKind::File),
        ] {
            let error = Error::cannot_write(path, &io::Error::from(kind));
            assert_eq!(error.kind(), expected);
            assert!(error.hint().is_some());
        }
    }
}

//! The error of a task, from its request to its file.

use std::{error, fmt, sync::Arc, time::Duration};

use mps_core::{Advice, Dispatch, text::foreign};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, json};

mod kind;
mod of_task;

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
    stage: Option<Stage>,
    age: Option<Duration>,
    call: Option<mps_core::Error>,
    source: Option<Arc<dyn error::Error + Send + Sync>>,
}

/// A stage that has to be confirmed.
#[derive(Clone, Debug)]
struct Stage {
    name: String,
    /// The action that confirms it.
    action: &'static str,
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

    /// Returns the stage that has to be confirmed, for example `STAGE_1`; `None` for any other kind than
    /// [`AwaitsConfirmation`](ErrorKind::AwaitsConfirmation).
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        Some(&self.0.stage.as_ref()?.name)
    }

    /// Returns the action and the request that confirm the stage and start a new task; `None` for any
    /// other kind than [`AwaitsConfirmation`](ErrorKind::AwaitsConfirmation). The call is not
    /// idempotent.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(error: &mps_aigc::Error) {
    /// if let Some((action, request)) = error.confirmation() {
    ///     println!("mps call {action} --json '{request}'");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn confirmation(&self) -> Option<(&'static str, Value)> {
        let stage = self.0.stage.as_ref()?;
        let request = json!({"Input": {
            "Action": "confirm",
            "Stage": stage.name,
            "SourceTaskId": self.task_id(),
        }});
        Some((stage.action, request))
    }

    /// Returns the time since the task was done, as far as it is known, for a result that has
    /// [expired](ErrorKind::Expired); `None` for any other kind.
    ///
    /// It follows from the time that the service states, or from the last moment at which the task was
    /// known not to be done, which its handle keeps; so it is the same in another process.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.0.age
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
            age: None,
            call: None,
            source: None,
        }))
    }

    pub(crate) fn with_task(self, task_id: &str) -> Self {
        self.with(|inner| inner.task_id = Some(task_id.to_owned()))
    }

    pub(crate) fn with_age(self, age: Duration) -> Self {
        self.with(|inner| inner.age = Some(age))
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

impl Serialize for Error {
    /// Writes everything but the cause, in snake case; missing values are left out. A failed call is a
    /// member of its own.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &self.kind())?;
        map.serialize_entry("in_doubt", &self.in_doubt())?;
        map.serialize_entry("advice", &self.advice())?;
        map.serialize_entry("message", &self.0.message)?;
        let texts = [
            ("task_id", self.task_id()),
            ("request_id", self.request_id()),
            ("stage", self.stage()),
            ("hint", self.hint()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                map.serialize_entry(name, text)?;
            }
        }
        if let Some(age) = self.age() {
            map.serialize_entry("age_seconds", &age.as_secs())?;
        }
        if let Some(call) = self.call() {
            map.serialize_entry("call", call)?;
        }
        map.end()
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
    use std::io;

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
    fn an_error_as_json_has_what_programs_match_on() {
        let error = Error::awaits_confirmation("u-1", "Modify", "STAGE_1");
        let hint = r#"look at the stage, then confirm it: Modify {"Input":{"Action":"confirm","SourceTaskId":"u-1","Stage":"STAGE_1"}}"#;
        let expected = serde_json::json!({
            "kind": "awaits_confirmation",
            "in_doubt": false,
            "advice": "look_first",
            "message": "task u-1 waits for confirmation of STAGE_1",
            "task_id": "u-1",
            "stage": "STAGE_1",
            "hint": hint,
        });
        assert_eq!(serde_json::to_value(&error).unwrap(), expected);
        let aged = Error::new(ErrorKind::Expired, "").with_age(Duration::from_secs(46_800));
        assert_eq!(serde_json::to_value(&aged).unwrap()["age_seconds"], 46_800);
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

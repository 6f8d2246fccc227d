//! The error of a call.

use std::{error, fmt, sync::Arc, time::Duration};

use mps_models::{
    Effect,
    preflight::Report,
    service::{self, ErrorClass},
};

mod advice;
mod dispatch;
mod kind;
mod predicates;

pub use self::{
    advice::Advice,
    dispatch::Dispatch,
    kind::{ErrorKind, StopReason},
};

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::text::escaped;

pub(crate) type BoxError = Box<dyn error::Error + Send + Sync>;

/// Advice for every call that is in doubt, whatever its cause.
const IN_DOUBT_HINT: &str = "it may have been executed and billed: look for the task in the console before you create \
     again, https://console.tencentcloud.com/mps";
/// Longest message, in characters; the service's messages are one sentence.
const MESSAGE_CHARS: usize = 2_000;
/// Longest code, request id or path.
const NAME_CHARS: usize = 200;
/// Longest excerpt; long enough for every documented answer of a create.
const EXCERPT_CHARS: usize = 4_096;

/// The error of a call.
///
/// `Display` is one line: action, code, message and request id. The cause is behind
/// [`source`](error::Error::source). [`dispatch`](Self::dispatch) says how far the request got, and
/// [`advice`](Self::advice) the next step. Texts of the service are escaped and cut
/// ([`text::foreign`](crate::text::foreign)).
///
/// # Example
/// ```
/// use mps_core::{Client, ErrorKind};
///
/// let error = Client::builder().build().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Credentials);
/// assert!(!error.in_doubt());
/// assert_eq!(error.to_string(), "the client has no credentials");
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    dispatch: Dispatch,
    message: String,
    action: Option<String>,
    effect: Option<Effect>,
    code: Option<String>,
    request_id: Option<String>,
    http_status: Option<u16>,
    json_path: Option<String>,
    excerpt: Option<String>,
    task_id: Option<String>,
    hint: Option<String>,
    report: Option<Report>,
    attempts: u32,
    elapsed: Duration,
    stopped: Option<StopReason>,
    source: Option<Arc<dyn error::Error + Send + Sync>>,
}

impl Error {
    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns how far the request got.
    #[must_use]
    pub fn dispatch(&self) -> Dispatch {
        self.0.dispatch
    }

    /// Returns the message without action, code and request id, at most 2,000 characters.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the name of the action.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        self.0.action.as_deref()
    }

    /// Returns the service's whole error code, such as `RequestLimitExceeded.UinLimitExceeded`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns the class of the service's error code; `None` without a code, or for a code that the
    /// specification does not have.
    #[must_use]
    pub fn class(&self) -> Option<ErrorClass> {
        service::error_code(self.code()?).map(|code| code.class)
    }

    /// Returns the request id, to be quoted to the vendor's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns the status of the HTTP answer, if one arrived. The service itself always answers
    /// 200.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// Returns the place in the answer where decoding stopped, such as `VideoUrls[0]`.
    #[must_use]
    pub fn json_path(&self) -> Option<&str> {
        self.0.json_path.as_deref()
    }

    /// Returns the beginning of an answer that could not be used, so that nothing in it is lost,
    /// above all no task id. It may repeat a prompt: do not log it.
    #[must_use]
    pub fn excerpt(&self) -> Option<&str> {
        self.0.excerpt.as_deref()
    }

    /// Returns advice to the caller, an imperative. For a call that is in doubt it says where to look;
    /// otherwise it is the error's own hint, or that of its error code in the specification. `None`
    /// for codes that the specification does not have.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        let of_code = || service::hint(self.code()?);
        let own = self.0.hint.as_deref().or_else(of_code);
        // A hint to repeat a call that is in doubt would cost money.
        if self.in_doubt() {
            Some(IN_DOUBT_HINT)
        } else {
            own
        }
    }

    /// Returns the id of the task that a failed answer names, as far as it has one: such a task may
    /// run and be billed. Escaped and cut to 200 characters.
    #[must_use]
    pub fn task_id(&self) -> Option<&str> {
        self.0.task_id.as_deref()
    }

    /// Returns the findings, when preflight refused the request.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.0.report.as_ref()
    }

    /// Returns how many requests were handed to the transport.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the time spent on the call, including waits.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Returns why there was no further attempt; `None` when no attempt was made.
    #[must_use]
    pub fn stopped(&self) -> Option<StopReason> {
        self.0.stopped
    }

    /// Returns an error of which nothing else is known yet. Nothing was sent.
    /// Returns the error of a call that this version has no request for. For the facade.
    #[doc(hidden)]
    #[must_use]
    pub fn unsupported(message: String) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            dispatch: Dispatch::NotSent,
            message: escaped(message.into(), MESSAGE_CHARS),
            action: None,
            effect: None,
            code: None,
            request_id: None,
            http_status: None,
            json_path: None,
            excerpt: None,
            task_id: None,
            hint: None,
            report: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            stopped: None,
            source: None,
        }))
    }

    pub(crate) fn with_dispatch(mut self, dispatch: Dispatch) -> Self {
        self.0.dispatch = dispatch;
        self
    }

    pub(crate) fn with_code(mut self, code: String) -> Self {
        self.0.code = Some(escaped(code, NAME_CHARS));
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id.map(|id| escaped(id, NAME_CHARS));
        self
    }

    pub(crate) fn with_http_status(mut self, status: http::StatusCode) -> Self {
        self.0.http_status = Some(status.as_u16());
        self
    }

    pub(crate) fn with_json_path(mut self, path: String) -> Self {
        self.0.json_path = Some(escaped(path, NAME_CHARS));
        self
    }

    pub(crate) fn with_task_id(mut self, task_id: Option<String>) -> Self {
        self.0.task_id = task_id.map(|id| escaped(id, NAME_CHARS));
        self
    }

    pub(crate) fn with_excerpt(mut self, excerpt: String) -> Self {
        self.0.excerpt = Some(escaped(excerpt, EXCERPT_CHARS));
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_report(mut self, report: Report) -> Self {
        self.0.report = Some(report);
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    pub(crate) fn with_stop(mut self, reason: StopReason) -> Self {
        self.0.stopped = Some(reason);
        self
    }

    pub(crate) fn with_call(
        mut self,
        action: &str,
        effect: Effect,
        attempts: u32,
        elapsed: Duration,
    ) -> Self {
        self.0.action = Some(action.to_owned());
        self.0.effect = Some(effect);
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(action) = self.action() {
            write!(f, "{action}: ")?;
        }
        if let Some(code) = self.code() {
            write!(f, "{code}: ")?;
        }
        f.write_str(self.message())?;
        match self.request_id() {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    // Shows everything but the excerpt, which may repeat a prompt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("dispatch", &self.0.dispatch)
            .field("message", &self.0.message)
            .field("action", &self.0.action)
            .field("effect", &self.0.effect)
            .field("code", &self.0.code)
            .field("request_id", &self.0.request_id)
            .field("http_status", &self.0.http_status)
            .field("json_path", &self.0.json_path)
            .field("excerpt_bytes", &self.0.excerpt.as_ref().map(String::len))
            .field("task_id", &self.0.task_id)
            .field("attempts", &self.0.attempts)
            .field("elapsed", &self.0.elapsed)
            .field("stopped", &self.0.stopped)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl Serialize for Error {
    /// Writes everything but the excerpt and the cause, in snake case; missing values are left out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &self.kind())?;
        map.serialize_entry("dispatch", &self.dispatch())?;
        map.serialize_entry("in_doubt", &self.in_doubt())?;
        map.serialize_entry("advice", &self.advice())?;
        map.serialize_entry("message", self.message())?;
        let texts = [
            ("action", self.action()),
            ("effect", self.effect().map(Effect::as_str)),
            ("code", self.code()),
            ("request_id", self.request_id()),
            ("task_id", self.task_id()),
            ("json_path", self.json_path()),
            ("hint", self.hint()),
            ("stopped", self.stopped().map(StopReason::as_str)),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                map.serialize_entry(name, text)?;
            }
        }
        if let Some(status) = self.http_status() {
            map.serialize_entry("http_status", &status)?;
        }
        map.serialize_entry("attempts", &self.attempts())?;
        map.serialize_entry("elapsed_ms", &self.elapsed().as_millis())?;
        if let Some(report) = self.report() {
            map.serialize_entry("report", report)?;
        }
        map.end()
    }
}

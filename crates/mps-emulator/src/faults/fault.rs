//! The public type of a rule, with its constructors.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DOWNLOAD, Kind, RequestView, kind::WrongBody, parse};

/// A rule: a kind of fault, the requests it applies to, and how often.
///
/// Created by the function named for its kind, restricted by the methods, and passed to
/// [`Emulator::fail`](crate::Emulator::fail). By default it applies to every call of the API until
/// it is cleared. `docs/emulator.md` describes the effect of each kind.
///
/// # Examples
/// For example, one lost reply, and a fifth of all downloads cut off:
/// ```
/// use mps_emulator::{Emulator, Fault};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = Emulator::builder().service();
/// service.fail(Fault::reply_lost().action("CreateAigcVideoTask").times(1))?;
/// service.fail(Fault::truncate().download().probability(0.2))?;
/// assert!(service.fail(Fault::nulls().action("CreateVideo")).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
#[must_use]
pub struct Fault {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<String>,
    #[serde(flatten)]
    pub(super) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) probability: Option<f64>,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

/// Kinds of faults.
impl Fault {
    /// Returns a fault: the service refuses the call with this error code.
    pub fn refuse(code: impl Into<String>) -> Self {
        Self::of(Kind::Refuse {
            code: code.into(),
            message: None,
        })
    }

    /// Returns a fault: the call is executed at once and answered after a delay.
    pub fn delay(delay: Duration) -> Self {
        Self::of(Kind::Delay { delay })
    }

    /// Returns a fault: a gateway answers with this HTTP status, and the call does not reach the
    /// service.
    pub fn http(status: u16) -> Self {
        Self::of(Kind::Http {
            status,
            retry_after: None,
            executed: false,
        })
    }

    /// Returns a fault: a gateway answers with HTML and status 502, and the call does not reach the
    /// service.
    pub fn html() -> Self {
        Self::of(Kind::Html {
            status: parse::BAD_GATEWAY,
            executed: false,
        })
    }

    /// Returns a fault: the call is executed, and its answer ends before the announced length. By
    /// default half of it arrives.
    pub fn truncate() -> Self {
        Self::of(Kind::Truncate { after: None })
    }

    /// Returns a fault: the call is executed, and its answer arrives in pieces with a delay between
    /// them. The default is ten pieces.
    pub fn drip(delay: Duration) -> Self {
        Self::of(Kind::Drip {
            pieces: parse::PIECES,
            delay,
        })
    }

    /// Returns a fault: the connection is reset after the head of the request; the body is not
    /// read.
    pub fn reset_before_read() -> Self {
        Self::of(Kind::ResetBeforeRead)
    }

    /// Returns a fault: the connection is reset after the request was read; it is not executed.
    pub fn reset_after_read() -> Self {
        Self::of(Kind::ResetAfterRead)
    }

    /// Returns a fault: the call is executed and billed, then the connection is reset. A client
    /// that retries pays twice.
    pub fn reply_lost() -> Self {
        Self::of(Kind::ReplyLost)
    }

    /// Returns a fault: the call is executed, and its answer has this content type.
    pub fn content_type(content_type: impl Into<String>) -> Self {
        Self::of(Kind::ContentType {
            content_type: content_type.into(),
        })
    }

    /// Returns a fault: the service refuses the call because of too many calls per second.
    pub fn throttle() -> Self {
        Self::of(Kind::Throttle {
            code: parse::THROTTLED.to_owned(),
            message: None,
        })
    }

    /// Returns a fault: the service refuses the token of the call.
    pub fn token_expired() -> Self {
        Self::of(Kind::TokenExpired)
    }

    /// Returns a fault: the service's clock is ahead by this many seconds. Calls with another
    /// timestamp are refused, and the refusal shows that clock.
    pub fn skew(offset_seconds: i64) -> Self {
        Self::of(Kind::Skew {
            offset: offset_seconds,
        })
    }

    /// Returns a fault: a finished task has no URL of its result.
    pub fn done_without_url() -> Self {
        Self::of(Kind::DoneWithoutUrl)
    }

    /// Returns a fault: a task has a status that is not in the specification, by default
    /// `HIBERNATING`.
    pub fn unknown_status() -> Self {
        Self::of(Kind::UnknownStatus {
            value: parse::STATUS.to_owned(),
        })
    }

    /// Returns a fault: the call is executed, and every member of its answer but `RequestId` is
    /// null.
    pub fn nulls() -> Self {
        Self::of(Kind::Nulls)
    }

    /// Returns a fault: an idle connection is reset when its next request arrives. It never applies
    /// to the first request of a connection.
    pub fn close_idle() -> Self {
        Self::of(Kind::CloseIdle)
    }

    /// Returns a fault: the create is executed and billed, and its answer has this task id, for
    /// example an empty one.
    pub fn task_id(value: impl Into<String>) -> Self {
        Self::of(Kind::TaskId {
            value: value.into(),
        })
    }

    /// Returns a fault: the call is executed and billed, and its answer also has an `Error`, by
    /// default `RequestLimitExceeded`.
    pub fn id_and_error() -> Self {
        Self::of(Kind::IdAndError {
            code: parse::THROTTLED.to_owned(),
        })
    }

    /// Returns a fault: the call is executed and billed, and its answer has a second `Response`
    /// with an `Error`, by default `RequestLimitExceeded`.
    pub fn two_responses() -> Self {
        Self::of(Kind::TwoResponses {
            code: parse::THROTTLED.to_owned(),
        })
    }

    /// Returns a fault of downloads: status 200 with JSON in place of the file, under the file's
    /// content type.
    pub fn wrong_body() -> Self {
        Self::of(Kind::WrongBody {
            body: WrongBody::Json,
            content_type: None,
        })
    }

    /// Returns a fault of downloads: the body has no announced length, and ends with the
    /// connection.
    pub fn no_length() -> Self {
        Self::of(Kind::NoLength {
            after: None,
            chunked: false,
        })
    }

    /// Returns a fault of downloads: a redirect with status 302, by default to the same path.
    pub fn redirect() -> Self {
        Self::of(Kind::Redirect {
            status: parse::FOUND,
            location: None,
        })
    }

    /// Returns a fault of downloads: the file is sent with `Content-Encoding: gzip`, unasked.
    pub fn encoding() -> Self {
        Self::of(Kind::Encoding)
    }

    /// Returns a fault of downloads: the file is another entity with another `ETag`, also where
    /// `If-Range` names the earlier one.
    pub fn etag_change() -> Self {
        Self::of(Kind::EtagChange)
    }

    /// Returns a fault of downloads: status 206 with the first 1,000 bytes, without a `Range`
    /// header in the request.
    pub fn unasked_206() -> Self {
        Self::of(Kind::Unasked206 {
            after: parse::UNASKED_BYTES,
        })
    }

    /// Returns a fault of downloads: status 403, by default for one request.
    pub fn forbidden_once() -> Self {
        Self::of(Kind::ForbiddenOnce)
    }

    /// Returns a rule with the defaults of its kind.
    pub(super) fn of(kind: Kind) -> Self {
        Self {
            action: kind.is_for_downloads_only().then(|| DOWNLOAD.to_owned()),
            times: (kind == Kind::ForbiddenOnce).then_some(1),
            kind,
            probability: None,
            text: None,
        }
    }
}

/// Restrictions: which requests, and how often.
impl Fault {
    /// Applies to calls of this action only. Default: every action.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Applies to downloads of results instead of calls.
    pub fn download(self) -> Self {
        self.action(DOWNLOAD)
    }

    /// Applies this many times, at least once. Default: without limit.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Applies with this probability, from 0 to 1, drawn from the emulator's seed. Default: 1.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Applies only if the body of the call, or the path of the download, contains `text`. Default:
    /// any.
    pub fn matching(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Sets the error code of [`throttle`](Self::throttle), [`refuse`](Self::refuse),
    /// [`id_and_error`](Self::id_and_error) or [`two_responses`](Self::two_responses).
    pub fn code(mut self, with: impl Into<String>) -> Self {
        if let Kind::Throttle { code, .. }
        | Kind::Refuse { code, .. }
        | Kind::IdAndError { code }
        | Kind::TwoResponses { code } = &mut self.kind
        {
            *code = with.into();
        }
        self
    }

    /// Sets the error message of [`refuse`](Self::refuse) or [`throttle`](Self::throttle). Default:
    /// the meaning of the code.
    pub fn message(mut self, with: impl Into<String>) -> Self {
        if let Kind::Throttle { message, .. } | Kind::Refuse { message, .. } = &mut self.kind {
            *message = Some(with.into());
        }
        self
    }

    /// Sets the status of [`html`](Self::html) or [`redirect`](Self::redirect). Default: 502 or 302.
    pub fn status(mut self, with: u16) -> Self {
        if let Kind::Http { status, .. }
        | Kind::Html { status, .. }
        | Kind::Redirect { status, .. } = &mut self.kind
        {
            *status = with;
        }
        self
    }

    /// Adds a `Retry-After` header of this many seconds to [`http`](Self::http). Default: no
    /// header.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Kind::Http { retry_after, .. } = &mut self.kind {
            *retry_after = Some(seconds);
        }
        self
    }

    /// Lets the gateway of [`http`](Self::http) or [`html`](Self::html) pass the call on before it
    /// answers, so that it is executed. Default: not executed.
    pub fn executed(mut self) -> Self {
        if let Kind::Http { executed, .. } | Kind::Html { executed, .. } = &mut self.kind {
            *executed = true;
        }
        self
    }

    /// Sets the number of bytes that arrive with [`truncate`](Self::truncate),
    /// [`no_length`](Self::no_length) or [`unasked_206`](Self::unasked_206). Default: half of the
    /// body, all of it, or 1,000.
    pub fn after(mut self, bytes: u64) -> Self {
        match &mut self.kind {
            Kind::Truncate { after } | Kind::NoLength { after, .. } => *after = Some(bytes),
            Kind::Unasked206 { after } => *after = bytes,
            _ => {}
        }
        self
    }

    /// Sets the number of pieces of [`drip`](Self::drip). Default: 10.
    pub fn pieces(mut self, count: u32) -> Self {
        if let Kind::Drip { pieces, .. } = &mut self.kind {
            *pieces = count;
        }
        self
    }

    /// Sets the body of [`wrong_body`](Self::wrong_body): `json`, `xml`, `html`, `text` or
    /// `empty`; any other name has no effect. Default: `json`.
    pub fn body(mut self, name: &str) -> Self {
        if let (Kind::WrongBody { body, .. }, Some(named)) =
            (&mut self.kind, WrongBody::named(name))
        {
            *body = named;
        }
        self
    }

    /// Sends the body of [`no_length`](Self::no_length) in chunks, whose end is marked. Default:
    /// the body ends with the connection.
    pub fn chunked(mut self) -> Self {
        if let Kind::NoLength { chunked, .. } = &mut self.kind {
            *chunked = true;
        }
        self
    }

    /// Sets the target of [`redirect`](Self::redirect). Default: the path of the request.
    pub fn location(mut self, target: impl Into<String>) -> Self {
        if let Kind::Redirect { location, .. } = &mut self.kind {
            *location = Some(target.into());
        }
        self
    }

    /// Sets the status of [`unknown_status`](Self::unknown_status). Default: `HIBERNATING`.
    pub fn value(mut self, with: impl Into<String>) -> Self {
        if let Kind::UnknownStatus { value } = &mut self.kind {
            *value = with.into();
        }
        self
    }
}

impl Fault {
    /// Returns the name of its kind in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    pub(super) fn matches(&self, request: &RequestView<'_>) -> bool {
        let is_action = match &self.action {
            Some(action) => action == request.action,
            None => request.action != DOWNLOAD,
        };
        let contains = |text: &String| {
            let text = text.as_bytes();
            text.is_empty() || request.text.windows(text.len()).any(|part| part == text)
        };
        is_action && self.text.as_ref().is_none_or(contains)
    }
}

//! The public type of a rule, with its constructors.

mod settings;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DOWNLOAD, Kind, RequestView, UPLOAD, kind::WrongBody, parse};

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

    /// Returns a fault: the call is executed at once and answered after a delay, or as soon as the faults
    /// are cleared.
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

    /// Returns a fault of downloads: one byte of the file is changed, under the `ETag` and the
    /// checksum of the real one.
    pub fn corrupt() -> Self {
        Self::of(Kind::Corrupt)
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

impl Fault {
    /// Returns the name of its kind in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    pub(super) fn matches(&self, request: &RequestView<'_>) -> bool {
        let is_action = match &self.action {
            Some(action) => action == request.action,
            None => !matches!(request.action, DOWNLOAD | UPLOAD),
        };
        let contains = |text: &String| {
            let text = text.as_bytes();
            text.is_empty() || request.text.windows(text.len()).any(|part| part == text)
        };
        is_action && self.text.as_ref().is_none_or(contains)
    }
}

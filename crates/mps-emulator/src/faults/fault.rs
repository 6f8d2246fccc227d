//! The public type of a rule, with its constructors.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DOWNLOAD, Kind, RequestView, parse};

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

    pub(super) fn of(kind: Kind) -> Self {
        Self {
            action: None,
            kind,
            times: None,
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

    /// Sets the error code of [`throttle`](Self::throttle) or [`refuse`](Self::refuse).
    pub fn code(mut self, with: impl Into<String>) -> Self {
        if let Kind::Throttle { code, .. } | Kind::Refuse { code, .. } = &mut self.kind {
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

    /// Sets the status of [`html`](Self::html). Default: 502.
    pub fn status(mut self, with: u16) -> Self {
        if let Kind::Http { status, .. } | Kind::Html { status, .. } = &mut self.kind {
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

    /// Sets the number of bytes that arrive with [`truncate`](Self::truncate). Default: half of the
    /// body.
    pub fn after(mut self, bytes: u64) -> Self {
        if let Kind::Truncate { after } = &mut self.kind {
            *after = Some(bytes);
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

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DOWNLOAD, Kind, RequestView, parse};

/// A rule: what goes wrong, for which requests, and how often.
///
/// Made by the function named for its kind, narrowed by the methods, and handed to
/// [`Emulator::fail`](crate::Emulator::fail). Unless narrowed it strikes every call of the API, for
/// as long as it stands. `docs/emulator.md` says of each kind what a client sees.
///
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

/// What goes wrong.
impl Fault {
    /// The service refuses the call with this error code.
    pub fn refuse(code: impl Into<String>) -> Self {
        Self::of(Kind::Refuse {
            code: code.into(),
            message: None,
        })
    }

    /// The call is executed at once, and answered after a delay.
    pub fn delay(delay: Duration) -> Self {
        Self::of(Kind::Delay { delay })
    }

    /// A gateway answers with this HTTP status, and the service never sees the call.
    pub fn http(status: u16) -> Self {
        Self::of(Kind::Http {
            status,
            retry_after: None,
            executed: false,
        })
    }

    /// A gateway answers with a page of HTML and HTTP 502, and the service never sees the call.
    pub fn html() -> Self {
        Self::of(Kind::Html {
            status: parse::BAD_GATEWAY,
            executed: false,
        })
    }

    /// The call is executed, and its answer ends half-way, short of the length it announced.
    pub fn truncate() -> Self {
        Self::of(Kind::Truncate { after: None })
    }

    /// The call is executed, and its answer comes in ten pieces, each so much after the last.
    pub fn drip(delay: Duration) -> Self {
        Self::of(Kind::Drip {
            pieces: parse::PIECES,
            delay,
        })
    }

    /// The connection is reset when the head of the request is there and its body is not read.
    pub fn reset_before_read() -> Self {
        Self::of(Kind::ResetBeforeRead)
    }

    /// The connection is reset once the request was read; it is not executed.
    pub fn reset_after_read() -> Self {
        Self::of(Kind::ResetAfterRead)
    }

    /// The call is executed and billed, and then the connection is reset: the fault that bills
    /// twice if the client tries again.
    pub fn reply_lost() -> Self {
        Self::of(Kind::ReplyLost)
    }

    /// The call is executed, and its answer says that it is of this type.
    pub fn content_type(content_type: impl Into<String>) -> Self {
        Self::of(Kind::ContentType {
            content_type: content_type.into(),
        })
    }

    /// The service refuses the call because there were too many in a second.
    pub fn throttle() -> Self {
        Self::of(Kind::Throttle {
            code: parse::THROTTLED.to_owned(),
            message: None,
        })
    }

    /// The service refuses the token that came with the call.
    pub fn token_expired() -> Self {
        Self::of(Kind::TokenExpired)
    }

    /// The service's clock is so many seconds ahead of the emulator's: calls dated otherwise are
    /// refused, and the refusal shows that clock.
    pub fn skew(offset_seconds: i64) -> Self {
        Self::of(Kind::Skew {
            offset: offset_seconds,
        })
    }

    /// A task is done, and its result has no address.
    pub fn done_without_url() -> Self {
        Self::of(Kind::DoneWithoutUrl)
    }

    /// A task has a status that nobody has heard of.
    pub fn unknown_status() -> Self {
        Self::of(Kind::UnknownStatus {
            value: parse::STATUS.to_owned(),
        })
    }

    /// The call is executed, and every member of its answer but `RequestId` is null.
    pub fn nulls() -> Self {
        Self::of(Kind::Nulls)
    }

    /// A connection on which nothing happened for a while is reset just as the next request
    /// arrives on it. Strikes no request that is the first of its connection.
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

/// Which requests, and how often.
impl Fault {
    /// Strikes calls of this action only.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Strikes the fetching of results instead of calls.
    pub fn download(self) -> Self {
        self.action(DOWNLOAD)
    }

    /// Strikes so many times, at least once.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Strikes with this probability, from 0 to 1, drawn from the emulator's seed.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Strikes only if the body of the call, or the path of the download, contains `text`.
    pub fn matching(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Another code than the usual one. For [`throttle`](Self::throttle).
    pub fn code(mut self, with: impl Into<String>) -> Self {
        if let Kind::Throttle { code, .. } | Kind::Refuse { code, .. } = &mut self.kind {
            *code = with.into();
        }
        self
    }

    /// The text that goes with the code. For [`refuse`](Self::refuse) and
    /// [`throttle`](Self::throttle).
    pub fn message(mut self, with: impl Into<String>) -> Self {
        if let Kind::Throttle { message, .. } | Kind::Refuse { message, .. } = &mut self.kind {
            *message = Some(with.into());
        }
        self
    }

    /// The status that the page comes with. For [`html`](Self::html).
    pub fn status(mut self, with: u16) -> Self {
        if let Kind::Http { status, .. } | Kind::Html { status, .. } = &mut self.kind {
            *status = with;
        }
        self
    }

    /// Asks to come back after so many seconds. For [`http`](Self::http).
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Kind::Http { retry_after, .. } = &mut self.kind {
            *retry_after = Some(seconds);
        }
        self
    }

    /// The gateway had passed the call on, and it was executed. For [`http`](Self::http) and
    /// [`html`](Self::html).
    pub fn executed(mut self) -> Self {
        if let Kind::Http { executed, .. } | Kind::Html { executed, .. } = &mut self.kind {
            *executed = true;
        }
        self
    }

    /// How many bytes of the body arrive. For [`truncate`](Self::truncate).
    pub fn after(mut self, bytes: u64) -> Self {
        if let Kind::Truncate { after } = &mut self.kind {
            *after = Some(bytes);
        }
        self
    }

    /// In how many pieces the body comes. For [`drip`](Self::drip).
    pub fn pieces(mut self, count: u32) -> Self {
        if let Kind::Drip { pieces, .. } = &mut self.kind {
            *pieces = count;
        }
        self
    }

    /// Another text than the usual one. For [`unknown_status`](Self::unknown_status).
    pub fn value(mut self, with: impl Into<String>) -> Self {
        if let Kind::UnknownStatus { value } = &mut self.kind {
            *value = with.into();
        }
        self
    }
}

impl Fault {
    /// The name of its kind, as it stands in JSON.
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

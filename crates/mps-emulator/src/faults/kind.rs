//! The kinds of faults.

use std::time::Duration;

use http::request::Parts;
use serde::Serialize;

use crate::http::{auth::MAX_SKEW, exchange::Connection};

/// The kinds of faults with their parameters. Serialized as the members of a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Kind {
    Refuse {
        code: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    Delay {
        #[serde(with = "humantime_text")]
        delay: Duration,
    },
    Http {
        status: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        executed: bool,
    },
    Html {
        status: u16,
        executed: bool,
    },
    Truncate {
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
    },
    Drip {
        pieces: u32,
        #[serde(with = "humantime_text")]
        delay: Duration,
    },
    ResetBeforeRead,
    ResetAfterRead,
    ReplyLost,
    ContentType {
        content_type: String,
    },
    Throttle {
        code: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    TokenExpired,
    Skew {
        /// Seconds by which the shown clock is ahead.
        #[serde(with = "signed_seconds")]
        offset: i64,
    },
    DoneWithoutUrl,
    UnknownStatus {
        value: String,
    },
    Nulls,
    CloseIdle,
    TaskId {
        value: String,
    },
    IdAndError {
        code: String,
    },
    TwoResponses {
        code: String,
    },
    WrongBody {
        body: WrongBody,
        #[serde(skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
    },
    NoLength {
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
        chunked: bool,
    },
    Redirect {
        status: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        location: Option<String>,
    },
    Encoding,
    EtagChange,
    Corrupt,
    #[serde(rename = "unasked_206")]
    Unasked206 {
        after: u64,
    },
    ForbiddenOnce,
}

/// The body that a download has in place of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WrongBody {
    Json,
    Xml,
    Html,
    Text,
    Empty,
}

impl WrongBody {
    const ALL: [(&'static str, Self); 5] = [
        ("json", Self::Json),
        ("xml", Self::Xml),
        ("html", Self::Html),
        ("text", Self::Text),
        ("empty", Self::Empty),
    ];

    /// Returns the body of a name in JSON.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(known, _)| *known == name).map(|(_, body)| *body)
    }
}

/// The moment at which a fault applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before the body is read.
    Head,
    /// After the request is complete.
    Request,
    /// On the answer of an executed action.
    Answer,
}

impl Kind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Refuse { .. } => "refuse",
            Self::Delay { .. } => "delay",
            Self::Http { .. } => "http",
            Self::Html { .. } => "html",
            Self::Truncate { .. } => "truncate",
            Self::Drip { .. } => "drip",
            Self::ResetBeforeRead => "reset_before_read",
            Self::ResetAfterRead => "reset_after_read",
            Self::ReplyLost => "reply_lost",
            Self::ContentType { .. } => "content_type",
            Self::Throttle { .. } => "throttle",
            Self::TokenExpired => "token_expired",
            Self::Skew { .. } => "skew",
            Self::DoneWithoutUrl => "done_without_url",
            Self::UnknownStatus { .. } => "unknown_status",
            Self::Nulls => "nulls",
            Self::CloseIdle => "close_idle",
            Self::TaskId { .. } => "task_id",
            Self::IdAndError { .. } => "id_and_error",
            Self::TwoResponses { .. } => "two_responses",
            Self::WrongBody { .. } => "wrong_body",
            Self::NoLength { .. } => "no_length",
            Self::Redirect { .. } => "redirect",
            Self::Encoding => "encoding",
            Self::EtagChange => "etag_change",
            Self::Corrupt => "corrupt",
            Self::Unasked206 { .. } => "unasked_206",
            Self::ForbiddenOnce => "forbidden_once",
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self {
            Self::ResetBeforeRead | Self::CloseIdle => Phase::Head,
            Self::DoneWithoutUrl
            | Self::UnknownStatus { .. }
            | Self::Nulls
            | Self::TaskId { .. }
            | Self::IdAndError { .. }
            | Self::TwoResponses { .. } => Phase::Answer,
            _ => Phase::Request,
        }
    }

    /// Returns whether the kind applies to downloads: the object storage has neither the API's
    /// errors nor its answers.
    pub(crate) fn applies_to_downloads(&self) -> bool {
        let is_api_error = matches!(
            self,
            Self::Refuse { .. } | Self::Throttle { .. } | Self::TokenExpired | Self::Skew { .. }
        );
        !is_api_error && self.phase() != Phase::Answer
    }

    /// Returns whether the kind applies to downloads only: the API has neither ranges nor entities.
    pub(crate) fn is_for_downloads_only(&self) -> bool {
        matches!(
            self,
            Self::WrongBody { .. }
                | Self::NoLength { .. }
                | Self::Redirect { .. }
                | Self::Encoding
                | Self::EtagChange
                | Self::Corrupt
                | Self::Unasked206 { .. }
                | Self::ForbiddenOnce
        )
    }

    /// Returns whether the kind applies to a connection.
    pub(super) fn applies_to_connection(&self, connection: Connection) -> bool {
        *self != Self::CloseIdle || connection == Connection::Reused
    }

    /// Returns whether the fault applies to a timestamp: a client that has adopted the clock of a
    /// skew is not refused again.
    pub(super) fn applies_to_timestamp(&self, head: &Parts, now: i64) -> bool {
        let Self::Skew { offset } = self else {
            return true;
        };
        let timestamp = head.headers.get("x-tc-timestamp");
        let timestamp = timestamp.and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
        timestamp.is_none_or(|timestamp| timestamp.abs_diff(now.saturating_add(*offset)) > MAX_SKEW)
    }
}

mod humantime_text {
    use std::time::Duration;

    use serde::Serializer;

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*duration))
    }
}

mod signed_seconds {
    use std::time::Duration;

    use serde::Serializer;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    pub(super) fn serialize<S: Serializer>(
        seconds: &i64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let sign = if *seconds < 0 { "-" } else { "" };
        let size = humantime::format_duration(Duration::from_secs(seconds.unsigned_abs()));
        serializer.collect_str(&format_args!("{sign}{size}"))
    }
}

//! Parses a rule from JSON, with an error that names the wrong member.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Fault, InvalidFault, Kind, kind::WrongBody};

pub(super) const THROTTLED: &str = "RequestLimitExceeded";
pub(super) const BAD_GATEWAY: u16 = 502;
pub(super) const FOUND: u16 = 302;
pub(super) const UNASKED_BYTES: u64 = 1_000;
pub(super) const PIECES: u32 = 10;
/// A status that is not in the specification.
pub(super) const STATUS: &str = "HIBERNATING";
const SECOND: Duration = Duration::from_secs(1);
const SKEW_S: i64 = 600;

type ReadKind = fn(&mut Members) -> Result<Kind, InvalidFault>;

/// Every kind by its name, with the parser of its members.
const KINDS: [(&str, ReadKind); 28] = [
    ("refuse", |members| {
        Ok(Kind::Refuse {
            code: members.required("code", "an error code", text)?,
            message: members.take("message", "text", text)?,
        })
    }),
    ("delay", |members| {
        Ok(Kind::Delay {
            delay: members.required("delay", A_DURATION, duration)?,
        })
    }),
    ("http", |members| {
        Ok(Kind::Http {
            status: members.required("status", "an HTTP status", number)?,
            retry_after: members.take("retry_after", "a whole number of seconds", number)?,
            executed: members.or("executed", "true or false", Value::as_bool, false)?,
        })
    }),
    ("html", |members| {
        Ok(Kind::Html {
            status: members.or("status", "an HTTP status", number, BAD_GATEWAY)?,
            executed: members.or("executed", "true or false", Value::as_bool, false)?,
        })
    }),
    ("truncate", |members| {
        Ok(Kind::Truncate {
            after: members.take("after", "a number of bytes", number)?,
        })
    }),
    ("drip", |members| {
        Ok(Kind::Drip {
            pieces: members.or("pieces", "a whole number", number, PIECES)?,
            delay: members.or("delay", A_DURATION, duration, SECOND)?,
        })
    }),
    ("reset_before_read", |_| Ok(Kind::ResetBeforeRead)),
    ("reset_after_read", |_| Ok(Kind::ResetAfterRead)),
    ("reply_lost", |_| Ok(Kind::ReplyLost)),
    ("content_type", |members| {
        Ok(Kind::ContentType {
            content_type: members.or("content_type", "text", text, "text/html".to_owned())?,
        })
    }),
    ("throttle", |members| {
        Ok(Kind::Throttle {
            code: members.or("code", "an error code", text, THROTTLED.to_owned())?,
            message: members.take("message", "text", text)?,
        })
    }),
    ("token_expired", |_| Ok(Kind::TokenExpired)),
    ("skew", |members| {
        Ok(Kind::Skew {
            offset: members.or("offset", A_DURATION, signed_seconds, SKEW_S)?,
        })
    }),
    ("done_without_url", |_| Ok(Kind::DoneWithoutUrl)),
    ("unknown_status", |members| {
        Ok(Kind::UnknownStatus {
            value: members.or("value", "text", text, STATUS.to_owned())?,
        })
    }),
    ("nulls", |_| Ok(Kind::Nulls)),
    ("close_idle", |_| Ok(Kind::CloseIdle)),
    ("task_id", |members| {
        Ok(Kind::TaskId {
            value: members.or("value", "text", text, String::new())?,
        })
    }),
    ("id_and_error", |members| {
        Ok(Kind::IdAndError {
            code: members.or("code", "an error code", text, THROTTLED.to_owned())?,
        })
    }),
    ("two_responses", |members| {
        Ok(Kind::TwoResponses {
            code: members.or("code", "an error code", text, THROTTLED.to_owned())?,
        })
    }),
    ("wrong_body", |members| {
        let named = |value: &Value| WrongBody::named(value.as_str()?);
        let bound = "`json`, `xml`, `html`, `text` or `empty`";
        Ok(Kind::WrongBody {
            body: members.or("body", bound, named, WrongBody::Json)?,
            content_type: members.take("content_type", "text", text)?,
        })
    }),
    ("no_length", |members| {
        Ok(Kind::NoLength {
            after: members.take("after", "a number of bytes", number)?,
            chunked: members.or("chunked", "true or false", Value::as_bool, false)?,
        })
    }),
    ("redirect", |members| {
        Ok(Kind::Redirect {
            status: members.or("status", "an HTTP status", number, FOUND)?,
            location: members.take("location", "text", text)?,
        })
    }),
    ("encoding", |_| Ok(Kind::Encoding)),
    ("etag_change", |_| Ok(Kind::EtagChange)),
    ("corrupt", |_| Ok(Kind::Corrupt)),
    ("unasked_206", |members| {
        Ok(Kind::Unasked206 {
            after: members.or("after", "a number of bytes", number, UNASKED_BYTES)?,
        })
    }),
    ("forbidden_once", |_| Ok(Kind::ForbiddenOnce)),
];

/// Returns the names of all kinds.
#[cfg(test)]
pub(crate) fn kind_names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| *name)
}

const A_DURATION: &str = "a duration such as `1s` or `250ms`";

impl TryFrom<Map<String, Value>> for Fault {
    type Error = InvalidFault;

    fn try_from(members: Map<String, Value>) -> Result<Self, InvalidFault> {
        let mut members = Members {
            left: members,
            known: Vec::new(),
        };
        let name: String = members.required("kind", "the name of a fault", text)?;
        let Some((_, read)) = KINDS.iter().find(|(known, _)| *known == name) else {
            return Err(unknown_kind(&name));
        };
        let action = members.take("action", "the name of an action", text)?;
        let times = members.take("times", "a whole number from 1 to 4294967295", number)?;
        let probability = members.take("probability", "from 0 to 1", Value::as_f64)?;
        let text = members.take("match", "text", text)?;
        let kind = read(&mut members)?;
        let default = Self::of(kind);
        let fault = Self {
            action: action.or(default.action),
            times: times.or(default.times),
            probability,
            text,
            kind: default.kind,
        };
        members.finish(&name)?;
        fault.check()?;
        Ok(fault)
    }
}

fn unknown_kind(name: &str) -> InvalidFault {
    let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    InvalidFault::new("kind", format_args!("`{name}`"), "a fault of this emulator")
        .with_hint(format!("known: {}", known.join(", ")))
}

/// The members of a rule that are not parsed yet.
struct Members {
    left: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Members {
    /// Returns an optional member; null counts as absent.
    fn take<T>(
        &mut self,
        name: &'static str,
        bound: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, InvalidFault> {
        self.known.push(name);
        match self.left.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(&value)
                .map(Some)
                .ok_or_else(|| InvalidFault::new(name, value, bound)),
        }
    }

    fn required<T>(
        &mut self,
        name: &'static str,
        bound: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, InvalidFault> {
        let value = self.take(name, bound, read)?;
        value.ok_or_else(|| InvalidFault::new(name, "missing", bound))
    }

    fn or<T>(
        &mut self,
        name: &'static str,
        bound: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
        default: T,
    ) -> Result<T, InvalidFault> {
        Ok(self.take(name, bound, read)?.unwrap_or(default))
    }

    /// Rejects unknown members, since a rule with one would not do as intended.
    fn finish(self, kind: &str) -> Result<(), InvalidFault> {
        let Some((name, value)) = self.left.into_iter().next() else {
            return Ok(());
        };
        let bound = format!("left out: a fault of kind `{kind}` has no such member");
        Err(InvalidFault::new(name, value, bound)
            .with_hint(format!("known: {}", self.known.join(", "))))
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn number<N: TryFrom<u64>>(value: &Value) -> Option<N> {
    N::try_from(value.as_u64()?).ok()
}

/// Returns a number of bytes as a length in memory.
pub(super) fn length(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn duration(value: &Value) -> Option<Duration> {
    humantime::parse_duration(value.as_str()?).ok()
}

fn signed_seconds(value: &Value) -> Option<i64> {
    let text = value.as_str()?;
    let (sign, size) = text.strip_prefix('-').map_or((1, text), |size| (-1, size));
    let size = humantime::parse_duration(size).ok()?;
    Some(sign * i64::try_from(size.as_secs()).ok()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(rule: Value) -> Result<Fault, InvalidFault> {
        let Value::Object(members) = rule else {
            unreachable!("a test reads objects")
        };
        Fault::try_from(members)
    }

    fn least(kind: &str) -> Value {
        match kind {
            "refuse" => json!({ "kind": kind, "code": "InternalError" }),
            "delay" => json!({ "kind": kind, "delay": "1s 500ms" }),
            "http" => json!({ "kind": kind, "status": 503 }),
            _ => json!({ "kind": kind }),
        }
    }

    #[test]
    fn every_kind_is_read_and_written_back_under_its_name() {
        for (kind, _) in KINDS {
            let fault = read(least(kind)).unwrap();
            assert_eq!(fault.kind(), kind);
            let written = serde_json::to_value(&fault).unwrap();
            assert_eq!(written["kind"], kind);
            assert_eq!(read(written).unwrap(), fault);
        }
    }

    #[test]
    fn a_rule_with_everything_survives_writing() {
        let rule = json!({
            "action": "CreateAigcVideoTask", "kind": "skew", "offset": "-12h",
            "times": 2, "probability": 0.5, "match": "cat",
        });
        let fault = read(rule).unwrap();
        let text = serde_json::to_string(&fault).unwrap();
        assert_eq!(serde_json::from_str::<Fault>(&text).unwrap(), fault);
    }

    #[test]
    fn a_bad_rule_names_member_value_bound_and_a_way_out() {
        for (rule, member, part) in [
            (json!({}), "kind", "missing"),
            (
                json!({"kind": "reply_lots"}),
                "kind",
                "known: refuse, delay",
            ),
            (json!({"kind": 7}), "kind", "is 7"),
            (json!({"kind": "refuse"}), "code", "missing"),
            (
                json!({"kind": "refuse", "code": "a b"}),
                "code",
                "letters, digits and dots",
            ),
            (
                json!({"kind": "delay", "delay": 5}),
                "delay",
                "such as `1s`",
            ),
            (
                json!({"kind": "delay", "delay": "8days"}),
                "delay",
                "at most 7days",
            ),
            (json!({"kind": "http"}), "status", "missing"),
            (
                json!({"kind": "http", "status": 99}),
                "status",
                "from 200 to 599",
            ),
            (
                json!({"kind": "html", "status": 70_000}),
                "status",
                "an HTTP status",
            ),
            (
                json!({"kind": "drip", "pieces": 0}),
                "pieces",
                "from 1 to 100000",
            ),
            (
                json!({"kind": "throttle", "code": "InternalError"}),
                "code",
                "RequestLimitExceeded.IPLimitExceeded",
            ),
            (
                json!({"kind": "skew", "offset": "5min"}),
                "offset",
                "is 300",
            ),
            (
                json!({"kind": "content_type", "content_type": "\n"}),
                "content_type",
                "header",
            ),
            (json!({"kind": "nulls", "times": 0}), "times", "at least 1"),
            (json!({"kind": "nulls", "times": -1}), "times", "is -1"),
            (
                json!({"kind": "nulls", "probability": 1.5}),
                "probability",
                "from 0 to 1",
            ),
            (
                json!({"kind": "nulls", "action": "CreateVideo"}),
                "action",
                "known: ",
            ),
            (
                json!({"kind": "nulls", "action": "download"}),
                "action",
                "not files",
            ),
            (
                json!({"kind": "nulls", "delay": "1s"}),
                "delay",
                "known: kind, action, times",
            ),
            (
                json!({"kind": "close_idle", "match": "cat"}),
                "match",
                "before the body is read",
            ),
        ] {
            let bad = read(rule.clone()).unwrap_err();
            assert_eq!(bad.member(), member, "{rule}");
            assert!(bad.to_string().contains(part), "{rule}: {bad}");
        }
    }
}

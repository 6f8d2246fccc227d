//! The effect of each kind of fault on the call and its answer.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use mps_models::{
    ActionInfo,
    schema::{self, StructInfo},
};
use serde_json::{Map, Value};

use super::Kind;
use crate::{
    engine::refusal::Refusal,
    http::{
        exchange::{Delivery, Exchange},
        reply,
    },
};

/// The effect on the call.
pub(crate) enum CallEffect {
    /// The call is executed, or refused for other reasons.
    Proceeds,
    /// The call is refused with an error of the service.
    Refused(Refusal),
    /// The call does not reach the service.
    Dropped,
}

impl Kind {
    pub(crate) fn call_effect(&self) -> CallEffect {
        let usual = |code: &str, message: &Option<String>| {
            let known = mps_models::service::error_code(code);
            let usual = known.map_or("refused on demand", |known| known.meaning);
            let message = message.as_deref().unwrap_or(usual);
            CallEffect::Refused(Refusal::new(code.to_owned(), message))
        };
        match self {
            Self::Refuse { code, message } | Self::Throttle { code, message } => {
                usual(code, message)
            }
            Self::TokenExpired => usual("AuthFailure.TokenFailure", &None),
            Self::Skew { .. } => usual("AuthFailure.SignatureExpire", &None),
            Self::ResetBeforeRead
            | Self::ResetAfterRead
            | Self::CloseIdle
            | Self::Http {
                executed: false, ..
            }
            | Self::Html {
                executed: false, ..
            } => CallEffect::Dropped,
            _ => CallEffect::Proceeds,
        }
    }

    /// Returns the delivery of an answer at `now` on the service's clock, or the answer that
    /// replaces it.
    pub(crate) fn deliver(&self, mut response: Response<Bytes>, now: SystemTime) -> Exchange {
        let delivery = match self {
            Self::Delay { delay } => {
                return Exchange {
                    delay: *delay,
                    delivery: Delivery::Whole(response),
                };
            }
            Self::ResetBeforeRead | Self::CloseIdle | Self::ResetAfterRead | Self::ReplyLost => {
                Delivery::Lost
            }
            Self::Truncate { after } => Delivery::Cut {
                after: cut_at(*after, response.body().len()),
                response,
            },
            Self::Drip { pieces, delay } => Delivery::Drip {
                response,
                pieces: *pieces,
                pause: *delay,
            },
            Self::Http {
                status,
                retry_after,
                ..
            } => Delivery::Whole(gateway(*status, *retry_after)),
            Self::Html { status, .. } => Delivery::Whole(page(*status)),
            Self::ContentType { content_type } => {
                set(&mut response, header::CONTENT_TYPE, content_type);
                Delivery::Whole(response)
            }
            Self::Skew { offset } => {
                let date = reply::http_date(mps_core::clock::shifted(now, *offset));
                response.headers_mut().insert(header::DATE, date);
                Delivery::Whole(response)
            }
            _ => Delivery::Whole(response),
        };
        Exchange {
            delay: Duration::ZERO,
            delivery,
        }
    }

    /// Returns the changed answer of an executed action, or `None` if the fault finds nothing to
    /// change.
    pub(super) fn changed_answer(
        &self,
        action: &ActionInfo,
        answer: &Map<String, Value>,
    ) -> Option<Map<String, Value>> {
        let mut changed = match self {
            Self::Nulls => Some(nothing(action.response)),
            Self::DoneWithoutUrl | Self::UnknownStatus { .. } => Some(answer.clone()),
            _ => None,
        }?;
        match self {
            Self::DoneWithoutUrl => without_urls(&mut changed),
            Self::UnknownStatus { value } => set_status(&mut changed, action.response, value),
            _ => {}
        }
        (changed != *answer).then_some(changed)
    }
}

/// Returns the length of a cut body: half by default, and always less than all of it.
fn cut_at(after: Option<u64>, length: usize) -> usize {
    let wanted = after.map_or(length / 2, |bytes| {
        usize::try_from(bytes).unwrap_or(usize::MAX)
    });
    wanted.min(length.saturating_sub(1))
}

fn gateway(status: u16, retry_after: Option<u64>) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = Bytes::from(status.to_string());
    let mut response = reply::with_type(status, "text/plain", body);
    if let Some(seconds) = retry_after {
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

fn page(status: u16) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = format!(
        "<!DOCTYPE html>\n<html><head><title>{status}</title></head>\n\
         <body><h1>{status}</h1><hr>emulator gateway</body></html>\n"
    );
    reply::with_type(status, "text/html; charset=utf-8", Bytes::from(body))
}

fn set(response: &mut Response<Bytes>, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Returns every member of the specification with the value null.
fn nothing(shape: &StructInfo) -> Map<String, Value> {
    let members = shape.members.iter();
    members
        .map(|member| (member.name.to_owned(), Value::Null))
        .collect()
}

/// Removes the URLs of results at every depth.
fn without_urls(members: &mut Map<String, Value>) {
    members.retain(|name, _| !(name.ends_with("Url") || name.ends_with("Urls")));
    members.values_mut().for_each(|value| match value {
        Value::Object(members) => without_urls(members),
        Value::Array(items) => {
            let objects = items.iter_mut().filter_map(Value::as_object_mut);
            objects.for_each(without_urls);
        }
        _ => {}
    });
}

/// Sets every status: an enumeration whose name ends with `Status`.
fn set_status(members: &mut Map<String, Value>, shape: &StructInfo, value: &str) {
    for member in shape.members {
        let Some(found) = members.get_mut(member.name) else {
            continue;
        };
        match &member.kind {
            schema::Kind::Enum(_) if member.name.ends_with("Status") => *found = value.into(),
            kind => set_status_within(found, kind, value),
        }
    }
}

fn set_status_within(found: &mut Value, kind: &schema::Kind, value: &str) {
    match (kind, found) {
        (schema::Kind::Struct(name), Value::Object(members)) => {
            if let Some(shape) = schema::structure(name) {
                set_status(members, shape, value);
            }
        }
        (schema::Kind::List(kind), Value::Array(items)) => {
            for item in items {
                set_status_within(item, kind, value);
            }
        }
        _ => {}
    }
}

//! One call to the API, from its bytes to its answer.

mod auth;
mod body;
mod refusal;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, header, request::Parts};
use mps_models::ActionInfo;
use serde_json::{Map, Value, json};

pub(crate) use body::parse;
pub(crate) use refusal::Refusal;

use crate::{
    account::AccountIndex,
    log::{Outcome, RequestRecord},
    micros,
    operations::{self, Context},
    reply,
    service::Inner,
};

/// The API has one path; the action is in a header.
pub(crate) const PATH: &str = "/";

/// Longest body the service reads (its documentation: 10 MB with this signature method).
pub(crate) const MOST_BODY_BYTES: usize = 10 * 1024 * 1024;

/// Answers a call and writes it into the log.
pub(crate) fn answer(service: &Inner, head: &Parts, body: &Bytes) -> Response<Bytes> {
    let arrived = service.now();
    let request_id = service.ids.uuid();
    let result = journey(service, head, body, &request_id);
    record(service, head, arrived, &request_id, result.as_ref().err());
    reply::json(StatusCode::OK, &envelope(result, request_id))
}

/// The checks in the order of the service (as far as its answers tell), then the action itself.
fn journey(
    service: &Inner,
    head: &Parts,
    body: &Bytes,
    request_id: &str,
) -> Result<Map<String, Value>, Refusal> {
    check_size(body)?;
    let action = action(&head.headers)?;
    check_version(&head.headers, action)?;
    check_protocol(head)?;
    let account = auth::verify(service, head, body)?;
    let operation = operations::find(action)?;
    check_rate(service, account, action)?;
    operation.run(&Context {
        service,
        account,
        body,
        request_id,
    })
}

fn check_size(body: &Bytes) -> Result<(), Refusal> {
    if body.len() <= MOST_BODY_BYTES {
        return Ok(());
    }
    let message = format!("the request body is longer than {MOST_BODY_BYTES} bytes");
    Err(Refusal::new("RequestSizeLimitExceeded", message))
}

fn action(headers: &HeaderMap) -> Result<&'static ActionInfo, Refusal> {
    let name = common(headers, "x-tc-action")?;
    mps_models::action(name).ok_or_else(|| {
        tracing::warn!(action = name, "unknown action");
        Refusal::new(
            "InvalidAction",
            format!("no action `{name}` in this service"),
        )
    })
}

fn check_version(headers: &HeaderMap, action: &ActionInfo) -> Result<(), Refusal> {
    let version = common(headers, "x-tc-version")?;
    if version == action.version {
        return Ok(());
    }
    tracing::warn!(action = action.name, version, "unknown version");
    let message = format!(
        "no version `{version}` of {}; there is `{}`",
        action.name, action.version
    );
    Err(Refusal::new("NoSuchVersion", message))
}

/// A parameter that every call carries as a header.
fn common<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Refusal> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| {
        Refusal::new(
            "MissingParameter",
            format!("the header `{name}` is missing or not text"),
        )
    })
}

fn check_protocol(head: &Parts) -> Result<(), Refusal> {
    if head.method != Method::POST {
        let message = format!(
            "method {} is not supported; this emulator reads POST",
            head.method
        );
        return Err(Refusal::new("UnsupportedProtocol", message));
    }
    let content_type = common(&head.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = format!(
        "content type `{content_type}` is not supported; this emulator reads `application/json`"
    );
    Err(Refusal::new("UnsupportedProtocol", message))
}

fn check_rate(service: &Inner, account: AccountIndex, action: &ActionInfo) -> Result<(), Refusal> {
    let mut state = service.state();
    // Read under the lock, so that starts are counted in the order of their times.
    if state.limiter.admit(account, action, service.start()) {
        return Ok(());
    }
    let message = format!(
        "more than {} calls of {} in a second",
        action.rate_limit, action.name
    );
    Err(Refusal::new("RequestLimitExceeded", message))
}

fn envelope(result: Result<Map<String, Value>, Refusal>, request_id: String) -> Value {
    let mut response = match result {
        Ok(response) => response,
        Err(refusal) => Map::from_iter([(
            "Error".to_owned(),
            json!({ "Code": refusal.code, "Message": refusal.message }),
        )]),
    };
    response.insert("RequestId".to_owned(), Value::String(request_id));
    json!({ "Response": response })
}

fn record(
    service: &Inner,
    head: &Parts,
    arrived: Duration,
    request_id: &str,
    refusal: Option<&Refusal>,
) {
    let code = refusal.map(|refusal| refusal.code.as_ref());
    tracing::debug!(action = named_action(head), request_id, code, "answered");
    service.state().log.add(RequestRecord {
        at_us: micros(service.since_start(arrived)),
        action: named_action(head).to_owned(),
        outcome: if refusal.is_none() {
            Outcome::Executed
        } else {
            Outcome::Refused
        },
        code: code.map(str::to_owned),
        request_id: request_id.to_owned(),
        detail: refusal.and_then(|refusal| refusal.detail.clone()),
    });
}

/// Writes a request into the log that ended before it was whole.
pub(crate) fn record_dropped(service: &Inner, head: &Parts) {
    tracing::warn!(
        action = named_action(head),
        "the connection ended within a request"
    );
    service.state().log.add(RequestRecord {
        at_us: micros(service.since_start(service.now())),
        action: named_action(head).to_owned(),
        outcome: Outcome::Dropped,
        code: None,
        request_id: service.ids.uuid(),
        detail: None,
    });
}

fn named_action(head: &Parts) -> &str {
    common(&head.headers, "x-tc-action").unwrap_or_default()
}

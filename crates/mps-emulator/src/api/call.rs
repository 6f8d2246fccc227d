//! Answers one call of the API.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode, header, request::Parts};
use mps_core::clock::unix_seconds;
use mps_models::{ActionInfo, Effect};
use serde_json::{Map, Value, json};

use crate::{
    api::{
        operations::{self, Context},
        results,
        service_state::ServiceState,
    },
    engine::{
        clock::micros,
        ids::AccountIndex,
        log::{Outcome, RequestRecord},
        refusal::Refusal,
    },
    faults::{CallEffect, Kind},
    http::{auth::Verifier, exchange::Exchange, headers, reply},
};

/// Path of the API. The action is in a header.
pub(crate) const PATH: &str = "/";

/// Longest body that the service reads (documentation of this signature method: 10 MB).
pub(crate) const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// The result of a call.
enum CallResult {
    Executed(Map<String, Value>),
    Refused(Refusal),
    /// A fault kept the call from the service.
    Dropped,
}

/// Answers a call and records it in the request log.
pub(crate) fn answer(service: &ServiceState, head: &Parts, body: &Bytes) -> Exchange {
    let arrived = service.now();
    let request_id = service.ids.uuid();
    let before_call = fault_before_call(service, head, body);
    let mut end = match before_call.as_ref().map(Kind::call_effect) {
        None | Some(CallEffect::Proceeds) => execute(service, head, body, &request_id).into(),
        Some(CallEffect::Refused(refusal)) => CallResult::Refused(refusal),
        Some(CallEffect::Dropped) => CallResult::Dropped,
    };
    let fault = before_call.or_else(|| apply_answer_fault(service, head, body, &mut end));
    record(service, head, arrived, &request_id, &end, fault.as_ref());
    let response = reply::json(StatusCode::OK, &envelope(end, request_id));
    match fault {
        Some(kind) => kind.deliver(response, service.time.wall()),
        None => Exchange::whole(response),
    }
}

impl From<Result<Map<String, Value>, Refusal>> for CallResult {
    fn from(result: Result<Map<String, Value>, Refusal>) -> Self {
        result.map_or_else(Self::Refused, Self::Executed)
    }
}

/// Returns the fault that applies to the call before it is executed.
fn fault_before_call(service: &ServiceState, head: &Parts, body: &Bytes) -> Option<Kind> {
    let (action, now) = (named_action(head), service.time.wall());
    let mut state = service.state();
    state.faults.on_call(&service.ids, action, head, body, now)
}

/// Applies a fault to the answer of an executed action, and returns it.
fn apply_answer_fault(
    service: &ServiceState,
    head: &Parts,
    body: &Bytes,
    end: &mut CallResult,
) -> Option<Kind> {
    let CallResult::Executed(answer) = end else {
        return None;
    };
    let action = action(&head.headers).ok()?;
    let mut state = service.state();
    state.faults.on_answer(&service.ids, action, body, answer)
}

/// Returns the account that signed the call. Fresh timestamps are those near the service's clock,
/// near the machine's where the settings allow it, and near the clocks that `skew` faults have
/// shown to clients.
fn signer(service: &ServiceState, head: &Parts, body: &Bytes) -> Result<AccountIndex, Refusal> {
    let wall = unix_seconds(service.time.wall());
    let other_walls = || {
        let state = service.state();
        let offsets = state.faults.clock_offsets();
        let shown = offsets.map(|offset| wall.saturating_add(offset));
        let machine = unix_seconds(service.clock.wall());
        let machine = service.settings.accepts_machine_time.then_some(machine);
        shown.chain(machine).collect()
    };
    let verifier = Verifier {
        accounts: &service.accounts,
        now: service.time.now(),
        wall,
        accepts_any_service: service.settings.accepts_any_service,
        other_walls: &other_walls,
    };
    verifier.verify(head, body)
}

/// Makes the checks in the order of the service, as far as its answers reveal it, then runs the
/// action.
fn execute(
    service: &ServiceState,
    head: &Parts,
    body: &Bytes,
    request_id: &str,
) -> Result<Map<String, Value>, Refusal> {
    check_size(body)?;
    check_repeats(&head.headers)?;
    check_generation(head, body)?;
    let action = action(&head.headers)?;
    check_version(&head.headers, action)?;
    check_protocol(head)?;
    let account = signer(service, head, body)?;
    let operation = operations::find(action)?;
    check_rate(service, account, action)?;
    let answer = operation.run(&Context {
        service,
        account,
        body,
        request_id,
    })?;
    if action.effect == Effect::PaidCreate {
        results::fetch_media(service, body);
    }
    Ok(answer)
}

fn check_size(body: &Bytes) -> Result<(), Refusal> {
    if body.len() <= MAX_BODY_BYTES {
        return Ok(());
    }
    let message = format!("the request body is longer than {MAX_BODY_BYTES} bytes");
    Err(Refusal::new("RequestSizeLimitExceeded", message))
}

/// A repeated header has no single value: one value could be signed and another executed.
fn check_repeats(headers: &HeaderMap) -> Result<(), Refusal> {
    let counts = |name: &&HeaderName| {
        [header::AUTHORIZATION, header::CONTENT_TYPE].contains(name)
            || name.as_str().starts_with("x-tc-")
    };
    let mut names = headers.keys().filter(counts);
    names
        .find(|name| headers::is_repeated(headers, name.as_str()))
        .map_or(Ok(()), |name| {
            let message = format!("the header `{name}` was sent more than once");
            Err(Refusal::new("InvalidRequest", message))
        })
}

/// Signatures before TC3 carry action and signature as parameters of the query or form.
fn check_generation(head: &Parts, body: &[u8]) -> Result<(), Refusal> {
    if head.headers.contains_key("x-tc-action") {
        return Ok(());
    }
    let query = head.uri.query().unwrap_or_default().as_bytes();
    let is_old = |pair: &[u8]| {
        let name = pair.split(|byte| *byte == b'=').next();
        name.is_some_and(|name| [&b"Action"[..], b"Signature", b"SignatureMethod"].contains(&name))
    };
    let mut pairs = [query, body]
        .into_iter()
        .flat_map(|text| text.split(|byte| *byte == b'&'));
    if !pairs.any(is_old) {
        return Ok(());
    }
    let message = "signatures before version 3 (HmacSHA1, HmacSHA256) are not supported; set the client to TC3-HMAC-SHA256";
    Err(Refusal::new("UnsupportedProtocol", message))
}

fn action(headers: &HeaderMap) -> Result<&'static ActionInfo, Refusal> {
    let name = headers::required(headers, "x-tc-action")?;
    mps_models::action(name).ok_or_else(|| {
        tracing::warn!(action = name, "unknown action");
        Refusal::new(
            "InvalidAction",
            format!("no action `{name}` in this service"),
        )
    })
}

fn check_version(headers: &HeaderMap, action: &ActionInfo) -> Result<(), Refusal> {
    let version = headers::required(headers, "x-tc-version")?;
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

fn check_protocol(head: &Parts) -> Result<(), Refusal> {
    if head.method != Method::POST {
        let message = format!(
            "method {} is not supported; this emulator reads POST",
            head.method
        );
        return Err(Refusal::new("UnsupportedProtocol", message));
    }
    let content_type =
        headers::required(&head.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = format!(
        "content type `{content_type}` is not supported; this emulator reads `application/json`"
    );
    Err(Refusal::new("UnsupportedProtocol", message))
}

fn check_rate(
    service: &ServiceState,
    account: AccountIndex,
    action: &ActionInfo,
) -> Result<(), Refusal> {
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

fn envelope(end: CallResult, request_id: String) -> Value {
    let mut response = match end {
        CallResult::Executed(response) => response,
        CallResult::Refused(refusal) => Map::from_iter([(
            "Error".to_owned(),
            json!({ "Code": refusal.code, "Message": refusal.message }),
        )]),
        CallResult::Dropped => Map::new(),
    };
    response.insert("RequestId".to_owned(), Value::String(request_id));
    json!({ "Response": response })
}

fn record(
    service: &ServiceState,
    head: &Parts,
    arrived: Duration,
    request_id: &str,
    end: &CallResult,
    fault: Option<&Kind>,
) {
    let (outcome, refusal) = match end {
        CallResult::Executed(_) => (Outcome::Executed, None),
        CallResult::Refused(refusal) => (Outcome::Refused, Some(refusal)),
        CallResult::Dropped => (Outcome::Dropped, None),
    };
    service.state().requests.add(RequestRecord {
        at_us: micros(service.since_start(arrived)),
        action: named_action(head).to_owned(),
        outcome,
        code: refusal.map(|refusal| refusal.code.clone().into_owned()),
        request_id: request_id.to_owned(),
        fault: fault.map(|kind| kind.name().to_owned()),
        detail: refusal.and_then(|refusal| refusal.detail.clone()),
    });
}

/// Records a request that ended before its body was complete.
pub(crate) fn record_dropped(service: &ServiceState, head: &Parts, fault: Option<&Kind>) {
    if fault.is_none() {
        tracing::warn!(
            action = named_action(head),
            "the connection ended within a request"
        );
    }
    let request_id = service.ids.uuid();
    record(
        service,
        head,
        service.now(),
        &request_id,
        &CallResult::Dropped,
        fault,
    );
}

pub(crate) fn named_action(head: &Parts) -> &str {
    headers::required(&head.headers, "x-tc-action").unwrap_or_default()
}

//! The control API: inspects and controls the emulator with JSON over the same socket.

mod clock;
mod faults;
mod query;
mod read;
mod refusal;
mod write;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use serde_json::{Value, json};

use refusal::Refusal;

use crate::{
    api::{
        call::MAX_BODY_BYTES, objects::MAX_OBJECT_BYTES, results::is_result,
        service_state::ServiceState,
    },
    http::reply,
};

pub(crate) const PREFIX: &str = "/_emulator/v1/";

/// Longest body of `POST restore`: the snapshot of as many tasks and requests as an emulator keeps has
/// about 90 MB.
pub(crate) const MAX_SNAPSHOT_BYTES: usize = 128 * 1024 * 1024;

/// Returns the longest body that a request to this path may have.
pub(crate) fn max_body_bytes(path: &str) -> usize {
    match path.strip_prefix(PREFIX) {
        Some("restore") => MAX_SNAPSHOT_BYTES,
        None if is_result(path) => MAX_OBJECT_BYTES,
        _ => MAX_BODY_BYTES,
    }
}

/// The parts of a request that endpoints read.
struct Call<'a> {
    service: &'a ServiceState,
    query: &'a str,
    body: &'a Bytes,
}

/// An endpoint of the control API.
struct Endpoint {
    method: Method,
    name: &'static str,
    run: Handler,
}

enum Handler {
    /// Accepts every request.
    Infallible(fn(&Call<'_>) -> Value),
    /// Can refuse a request.
    Fallible(fn(&Call<'_>) -> Result<Value, Refusal>),
}

impl Endpoint {
    const fn new(method: Method, name: &'static str, run: Handler) -> Self {
        Self { method, name, run }
    }
}

const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Method::GET, "state", Handler::Fallible(read::state)),
    Endpoint::new(Method::GET, "tasks", Handler::Fallible(read::tasks)),
    Endpoint::new(Method::GET, "requests", Handler::Infallible(read::requests)),
    Endpoint::new(Method::GET, "bill", Handler::Fallible(read::bill)),
    Endpoint::new(Method::GET, "clock", Handler::Infallible(clock::show)),
    Endpoint::new(Method::POST, "clock", Handler::Fallible(clock::change)),
    Endpoint::new(Method::GET, "faults", Handler::Infallible(faults::list)),
    Endpoint::new(Method::POST, "faults", Handler::Fallible(faults::add)),
    Endpoint::new(Method::DELETE, "faults", Handler::Infallible(faults::clear)),
    Endpoint::new(
        Method::POST,
        "credentials",
        Handler::Fallible(write::credentials),
    ),
    Endpoint::new(Method::GET, "snapshot", Handler::Infallible(read::snapshot)),
    Endpoint::new(Method::POST, "restore", Handler::Fallible(write::restore)),
    Endpoint::new(Method::POST, "reset", Handler::Infallible(write::reset)),
];

/// Answers a request to `/_emulator/v1/` and `name`.
pub(crate) fn answer(
    service: &ServiceState,
    head: &Parts,
    body: &Bytes,
    name: &str,
) -> Response<Bytes> {
    let named = || ENDPOINTS.iter().filter(|endpoint| endpoint.name == name);
    if named().next().is_none() {
        return reply::not_found(&format!("{PREFIX}{name}"), &known());
    }
    let Some(endpoint) = named().find(|endpoint| endpoint.method == head.method) else {
        let allowed: Vec<&str> = named().map(|endpoint| endpoint.method.as_str()).collect();
        return wrong_method(&allowed.join(", "));
    };
    let query = head.uri.query().unwrap_or_default();
    let call = Call {
        service,
        query,
        body,
    };
    let answer = match endpoint.run {
        Handler::Infallible(run) => Ok(run(&call)),
        Handler::Fallible(run) => run(&call),
    };
    match answer {
        Ok(answer) => reply::json(StatusCode::OK, &answer),
        Err(refusal) => refusal.response(),
    }
}

/// Returns the response to a request without the token.
pub(crate) fn without_token() -> Response<Bytes> {
    let body = json!({
        "error": "the control API needs the emulator's token",
        "hint": "send `Authorization: Bearer TOKEN`; the first line of `mps emulator` has the token",
    });
    let mut response = reply::json(StatusCode::UNAUTHORIZED, &body);
    let scheme = HeaderValue::from_static("Bearer");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, scheme);
    response
}

fn known() -> String {
    let known: Vec<String> = ENDPOINTS
        .iter()
        .map(|known| format!("{} {PREFIX}{}", known.method, known.name))
        .collect();
    format!("known: {}", known.join(", "))
}

pub(super) fn wrong_method(allowed: &str) -> Response<Bytes> {
    let body = json!({ "error": "method not allowed", "hint": format!("use {allowed}") });
    let mut response = reply::json(StatusCode::METHOD_NOT_ALLOWED, &body);
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

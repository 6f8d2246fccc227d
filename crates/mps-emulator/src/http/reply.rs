//! Responses that several parts of the service return.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// Returns a JSON response.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    with_type(
        status,
        HeaderValue::from_static("application/json"),
        Bytes::from(body.to_string()),
    )
}

/// Returns a response with a body of some type.
pub(crate) fn with_type(
    status: StatusCode,
    content_type: HeaderValue,
    body: Bytes,
) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// Returns the response of a lost answer, for callers that need one.
pub(crate) fn lost() -> Response<Bytes> {
    let body = json!({ "error": "a fault of this emulator lost the answer" });
    json(StatusCode::BAD_GATEWAY, &body)
}

/// Returns the response to a malformed request.
pub(crate) fn bad_request(error: &str) -> Response<Bytes> {
    json(StatusCode::BAD_REQUEST, &json!({ "error": error }))
}

/// Returns the response to a request from a foreign web page or with a foreign host.
pub(crate) fn forbidden(error: &str, hint: &str) -> Response<Bytes> {
    json(
        StatusCode::FORBIDDEN,
        &json!({ "error": error, "hint": hint }),
    )
}

/// Returns the response to an unknown path, with a hint.
pub(crate) fn not_found(path: &str, hint: &str) -> Response<Bytes> {
    json(
        StatusCode::NOT_FOUND,
        &json!({ "error": "not found", "path": path, "hint": hint }),
    )
}

/// Formats a wall-clock time as an HTTP date (RFC 7231), within the years that it can express.
pub(crate) fn http_date(wall: SystemTime) -> HeaderValue {
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    let since = wall
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .min(LAST);
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since);
    HeaderValue::from_str(&date).unwrap_or(HeaderValue::from_static(""))
}

/// Escapes a text for XML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

//! Responses that more than one part gives.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// A JSON response.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    with_type(status, "application/json", Bytes::from(body.to_string()))
}

/// A response with a body of some type.
pub(crate) fn with_type(
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Stands for the answer that a fault took away, where something has to be answered.
pub(crate) fn lost() -> Response<Bytes> {
    let body = json!({ "error": "a fault of this emulator lost the answer" });
    json(StatusCode::BAD_GATEWAY, &body)
}

/// Says what is wrong with a request before anything is done about it.
pub(crate) fn bad_request(error: &str) -> Response<Bytes> {
    json(StatusCode::BAD_REQUEST, &json!({ "error": error }))
}

/// Says that nothing is here, and what is elsewhere.
pub(crate) fn not_found(path: &str, hint: &str) -> Response<Bytes> {
    json(
        StatusCode::NOT_FOUND,
        &json!({ "error": "not found", "path": path, "hint": hint }),
    )
}

/// A wall-clock time as HTTP writes it (RFC 7231), within the years HTTP can write.
pub(crate) fn http_date(wall: SystemTime) -> HeaderValue {
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    let since = wall
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .min(LAST);
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since);
    HeaderValue::from_str(&date).unwrap_or(HeaderValue::from_static(""))
}

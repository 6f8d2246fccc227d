//! Responses that faults send in place of the intended ones.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::http::reply;

/// Returns the answer of a gateway: a status and its name as text.
pub(super) fn gateway(status: u16, retry_after: Option<u64>) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = Bytes::from(status.to_string());
    let mut response = reply::with_type(status, HeaderValue::from_static("text/plain"), body);
    if let Some(seconds) = retry_after {
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// Returns an HTML page.
pub(super) fn page(status: u16) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = format!(
        "<!DOCTYPE html>\n<html><head><title>{status}</title></head>\n\
         <body><h1>{status}</h1><hr>emulator gateway</body></html>\n"
    );
    reply::with_type(
        status,
        HeaderValue::from_static("text/html; charset=utf-8"),
        Bytes::from(body),
    )
}

/// Sets a header; a text that no header can carry has no effect.
pub(super) fn set(response: &mut Response<Bytes>, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Replaces the body, and adapts an explicit `Content-Length`.
pub(super) fn with_body(response: Response<Bytes>, body: Bytes) -> Response<Bytes> {
    let mut response = response.map(|_| body);
    let length = HeaderValue::from(response.body().len());
    if let Some(known) = response.headers_mut().get_mut(header::CONTENT_LENGTH) {
        *known = length;
    }
    response
}

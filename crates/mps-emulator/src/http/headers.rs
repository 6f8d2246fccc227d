//! Reads headers, with the service's own errors.

use http::HeaderMap;

use crate::engine::refusal::Refusal;

/// Returns whether a header was sent more than once.
pub(crate) fn is_repeated(headers: &HeaderMap, name: &str) -> bool {
    headers.get_all(name).iter().nth(1).is_some()
}

/// Returns a header that every call carries, or the service's error for a missing parameter.
pub(crate) fn required<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Refusal> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| {
        Refusal::new(
            "MissingParameter",
            format!("the header `{name}` is missing or not text"),
        )
    })
}

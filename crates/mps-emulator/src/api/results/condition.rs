//! Conditional requests by entity tag (RFC 9110, section 13).

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Returns whether `If-Match` allows the object.
pub(super) fn if_match_allows(etag: &HeaderValue, headers: &HeaderMap) -> bool {
    !headers.contains_key(header::IF_MATCH)
        || versions(headers, header::IF_MATCH).any(|version| is_any_or_equals(etag, version))
}

/// Returns whether `If-None-Match` names the object, so that the client has it already. The
/// comparison is weak (`W/` is ignored).
pub(super) fn if_none_match_names(etag: &HeaderValue, headers: &HeaderMap) -> bool {
    versions(headers, header::IF_NONE_MATCH)
        .any(|version| is_any_or_equals(etag, version.strip_prefix("W/").unwrap_or(version)))
}

fn versions(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
}

fn is_any_or_equals(etag: &HeaderValue, version: &str) -> bool {
    version == "*" || etag == version
}

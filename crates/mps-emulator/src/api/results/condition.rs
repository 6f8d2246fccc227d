//! What a request makes its answer depend on (RFC 9110, section 13), by the version it knows.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Whether the object is, as far as `If-Match` says, the one that is meant.
pub(super) fn is_meant(etag: &HeaderValue, headers: &HeaderMap) -> bool {
    !headers.contains_key(header::IF_MATCH)
        || versions(headers, header::IF_MATCH).any(|version| is_any_or(etag, version))
}

/// Whether the client has the object already, as far as `If-None-Match` says. A copy that is only
/// as good as the object (`W/`) will do.
pub(super) fn is_known(etag: &HeaderValue, headers: &HeaderMap) -> bool {
    versions(headers, header::IF_NONE_MATCH)
        .any(|version| is_any_or(etag, version.strip_prefix("W/").unwrap_or(version)))
}

fn versions(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
}

fn is_any_or(etag: &HeaderValue, version: &str) -> bool {
    version == "*" || etag == version
}

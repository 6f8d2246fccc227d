//! The content as the head of a response describes it, and the decision whether a part continues it,
//! without any I/O.

use http::{HeaderMap, StatusCode, Version, header, response};

use super::{
    checksum::Expected,
    errors::{TransferError, transient, wrong_content},
};

/// The content of a URL, as the head of a response describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entity {
    /// Length in bytes.
    pub(super) total: Option<u64>,
    /// The strong entity tag, which proves a later part to be of the same content.
    pub(super) tag: Option<String>,
    /// `true` if the connection itself shows the end of a body without a length.
    pub(super) is_framed: bool,
    pub(super) expected: Expected,
}

/// The meaning of a response with content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    /// All of the content follows.
    Whole(Entity),
    /// The missing rest of the same content follows.
    Rest(Entity),
}

impl Entity {
    /// Returns the content of which a response sends all.
    pub(super) fn of(head: &response::Parts, host: &str) -> Self {
        Self {
            total: content_length(&head.headers),
            tag: strong_tag(&head.headers).map(str::to_owned),
            is_framed: is_framed(head),
            expected: Expected::of(&head.headers, host),
        }
    }

    /// Returns the tag and the length, which a request for the rest needs.
    pub(super) fn resumable(&self) -> Option<(&str, u64)> {
        self.tag.as_deref().zip(self.total)
    }

    /// Returns `true` if both are certainly the same content.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.resumable().is_some()
            && self.resumable() == other.resumable()
            && !self.expected.contradicts(&other.expected)
    }

    /// Returns `true` if the end of the content is proven by its length or its framing.
    pub(super) fn has_proven_end(&self) -> bool {
        self.total.is_some() || self.is_framed
    }
}

/// Classifies a response with status 200 or 206: it has all of the content, or the rest of `known`
/// after its first `received` bytes, if that was requested.
pub(super) fn accept(
    head: &response::Parts,
    host: &str,
    known: Option<(&Entity, u64)>,
) -> Result<Accepted, TransferError> {
    if let Some(encoding) = encoding(&head.headers) {
        return Err(wrong_content(format!(
            "the host sent the file encoded as {encoding}, although it was asked for as it is"
        )));
    }
    if head.status == StatusCode::PARTIAL_CONTENT {
        continued(&head.headers, host, known).map(Accepted::Rest)
    } else {
        Ok(Accepted::Whole(Entity::of(head, host)))
    }
}

/// Checks that a part was requested, and that this is the rest of the same content.
fn continued(
    headers: &HeaderMap,
    host: &str,
    known: Option<(&Entity, u64)>,
) -> Result<Entity, TransferError> {
    let Some((entity, received)) = known else {
        let message = "the host sent a part of the file, although none was asked for";
        return Err(transient(message));
    };
    let expected = Expected::of(headers, host);
    let (tag, total) = (entity.tag.as_deref(), entity.total.unwrap_or_default());
    if strong_tag(headers) != tag || entity.expected.contradicts(&expected) {
        let message = "the file changed at its host during the download";
        return Err(transient(message));
    }
    let rest = Some((received, total.saturating_sub(1), total));
    let missing = total.saturating_sub(received);
    let length = content_length(headers).unwrap_or(missing);
    if content_range(headers) != rest || length != missing {
        let message = "the host sent another part of the file than was asked for";
        return Err(transient(message));
    }
    let mut entity = entity.clone();
    if entity.expected.is_empty() {
        // An MD5 cannot begin in the middle.
        entity.expected.crc64 = expected.crc64;
    }
    Ok(entity)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn strong_tag(headers: &HeaderMap) -> Option<&str> {
    text(headers, header::ETAG).filter(|tag| !tag.starts_with("W/"))
}

/// Returns the announced length; `None` if there is none, or if several contradict each other.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let first = lengths.next()?;
    if lengths.any(|other| other != first) {
        return None;
    }
    first.to_str().ok()?.trim().parse().ok()
}

/// Returns the first and the last byte of a part, and the total length: `bytes 5-9/10`.
fn content_range(headers: &HeaderMap) -> Option<(u64, u64, u64)> {
    let range = text(headers, header::CONTENT_RANGE)?.strip_prefix("bytes ")?;
    let (part, total) = range.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
}

/// Returns the encoding of the content, or `None` if it is sent as it is.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    encodings
        .map(|encoding| String::from_utf8_lossy(encoding.as_bytes()).into_owned())
        .find(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity"))
}

/// Returns `true` if a body without a length cannot end early unnoticed: it is sent in chunks, or in
/// a stream of HTTP/2 or later.
fn is_framed(head: &response::Parts) -> bool {
    let coding = text(&head.headers, header::TRANSFER_ENCODING).unwrap_or_default();
    let last = coding.rsplit(',').next().unwrap_or_default().trim();
    head.version >= Version::HTTP_2 || last.eq_ignore_ascii_case("chunked")
}

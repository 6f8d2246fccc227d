//! The delivery of downloads under a fault, as a faulty or hostile host makes it.

use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use super::{
    Kind,
    kind::WrongBody,
    parse,
    response::{page, set, with_body},
};
use crate::{
    http::{
        exchange::{Delivery, Exchange},
        gzip, reply,
    },
    media::checksum,
};

impl Kind {
    /// Returns the delivery of a response to a download of `path`, at `now` on the service's
    /// clock.
    pub(crate) fn deliver_download(
        &self,
        response: Response<Bytes>,
        path: &str,
        now: SystemTime,
    ) -> Exchange {
        let is_file = response.status().is_success();
        let whole = match self {
            Self::WrongBody { body, content_type } => {
                wrong_body(&response, *body, content_type.as_deref())
            }
            Self::Redirect { status, location } => {
                redirect(*status, location.as_deref().unwrap_or(path))
            }
            Self::ForbiddenOnce => forbidden(path),
            Self::NoLength { after, chunked } if is_file => {
                return without_length(response, *after, *chunked);
            }
            Self::Encoding if is_file => encoded(response),
            Self::EtagChange if is_file => other_entity(response),
            Self::Corrupt if is_file => corrupt(response),
            Self::Unasked206 { after } => unasked_part(response, *after),
            _ => return self.deliver(response, now),
        };
        Exchange::whole(whole)
    }
}

/// Returns status 200 with another body, by default under the content type of the file.
fn wrong_body(
    response: &Response<Bytes>,
    body: WrongBody,
    content_type: Option<&str>,
) -> Response<Bytes> {
    let mut wrong = match body {
        WrongBody::Json => reply::with_type(
            StatusCode::OK,
            HeaderValue::from_static("application/json"),
            Bytes::from_static(br#"{"error":"the file cannot be read"}"#),
        ),
        WrongBody::Xml => reply::with_type(
            StatusCode::OK,
            HeaderValue::from_static("application/xml"),
            Bytes::from_static(
                b"<?xml version='1.0'?>\n<Error><Code>InternalError</Code></Error>\n",
            ),
        ),
        WrongBody::Html => page(StatusCode::OK.as_u16()),
        WrongBody::Text => reply::with_type(
            StatusCode::OK,
            HeaderValue::from_static("text/plain"),
            Bytes::from_static(b"the file cannot be read\n"),
        ),
        WrongBody::Empty => Response::new(Bytes::new()),
    };
    let of_file = response.headers().get(header::CONTENT_TYPE);
    match (content_type, of_file) {
        (Some(content_type), _) => set(&mut wrong, header::CONTENT_TYPE, content_type),
        (None, Some(content_type)) => {
            let content_type = content_type.clone();
            wrong
                .headers_mut()
                .insert(header::CONTENT_TYPE, content_type);
        }
        (None, None) => {}
    }
    wrong
}

fn redirect(status: u16, location: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
    set(&mut response, header::LOCATION, location);
    response
}

fn forbidden(path: &str) -> Response<Bytes> {
    let body = format!(
        "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>AccessDenied</Code>\n\
         \t<Message>Access Denied.</Message>\n\t<Resource>{}</Resource>\n</Error>\n",
        reply::escaped(path)
    );
    reply::with_type(
        StatusCode::FORBIDDEN,
        HeaderValue::from_static("application/xml"),
        Bytes::from(body),
    )
}

fn without_length(mut response: Response<Bytes>, after: Option<u64>, chunked: bool) -> Exchange {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    let after = after
        .map_or(usize::MAX, parse::length)
        .min(response.body().len());
    Exchange {
        delivery: Delivery::Unframed {
            response,
            after,
            chunked,
        },
        ..Exchange::lost()
    }
}

/// Returns the file compressed, although a client that asks for `identity` must not get that.
fn encoded(response: Response<Bytes>) -> Response<Bytes> {
    let body = gzip::stored(response.body());
    let mut response = with_body(response, body);
    set(&mut response, header::CONTENT_ENCODING, "gzip");
    response
}

/// Returns another entity: one changed byte, another `ETag`, and the checksum of the changed file.
fn other_entity(response: Response<Bytes>) -> Response<Bytes> {
    let (mut response, changed) = with_changed_byte(response);
    let etag = response.headers().get(header::ETAG);
    let etag = etag.and_then(|etag| etag.to_str().ok()).unwrap_or("\"\"");
    let etag = etag.replacen('"', "\"other-", 1);
    let crc = response.headers().get(&checksum::CRC64_HEADER);
    let crc = crc.and_then(|crc| crc.to_str().ok()?.parse().ok());
    let crc = crc.map(|crc| checksum::crc64_with_flipped_bit(crc, changed.total, changed.at));
    set(&mut response, header::ETAG, &etag);
    if let Some(crc) = crc {
        let crc = checksum::crc64_value(crc);
        response.headers_mut().insert(checksum::CRC64_HEADER, crc);
    }
    response
}

/// Returns the file with one changed byte under the `ETag` and the checksum of the real one, as a
/// broken cache or proxy delivers it.
fn corrupt(response: Response<Bytes>) -> Response<Bytes> {
    with_changed_byte(response).0
}

/// The position of a changed byte in the file.
struct ChangedByte {
    at: usize,
    total: usize,
}

/// Flips a bit of the file at three quarters of its length: that is media data, so the structure
/// of the file stays valid. Of a part that does not contain it, nothing changes.
fn with_changed_byte(response: Response<Bytes>) -> (Response<Bytes>, ChangedByte) {
    let (start, total) = part_of(&response).unwrap_or((0, response.body().len()));
    let mut body = response.body().to_vec();
    let changed = ChangedByte {
        at: total / 4 * 3,
        total,
    };
    if let Some(byte) = changed
        .at
        .checked_sub(start)
        .and_then(|at| body.get_mut(at))
    {
        *byte ^= 1;
    }
    (with_body(response, Bytes::from(body)), changed)
}

/// Returns the first byte and the total length of a part (`Content-Range: bytes 5-9/100`).
fn part_of(response: &Response<Bytes>) -> Option<(usize, usize)> {
    let range = response
        .headers()
        .get(header::CONTENT_RANGE)?
        .to_str()
        .ok()?;
    let (range, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.parse().ok()?, total.parse().ok()?))
}

fn unasked_part(response: Response<Bytes>, after: u64) -> Response<Bytes> {
    let total = response.body().len();
    let length = parse::length(after).min(total);
    if response.status() != StatusCode::OK || length == 0 {
        return response;
    }
    let part = response.body().slice(..length);
    let mut response = with_body(response, part);
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let range = format!("bytes 0-{}/{total}", length - 1);
    if let Ok(range) = HeaderValue::from_str(&range) {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}

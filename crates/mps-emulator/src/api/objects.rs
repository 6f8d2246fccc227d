//! Objects that clients upload to their buckets: `PUT`, `GET` and `HEAD` at `/cos/BUCKET/REGION/KEY`, each
//! with a signature of the object storage.

mod signature;
mod store;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use mps_core::clock::unix_seconds;

use self::signature::Verifier;
pub(crate) use self::store::{MAX_OBJECT_BYTES, Objects, StoredObject};
use super::{
    results::{StorageError, bucket_path},
    service_state::ServiceState,
};
use crate::{
    http::reply,
    media::{cache::Object, checksum},
};

/// Beginnings of the names of buckets that refuse every request, for tests of clients.
const REFUSING: [(&str, StorageError); 2] = [
    (
        "no-such-bucket",
        StorageError {
            status: StatusCode::NOT_FOUND,
            code: "NoSuchBucket",
            message: "the specified bucket does not exist",
        },
    ),
    (
        "access-denied",
        StorageError {
            status: StatusCode::FORBIDDEN,
            code: "AccessDenied",
            message: "access denied",
        },
    ),
];

const NO_SUCH_KEY: StorageError = StorageError {
    status: StatusCode::NOT_FOUND,
    code: "NoSuchKey",
    message: "the specified key does not exist",
};
const TOO_LARGE: StorageError = StorageError {
    status: StatusCode::BAD_REQUEST,
    code: "EntityTooLarge",
    message: "the object is larger than this emulator keeps",
};

/// Stores the body of a `PUT` as an object.
pub(crate) fn put(
    service: &ServiceState,
    head: &Parts,
    body: &Bytes,
    path: &str,
) -> Result<Response<Bytes>, StorageError> {
    let bucket = bucket_path(path).ok_or(NO_SUCH_KEY)?;
    verify(service, head)?;
    refuse_by_name(bucket)?;
    if body.len() > MAX_OBJECT_BYTES {
        return Err(TOO_LARGE);
    }
    let content_type = head.headers.get(header::CONTENT_TYPE);
    let default = HeaderValue::from_static("application/octet-stream");
    let object = Object {
        etag: checksum::etag(body),
        crc64: checksum::crc64_value(checksum::crc64(body)),
        bytes: body.clone(),
        content_type: content_type.cloned().unwrap_or(default),
    };
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(header::ETAG, object.etag.clone());
    headers.insert(checksum::CRC64_HEADER, object.crc64.clone());
    let stored = StoredObject {
        object,
        modified: reply::http_date(service.time.wall()),
    };
    service.state().objects.put(path, stored);
    Ok(response)
}

/// Returns the object at a path of a bucket, which a result is not stored at.
pub(crate) fn find(
    service: &ServiceState,
    head: &Parts,
    path: &str,
) -> Result<StoredObject, StorageError> {
    let bucket = bucket_path(path).ok_or(NO_SUCH_KEY)?;
    let object = service.state().objects.get(path);
    // A path where nothing is needs no signature: results in buckets are served without.
    if object.is_some() || signature::is_signed(head) {
        verify(service, head)?;
    }
    refuse_by_name(bucket)?;
    object.ok_or(NO_SUCH_KEY)
}

fn verify(service: &ServiceState, head: &Parts) -> Result<(), StorageError> {
    let machine = unix_seconds(service.clock.wall());
    let verifier = Verifier {
        accounts: &service.accounts,
        now: service.time.now(),
        // Clients of the storage do not learn the service's clock from its answers.
        walls: [unix_seconds(service.time.wall()), machine],
    };
    verifier.verify(head).inspect_err(|refusal| {
        tracing::warn!(
            code = refusal.code,
            reason = refusal.message,
            "refused a request for an object"
        );
    })
}

fn refuse_by_name(bucket: &str) -> Result<(), StorageError> {
    let refusal = REFUSING.iter().find(|(name, _)| bucket.starts_with(name));
    refusal.map_or(Ok(()), |(_, refusal)| Err(*refusal))
}

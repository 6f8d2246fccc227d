//! The object storage: serves results until they expire, and the objects that clients upload.

mod condition;
mod location;
mod media;
mod range;
mod record;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};

pub(crate) use location::{bucket_path, is_result, urls};
pub(crate) use media::fetch as fetch_media;
use range::Selection;
pub(crate) use record::dropped as record_dropped;

use crate::{
    api::{objects, service_state::ServiceState},
    engine::tasks::Availability,
    faults::{CallEffect, Kind},
    http::{exchange::Exchange, reply},
    media::{Media, cache::Object, checksum},
};

/// The header with the storage's request id.
const REQUEST_ID: &str = "x-cos-request-id";

/// Answers a request for a result, or for an object that a client uploads or has uploaded.
pub(crate) fn answer(service: &ServiceState, head: &Parts, body: &Bytes, path: &str) -> Exchange {
    let mut record = record::arrived(service, head);
    let fault = service.state().faults.on_download(&service.ids, head);
    let mut response = match respond(service, head, body, path, fault.as_ref()) {
        Ok(response) => response,
        Err(refusal) => {
            record.code = Some(refusal.code.to_owned());
            refusal.response(path, &record.request_id)
        }
    };
    record.outcome = record::outcome(&response);
    if let Ok(request_id) = HeaderValue::from_str(&record.request_id) {
        response.headers_mut().insert(REQUEST_ID, request_id);
    }
    let exchange = match &fault {
        Some(kind) => kind.deliver_download(response, path, service.time.wall()),
        None => Exchange::whole(response),
    };
    record::answered(service, record, fault.as_ref(), &exchange);
    exchange
}

fn respond(
    service: &ServiceState,
    head: &Parts,
    body: &Bytes,
    path: &str,
    fault: Option<&Kind>,
) -> Result<Response<Bytes>, StorageError> {
    if head.method != Method::PUT || bucket_path(path).is_none() {
        let (object, modified) = find_object(service, head, path)?;
        return Ok(served(&object, modified, head));
    }
    // A request that a fault drops stores nothing.
    if fault.is_some_and(|kind| matches!(kind.call_effect(), CallEffect::Dropped)) {
        return Ok(Response::new(Bytes::new()));
    }
    objects::put(service, head, body, path)
}

fn served(object: &Object, modified: HeaderValue, head: &Parts) -> Response<Bytes> {
    let mut response = if condition::if_none_match_names(&object.etag, &head.headers) {
        not_modified(object)
    } else {
        content(object, &head.headers)
    };
    let headers = response.headers_mut();
    headers.insert(header::LAST_MODIFIED, modified);
    without_body_for_head(response, &head.method)
}

fn not_modified(object: &Object) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    let etag = object.etag.clone();
    response.headers_mut().insert(header::ETAG, etag);
    response
}

/// An error of the object storage, in its own protocol.
#[derive(Clone, Copy)]
pub(crate) struct StorageError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

const NOT_ALLOWED: StorageError = StorageError {
    status: StatusCode::METHOD_NOT_ALLOWED,
    code: "MethodNotAllowed",
    message: "results can only be read",
};
const NO_SUCH_KEY: StorageError = StorageError {
    status: StatusCode::NOT_FOUND,
    code: "NoSuchKey",
    message: "there is no such result",
};
const EXPIRED: StorageError = StorageError {
    status: StatusCode::FORBIDDEN,
    code: "AccessDenied",
    message: "the time to fetch the result is over",
};
const OTHER_VERSION: StorageError = StorageError {
    status: StatusCode::PRECONDITION_FAILED,
    code: "PreconditionFailed",
    message: "the result is not the version that `If-Match` names",
};
const NOT_MADE: StorageError = StorageError {
    status: StatusCode::INTERNAL_SERVER_ERROR,
    code: "InternalError",
    message: "the result cannot be made",
};

impl StorageError {
    fn response(&self, path: &str, request_id: &str) -> Response<Bytes> {
        let body = format!(
            "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>{}</Code>\n\t<Message>{}</Message>\n\
             \t<Resource>{}</Resource>\n\t<RequestId>{request_id}</RequestId>\n</Error>\n",
            self.code,
            self.message,
            reply::escaped(path),
        );
        reply::with_type(
            self.status,
            HeaderValue::from_static("application/xml"),
            Bytes::from(body),
        )
    }
}

fn find_object(
    service: &ServiceState,
    head: &Parts,
    path: &str,
) -> Result<(Object, HeaderValue), StorageError> {
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Err(NOT_ALLOWED);
    }
    let (object, modified) = if let Some((media, modified)) = lookup(service, path)? {
        let object = service.cache.object(media).map_err(|error| {
            tracing::error!(%error, "a result could not be made");
            NOT_MADE
        })?;
        (object, modified)
    } else {
        let stored = objects::find(service, head, path)?;
        (stored.object, stored.modified)
    };
    if !condition::if_match_allows(&object.etag, &head.headers) {
        return Err(OTHER_VERSION);
    }
    Ok((object, modified))
}

/// Returns the result at a path; `None` if no result is there.
fn lookup(
    service: &ServiceState,
    path: &str,
) -> Result<Option<(Media, HeaderValue)>, StorageError> {
    let state = service.state();
    let Some(task) = location::find(&state.tasks, path) else {
        return if bucket_path(path).is_some() {
            Ok(None)
        } else {
            Err(NO_SUCH_KEY)
        };
    };
    match task.availability(service.time.now()) {
        Availability::Missing => Err(NO_SUCH_KEY),
        Availability::Expired => Err(EXPIRED),
        Availability::Available => Ok(Some((
            task.work.media(),
            reply::http_date(task.finished_wall()),
        ))),
    }
}

/// Returns the object, or the requested part of it.
fn content(object: &Object, headers: &HeaderMap) -> Response<Bytes> {
    let length = object.bytes.len();
    let mut response = match range::select(wanted_range(object, headers), length) {
        Selection::Whole => {
            let content = object.bytes.clone();
            reply::with_type(StatusCode::OK, object.content_type.clone(), content)
        }
        Selection::Part(part) => {
            let location = format!(
                "bytes {}-{}/{length}",
                part.start,
                part.end.saturating_sub(1)
            );
            let part = object.bytes.slice(part);
            with_range(
                StatusCode::PARTIAL_CONTENT,
                &object.content_type,
                part,
                &location,
            )
        }
        Selection::Unsatisfiable => with_range(
            StatusCode::RANGE_NOT_SATISFIABLE,
            &object.content_type,
            Bytes::new(),
            &format!("bytes */{length}"),
        ),
    };
    let sent = HeaderValue::from(response.body().len());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, sent);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, object.etag.clone());
    // Of the whole object, also with a part of it.
    headers.insert(checksum::CRC64_HEADER, object.crc64.clone());
    response
}

/// Returns the `Range` header, unless `If-Range` names another version than the current one.
fn wanted_range<'a>(object: &Object, headers: &'a HeaderMap) -> Option<&'a str> {
    let is_same = headers
        .get(header::IF_RANGE)
        .is_none_or(|version| *version == object.etag);
    headers
        .get(header::RANGE)
        .filter(|_| is_same)
        .and_then(|range| range.to_str().ok())
}

fn with_range(
    status: StatusCode,
    content_type: &HeaderValue,
    body: Bytes,
    location: &str,
) -> Response<Bytes> {
    let mut response = reply::with_type(status, content_type.clone(), body);
    if let Ok(location) = HeaderValue::from_str(location) {
        response
            .headers_mut()
            .insert(header::CONTENT_RANGE, location);
    }
    response
}

fn without_body_for_head(response: Response<Bytes>, method: &Method) -> Response<Bytes> {
    if *method == Method::HEAD {
        response.map(|_| Bytes::new())
    } else {
        response
    }
}

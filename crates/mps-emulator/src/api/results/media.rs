//! Reads the media of a request that are in buckets of the emulator, as the service does.

use bytes::Bytes;
use http::{Request, Uri, header, request::Parts};
use serde_json::Value;

use super::{bucket_path, record, respond};
use crate::{api::service_state::ServiceState, http::exchange::Exchange};

/// Reads every object of a bucket that a request names by a URL of this emulator, and records that as a
/// download. One that cannot be read changes nothing but the log: the service generates from the prompt
/// alone, and bills that.
pub(crate) fn fetch(service: &ServiceState, body: &Bytes) {
    // A body without such a URL is not parsed again.
    let is_there = body.windows(BUCKET.len()).any(|part| part == BUCKET);
    let request = is_there.then(|| serde_json::from_slice(body).ok());
    visit(request.flatten().as_ref().unwrap_or(&Value::Null), service);
}

const BUCKET: &[u8] = b"/cos/";

fn visit(value: &Value, service: &ServiceState) {
    match value {
        Value::String(text) => {
            if let Some(head) = head_of(text, &service.endpoint) {
                fetch_one(service, &head);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, service)),
        Value::Object(members) => members.values().for_each(|member| visit(member, service)),
        _ => {}
    }
}

/// Returns the request for an object of this emulator; `None` for any other text.
fn head_of(text: &str, endpoint: &str) -> Option<Parts> {
    let uri: Uri = text.parse().ok()?;
    let authority = uri.authority()?.as_str();
    let own = endpoint.split_once("://").map_or(endpoint, |(_, own)| own);
    // Clients may call it by another name of this machine.
    let is_local = ["127.0.0.1:", "[::1]:", "localhost:"]
        .iter()
        .any(|name| authority.starts_with(name));
    let is_own = authority == own || is_local && port(authority) == port(own);
    let is_object = is_own && bucket_path(uri.path()).is_some();
    let target = uri.path_and_query().filter(|_| is_object)?;
    let request = Request::get(target.as_str()).header(header::HOST, authority);
    Some(request.body(()).ok()?.into_parts().0)
}

fn port(authority: &str) -> Option<&str> {
    authority.rsplit_once(':').map(|(_, port)| port)
}

fn fetch_one(service: &ServiceState, head: &Parts) {
    let path = head.uri.path();
    let mut entry = record::arrived(service, head);
    let response = match respond(service, head, &Bytes::new(), path, None) {
        Ok(response) => response,
        Err(refusal) => {
            tracing::warn!(
                path,
                code = refusal.code,
                "the request names media that cannot be read"
            );
            entry.code = Some(refusal.code.to_owned());
            refusal.response(path, &entry.request_id)
        }
    };
    entry.outcome = record::outcome(&response);
    record::answered(service, entry, None, &Exchange::whole(response));
}

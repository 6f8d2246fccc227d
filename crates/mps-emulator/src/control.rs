//! The control API: what a test wants to know and to change, as JSON over the same socket.

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::{
    media::{FrameSize, Media},
    micros,
    operations::status_text,
    reply,
    service::Inner,
    tasks::{Availability, Task},
};

pub(crate) const PREFIX: &str = "/_emulator/v1/";

/// One thing the control API can do.
struct Endpoint {
    name: &'static str,
    method: Method,
    run: fn(&Inner) -> Value,
}

const ENDPOINTS: [Endpoint; 4] = [
    Endpoint {
        name: "state",
        method: Method::GET,
        run: state,
    },
    Endpoint {
        name: "requests",
        method: Method::GET,
        run: requests,
    },
    Endpoint {
        name: "bill",
        method: Method::GET,
        run: bill,
    },
    Endpoint {
        name: "reset",
        method: Method::POST,
        run: reset,
    },
];

/// Answers a request to `/_emulator/v1/` and `name`.
pub(crate) fn answer(service: &Inner, method: &Method, name: &str) -> Response<Bytes> {
    match ENDPOINTS.iter().find(|endpoint| endpoint.name == name) {
        None => reply::not_found(&format!("{PREFIX}{name}"), &known()),
        Some(endpoint) if endpoint.method != *method => wrong_method(&endpoint.method),
        Some(endpoint) => reply::json(StatusCode::OK, &(endpoint.run)(service)),
    }
}

fn known() -> String {
    let known: Vec<String> = ENDPOINTS
        .iter()
        .map(|known| format!("{} {PREFIX}{}", known.method, known.name))
        .collect();
    format!(
        "known: {}, GET|POST|DELETE {PREFIX}faults",
        known.join(", ")
    )
}

fn wrong_method(allowed: &Method) -> Response<Bytes> {
    let body = json!({ "error": "method not allowed", "hint": format!("use {allowed}") });
    let mut response = reply::json(StatusCode::METHOD_NOT_ALLOWED, &body);
    if let Ok(allowed) = HeaderValue::from_str(allowed.as_str()) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

fn requests(service: &Inner) -> Value {
    let state = service.state();
    json!({ "requests": state.log.records(), "forgotten": state.log.forgotten() })
}

fn bill(service: &Inner) -> Value {
    json!(service.state().ledger.bill())
}

fn reset(service: &Inner) -> Value {
    service.state().reset();
    json!({ "reset": true })
}

fn state(service: &Inner) -> Value {
    let now = service.now();
    let state = service.state();
    json!({
        "tasks": state.tasks.iter().map(|task| describe(service, task, now)).collect::<Vec<_>>(),
        "clock": {
            "unix_seconds": mps_core::clock::unix_seconds(service.wall()),
            "monotonic_us": micros(service.since_start(now)),
        },
        "limits": { "flavour": state.limiter.flavour(), "calls_per_second": rates() },
        "faults": state.faults.list(),
    })
}

fn rates() -> Map<String, Value> {
    mps_models::ACTIONS
        .iter()
        .map(|action| (action.name.to_owned(), json!(action.rate_limit)))
        .collect()
}

fn describe(service: &Inner, task: &Task, now: std::time::Duration) -> Value {
    let (seconds, size) = extent(task.work.media());
    let mut shown = json!({
        "task_id": task.id,
        "status": status_text(task, now),
        "result": match task.availability(now) {
            Availability::Missing => "missing",
            Availability::Available => "available",
            Availability::Expired => "expired",
        },
        "created_us": micros(service.since_start(task.created)),
        "seconds": seconds,
        "resolution": size.map(|size| size.to_string()),
    });
    if let Some(members) = shown.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    shown
}

/// How long a result plays, and how large it is; not every one has both.
fn extent(media: Media) -> (Option<u32>, Option<FrameSize>) {
    match media {
        Media::Video(clip) => (Some(clip.seconds), Some(clip.size)),
        Media::Picture(picture) => (None, Some(picture.size)),
        Media::Sound(sound) => (Some(sound.seconds), None),
    }
}

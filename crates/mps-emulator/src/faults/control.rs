//! The rules as JSON: `GET`, `POST` and `DELETE` of `/_emulator/v1/faults`.

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use super::{BadFault, Fault};
use crate::{reply, service::Inner};

pub(crate) fn answer(service: &Inner, method: &Method, body: &Bytes) -> Response<Bytes> {
    match *method {
        Method::GET => listed(service),
        Method::POST => match add(service, body) {
            Ok(()) => listed(service),
            Err(bad) => reply::json(StatusCode::BAD_REQUEST, &bad.json()),
        },
        Method::DELETE => {
            service.state().faults.clear();
            listed(service)
        }
        _ => wrong_method(),
    }
}

fn listed(service: &Inner) -> Response<Bytes> {
    let faults = service.state().faults.list();
    reply::json(StatusCode::OK, &json!({ "faults": faults }))
}

fn add(service: &Inner, body: &[u8]) -> Result<(), BadFault> {
    let rule = serde_json::from_slice(body)
        .map_err(|error| BadFault::new("body", format_args!("not JSON ({error})"), A_RULE))?;
    let Value::Object(members) = rule else {
        return Err(BadFault::new("body", "no object", A_RULE));
    };
    let fault = Fault::try_from(members)?;
    service.state().faults.add(fault)
}

const A_RULE: &str = r#"a JSON object such as {"kind":"reply_lost","times":1}"#;

fn wrong_method() -> Response<Bytes> {
    const ALLOWED: &str = "GET, POST, DELETE";
    let body = json!({ "error": "method not allowed", "hint": format!("use {ALLOWED}") });
    let mut response = reply::json(StatusCode::METHOD_NOT_ALLOWED, &body);
    let allowed = HeaderValue::from_static(ALLOWED);
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

//! The known answers of the signature scheme, as calls.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use mps_core::clock::TestClock;
use mps_emulator::{Emulator, Service};
use serde_json::Value;

use crate::call::{CREATE, answer, code};

fn vectors() -> Vec<Value> {
    let text = include_str!("../../../mps-core/tests/data/tc3-vectors.json");
    serde_json::from_str::<Value>(text).unwrap()["vectors"]
        .as_array()
        .unwrap()
        .clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

/// A service with the vector's key and time.
fn service(vector: &Value) -> Service {
    let clock = TestClock::new(vector["timestamp"].as_u64().unwrap());
    let builder = Emulator::builder()
        .clock(Arc::new(clock))
        .credentials(text(vector, "secret_id"), text(vector, "secret_key"));
    match vector["token"].as_str() {
        Some(token) => builder.token(token).service(),
        None => builder.service(),
    }
}

fn signs_its_action(vector: &Value) -> bool {
    text(&vector["expected"], "signed_headers").contains("x-tc-action")
}

/// The vector as a request. Where its action is not signed, a known one takes its place, so that
/// the call gets as far as the signature.
fn request(vector: &Value) -> Request<Bytes> {
    let action = if signs_its_action(vector) {
        text(vector, "action")
    } else {
        CREATE
    };
    let mut request = Request::post("/")
        .header("host", text(vector, "host"))
        .header("content-type", text(vector, "content_type"))
        .header("x-tc-action", action)
        .header("x-tc-version", "2019-06-12")
        .header("x-tc-timestamp", vector["timestamp"].to_string())
        .header("authorization", text(&vector["expected"], "authorization"));
    if let Some(token) = vector["token"].as_str() {
        request = request.header("x-tc-token", token);
    }
    if vector["unsigned_payload"] == true {
        request = request.header("x-tc-content-sha256", "UNSIGNED-PAYLOAD");
    }
    request
        .body(Bytes::from(text(vector, "payload").to_owned()))
        .unwrap()
}

fn answered(vector: &Value) -> String {
    code(&answer(&service(vector), request(vector)))
}

#[test]
fn every_signature_for_this_service_is_accepted() {
    let ours: Vec<Value> = vectors()
        .into_iter()
        .filter(|vector| vector["service"] == "mps")
        .collect();
    assert!(ours.len() >= 9, "only {} vectors", ours.len());
    for vector in &ours {
        let code = answered(vector);
        assert!(
            !code.starts_with("AuthFailure"),
            "{}: {code}",
            vector["name"]
        );
    }
}

#[test]
fn every_signature_for_this_service_is_refused_once_a_byte_of_it_changes() {
    for mut vector in vectors()
        .into_iter()
        .filter(|vector| vector["service"] == "mps")
    {
        let signed = text(&vector["expected"], "authorization").to_owned();
        let last = if signed.ends_with('0') { "1" } else { "0" };
        vector["expected"]["authorization"] =
            Value::from(signed[..signed.len() - 1].to_owned() + last);
        assert_eq!(
            answered(&vector),
            "AuthFailure.SignatureFailure",
            "{}",
            vector["name"]
        );
    }
}

#[test]
fn a_signature_for_another_service_is_refused() {
    for vector in vectors().iter().filter(|vector| vector["service"] != "mps") {
        // An action of another service is not even known here.
        let expected = if signs_its_action(vector) {
            "InvalidAction"
        } else {
            "AuthFailure.SignatureFailure"
        };
        assert_eq!(answered(vector), expected, "{}", vector["name"]);
    }
}

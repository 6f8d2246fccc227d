//! Untyped calls.

use mps_core::{CallOptions, Dispatch, ErrorKind, UntypedCall, transport::Reply};
use mps_models::Effect;

use crate::support::{CREATED, case};

#[tokio::test]
async fn an_untyped_call_keeps_the_answer_as_it_was_written() {
    let body = r#"{"B":1.50,"A":12345678901234567890123,"RequestId":"r"}"#;
    let case = case([Reply::json(format!("{{\"Response\":{body}}}"))]);
    let raw = serde_json::value::to_raw_value(&serde_json::json!({"X": 1})).unwrap();
    let output = case
        .client
        .call(UntypedCall::new("SomethingNew", raw), CallOptions::new())
        .await
        .unwrap();
    assert_eq!(output.body.get(), body);
    assert_eq!(case.transport.requests()[0].body(), r#"{"X":1}"#);
}

#[tokio::test]
async fn an_untyped_call_is_a_paid_create_by_default() {
    let raw = || serde_json::value::to_raw_value(&serde_json::json!({})).unwrap();
    let careful = case((0..9).map(|_| Reply::reset()));
    careful
        .client
        .call(UntypedCall::new("SomethingNew", raw()), CallOptions::new())
        .await
        .unwrap_err();
    assert_eq!(careful.sent(), 1);
    let read = case((0..9).map(|_| Reply::reset()));
    read.client
        .call(
            UntypedCall::new("SomethingNew", raw()).effect(Effect::Read),
            CallOptions::new(),
        )
        .await
        .unwrap_err();
    assert_eq!(read.sent(), 4);
}

#[tokio::test]
async fn a_paid_action_is_never_called_as_a_read() {
    let raw = serde_json::value::to_raw_value(&serde_json::json!({})).unwrap();
    let case = case([Reply::json(CREATED)]);
    let call = UntypedCall::new("CreateAigcVideoTask", raw).effect(Effect::Read);
    let error = case
        .client
        .call(call, CallOptions::new())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch(), case.sent()),
        (ErrorKind::Config, Dispatch::NotSent, 0)
    );
}

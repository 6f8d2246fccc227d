//! Bounds of a call: the time of an attempt, and the size of request and response.

use std::{sync::Arc, time::Duration};

use mps_core::{
    CallOptions, Client, ClientBuilder, Dispatch, ErrorKind, PreflightLevel,
    clock::TestClock,
    credentials::Credentials,
    limit::LocalLimiter,
    transport::{Reply, ScriptedTransport},
};
use mps_models::CreateAigcVideoTask;

const CREATED: &str = r#"{"Response":{"TaskId":"2147483792","RequestId":"r-1"}}"#;

fn builder(transport: &ScriptedTransport) -> ClientBuilder {
    let clock = Arc::new(TestClock::new(1_771_125_945).auto_advance());
    Client::builder()
        .credentials(Credentials::new("i", "k"))
        .transport(transport.clone())
        .limiter(LocalLimiter::without_warm_up(clock.clone()))
        .clock(clock)
}

fn request() -> CreateAigcVideoTask {
    CreateAigcVideoTask::new().prompt("a")
}

#[tokio::test]
async fn an_attempt_may_take_as_long_as_the_client_says() {
    let limit = Duration::from_secs(5);
    let builder = builder(&ScriptedTransport::new([Reply::silence()]));
    let client = builder.attempt_timeout(limit).build().unwrap();
    let error = client.send(&request()).await.unwrap_err();
    assert_eq!((error.kind(), error.elapsed()), (ErrorKind::Timeout, limit));
}

#[tokio::test]
async fn a_body_over_the_cap_is_its_own_error() {
    let builder = builder(&ScriptedTransport::new([Reply::json(CREATED)]));
    let client = builder.response_cap(20).build().unwrap();
    let error = client.send(&request()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::TooLarge, Dispatch::Unknown)
    );
    assert_eq!(error.message(), "the answer is larger than 20 bytes");
}

#[tokio::test]
async fn an_answer_of_16_mib_is_read_and_a_larger_one_is_not() {
    let answer = |bytes: usize| {
        let padding = " ".repeat(bytes - CREATED.len());
        Reply::json(format!("{padding}{CREATED}"))
    };
    let replies = [answer(16 << 20), answer((16 << 20) + 1)];
    let client = builder(&ScriptedTransport::new(replies)).build().unwrap();
    client.send(&request()).await.unwrap();
    let error = client.send(&request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_request_over_the_services_bound_is_not_sent() {
    let transport = ScriptedTransport::new([Reply::json(CREATED)]);
    let client = builder(&transport).build().unwrap();
    let send = async |operator_bytes| {
        let request = request().operator("x".repeat(operator_bytes));
        let options = CallOptions::new().preflight(PreflightLevel::Off);
        client.send_with(&request, options).await
    };
    let error = send(10 << 20).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(transport.requests().len(), 0);
    // With room for the other members.
    send((10 << 20) - 1_000).await.unwrap();
}

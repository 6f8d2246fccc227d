//! Calls of a client whose clock differs from the service's.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use mps_core::{
    Client, Error, StopReason,
    clock::TestClock,
    credentials::Credentials,
    endpoint::Endpoint,
    limit::LocalLimiter,
    transport::{Reply, ScriptedTransport},
};
use mps_models::CreateAigcVideoTask;

/// Ten seconds before midnight, UTC.
const NOW: u64 = 1_771_199_990;
const THIRTY_SECONDS_LATER: &str = "Mon, 16 Feb 2026 00:00:20 GMT";
const A_YEAR_LATER: &str = "Mon, 15 Feb 2027 23:59:50 GMT";
const CREATED: &str = r#"{"Response":{"TaskId":"1","RequestId":"r"}}"#;

fn expired() -> Reply {
    Reply::service_error("AuthFailure.SignatureExpire", "")
}

fn client(endpoint: Endpoint, replies: Vec<Reply>) -> (Client, ScriptedTransport) {
    let transport = ScriptedTransport::new(replies);
    let clock = Arc::new(TestClock::new(NOW).auto_advance());
    let client = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", "key"))
        .endpoint(endpoint)
        .transport(transport.clone())
        .limiter(LocalLimiter::without_warm_up(clock.clone()))
        .clock(clock)
        .build()
        .unwrap();
    (client, transport)
}

async fn create(client: &Client) -> Result<(), Error> {
    let request = CreateAigcVideoTask::new().prompt("a");
    client.send(&request).await.map(drop)
}

/// Timestamp and credential scope of each request.
fn signed(transport: &ScriptedTransport) -> Vec<(String, String)> {
    let signed = |request: &http::Request<_>| {
        let header = |name| request.headers()[name].to_str().unwrap().to_owned();
        let authorization = header("authorization");
        let (_, scope) = authorization.split_once("AKIDEXAMPLE/").unwrap();
        let (scope, _) = scope.split_once(',').unwrap();
        (header("x-tc-timestamp"), scope.to_owned())
    };
    transport.requests().iter().map(signed).collect()
}

fn pair(timestamp: &str, scope: &str) -> (String, String) {
    (timestamp.to_owned(), scope.to_owned())
}

#[tokio::test]
async fn the_day_in_the_scope_follows_the_corrected_clock_past_midnight() {
    let replies = vec![
        expired().header("date", THIRTY_SECONDS_LATER),
        Reply::json(CREATED),
    ];
    let (client, transport) = client(Endpoint::default(), replies);
    create(&client).await.unwrap();
    assert_eq!(
        signed(&transport),
        [
            pair("1771199990", "2026-02-15/mps/tc3_request"),
            pair("1771200020", "2026-02-16/mps/tc3_request"),
        ]
    );
}

#[tokio::test]
async fn clones_share_the_learned_offset() {
    let replies = vec![
        expired().header("date", THIRTY_SECONDS_LATER),
        Reply::json(CREATED),
        Reply::json(CREATED),
    ];
    let (client, transport) = client(Endpoint::default(), replies);
    let clone = client.clone();
    create(&client).await.unwrap();
    create(&clone).await.unwrap();
    assert_eq!(signed(&transport)[2].0, "1771200020");
}

#[tokio::test]
async fn an_impossible_date_is_not_learned() {
    let replies = vec![expired().header("date", A_YEAR_LATER), Reply::json(CREATED)];
    let (client, transport) = client(Endpoint::default(), replies);
    let error = create(&client).await.unwrap_err();
    assert_eq!(error.stopped(), Some(StopReason::Permanent));
    assert_eq!(transport.requests().len(), 1);
    assert_eq!(
        error.hint().unwrap(),
        "the service's clock is 31536000 s ahead of this machine's, \
         and more than 86400 s is not followed; set this machine's clock"
    );
    create(&client).await.unwrap();
    let stamps: Vec<_> = signed(&transport).into_iter().map(|pair| pair.0).collect();
    assert!(
        stamps.iter().all(|stamp| stamp == "1771199990"),
        "{stamps:?}"
    );
}

#[tokio::test]
async fn a_request_that_bore_the_services_time_is_not_sent_again() {
    let replies = vec![
        expired().header("date", THIRTY_SECONDS_LATER),
        Reply::json(CREATED),
        expired().header("date", THIRTY_SECONDS_LATER),
    ];
    let (client, transport) = client(Endpoint::default(), replies);
    create(&client).await.unwrap();
    let error = create(&client).await.unwrap_err();
    assert_eq!(error.stopped(), Some(StopReason::Permanent));
    assert_eq!(transport.requests().len(), 3);
    assert_eq!(
        error.hint().unwrap(),
        "the service's clock is 30 s ahead of this machine's, \
         and the request bore the service's time; something else is wrong"
    );
}

#[tokio::test]
async fn without_a_usable_date_the_refusal_stands() {
    for reply in [
        expired(),
        expired().header("date", ""),
        expired().header("date", "yesterday"),
        expired().header("date", "Mon, 16 Feb 2026 25:00:20 GMT"),
    ] {
        let (client, transport) = client(Endpoint::default(), vec![reply]);
        let error = create(&client).await.unwrap_err();
        assert_eq!(error.code(), Some("AuthFailure.SignatureExpire"));
        assert_eq!(error.stopped(), Some(StopReason::Permanent));
        assert_eq!(transport.requests().len(), 1);
        assert_eq!(
            error.hint().unwrap(),
            "the answer has no date to follow; check this machine's clock"
        );
    }
}

#[tokio::test]
async fn a_date_is_not_taken_over_from_an_earlier_attempt() {
    let replies = vec![
        Reply::service_error("RequestLimitExceeded", "").header("date", THIRTY_SECONDS_LATER),
        expired(),
    ];
    let (client, transport) = client(Endpoint::default(), replies);
    let error = create(&client).await.unwrap_err();
    assert_eq!(error.code(), Some("AuthFailure.SignatureExpire"));
    assert_eq!(transport.requests().len(), 2);
}

#[tokio::test]
async fn an_emulators_clock_may_be_a_year_ahead() {
    let emulator = Endpoint::parse("http://127.0.0.1:8080").unwrap();
    let replies = vec![expired().header("date", A_YEAR_LATER), Reply::json(CREATED)];
    let (client, transport) = client(emulator, replies);
    create(&client).await.unwrap();
    assert_eq!(
        signed(&transport)[1],
        pair("1802735990", "2027-02-15/mps/tc3_request")
    );
}

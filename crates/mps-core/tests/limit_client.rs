//! A client whose limiter is unavailable sends nothing and returns its error.

use std::sync::Arc;

use mps_core::{
    BoxFuture, Client, Dispatch, ErrorKind, StopReason,
    clock::TestClock,
    credentials::Credentials,
    limit::{LimitError, Limiter, Permit, PermitRequest, Unavailable},
    transport::{Reply, ScriptedTransport},
};
use mps_models::CreateAigcVideoTask;

#[derive(Debug)]
struct Gone;

impl Limiter for Gone {
    fn acquire<'a>(&'a self, _: PermitRequest<'a>) -> BoxFuture<'a, Result<Permit, LimitError>> {
        let error = Unavailable::new("the limiter is gone").with_hint("bring it back");
        Box::pin(async { Err(error.with_source(std::io::Error::other("it left")).into()) })
    }

    fn throttled(&self, _: &str) {}
}

#[tokio::test]
async fn nothing_is_sent_without_a_limiter_that_answers() {
    let transport = ScriptedTransport::new([Reply::json("{}")]);
    let client = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .transport(transport.clone())
        .clock(Arc::new(TestClock::new(0).auto_advance()))
        .limiter(Arc::new(Gone))
        .build()
        .unwrap();
    let error = client
        .send(&CreateAigcVideoTask::new().prompt("a cat"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Limiter, Dispatch::NotSent)
    );
    assert_eq!(
        (error.message(), error.hint()),
        ("the limiter is gone", Some("bring it back"))
    );
    assert_eq!(
        (error.attempts(), error.stopped()),
        (0, Some(StopReason::NoPermit))
    );
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "it left");
    assert!(transport.requests().is_empty());
}

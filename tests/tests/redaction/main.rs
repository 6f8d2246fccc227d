//! Keys, tokens, signatures, prompts and signed result URLs appear in no span, event, metric, error
//! or `Debug` text of the libraries, on any path through them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{sync::Arc, time::Duration};

use mps_aigc::Aigc;
use mps_core::{
    CallHandle, CallOptions, Client, UntypedCall,
    clock::{SystemClock, TestClock},
    credentials::{Credentials, ProvideCredentials as _},
    endpoint::Endpoint,
    retry::RetryPolicy,
    transport::{Reply, RequestBody, ReqwestTransport, ScriptedTransport},
};
use mps_emulator::Emulator;
use mps_models::DescribeAigcVideoTask;
use mps_tests::{bounded::eventually_async, capture::Capture};
use serde_json::value::RawValue;

use self::support::{
    CREATED, CapturedGate, CapturedMetrics, LoggingTransport, NOW, PROMPT, SECRET_ID, SECRET_KEY,
    builder, capture, credentials, done, failed_replies, learn_signatures, request,
};

fn note<T: std::fmt::Debug>(capture: &Capture, outcome: Result<T, mps_core::Error>) {
    match outcome {
        Ok(output) => capture.debug("output", &output),
        Err(error) => {
            capture.error(&error);
            capture.debug("hint", &error.hint());
            capture.debug("report", &error.report());
            capture.debug("advice", &error.advice());
            capture.add(format!(
                "error JSON: {}",
                serde_json::to_string(&error).unwrap()
            ));
        }
    }
}

/// Makes a create, a read and an untyped call, and collects each outcome.
async fn call_everything(capture: &Capture, client: &Client) {
    let body = format!(r#"{{"Prompt":"{PROMPT}"}}"#);
    let untyped = || UntypedCall::new("SomethingNew", RawValue::from_string(body.clone()).unwrap());
    note(capture, client.send(&request()).await);
    note(capture, client.send(&DescribeAigcVideoTask::new("1")).await);
    let handle = CallHandle::new();
    let options = CallOptions::new()
        .handle(handle.clone())
        .gate(Arc::new(CapturedGate(capture.clone())));
    capture.debug("options", &options);
    let outcome = client.call(untyped(), options).await;
    note(capture, outcome);
    capture.debug("handle", &handle);
    capture.debug("intent", &handle.intent());
    if let Some(outcome) = handle.try_outcome() {
        note(capture, outcome);
    }
    capture.debug("client", client);
    capture.debug("prepared", &client.prepare(&request()));
    capture.debug("untyped", &untyped());
}

#[tokio::test]
async fn no_kind_of_failure_makes_the_client_leak() {
    for (name, failed) in failed_replies() {
        let capture = capture();
        // One failure and then a success; and failures only.
        for times in [1, 40] {
            let replies =
                (0..times)
                    .map(|_| failed())
                    .chain([Reply::json(CREATED), done(), done()]);
            let transport = ScriptedTransport::new(replies);
            let logging = LoggingTransport(capture.clone(), transport.clone());
            let client = builder(&capture).transport(logging).build().unwrap();
            capture.watch(call_everything(&capture, &client)).await;
            learn_signatures(&capture, &transport);
            capture.debug("transport", &transport);
        }
        assert_eq!(capture.count("span mps.call"), 6, "{name}");
        assert!(capture.count("attempt_ended") >= 6, "{name}");
        assert_eq!(capture.leaks(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn every_event_and_metric_occurs_and_is_searched() {
    let capture = capture();
    for (_, failed) in failed_replies() {
        let transport = ScriptedTransport::new((0..40).map(|_| failed()));
        let client = builder(&capture).transport(transport).build().unwrap();
        capture.watch(call_everything(&capture, &client)).await;
    }
    for event in [
        "mps.sent",
        "mps.retry",
        "mps.throttled",
        "mps.in_doubt",
        "mps.credentials_refreshed",
        "mps.skew",
        "mps.breaker",
    ] {
        assert!(capture.count(&format!("event {event}")) > 0, "{event}");
    }
    for metric in [
        "permit_waited",
        "attempt_ended",
        "retrying",
        "throttled",
        "in_doubt",
        "credentials_refreshed",
        "breaker_changed",
        "call_ended",
        "observed",
        "gate",
        "error JSON",
    ] {
        assert!(capture.count(metric) > 0, "{metric}");
    }
}

/// Advances a clock in small steps until `done` returns `true`.
async fn advance_until(clock: &TestClock, done: impl Fn() -> bool) {
    eventually_async(|| {
        clock.advance(Duration::from_millis(100));
        done()
    })
    .await;
}

#[tokio::test]
async fn a_call_that_outlives_its_caller_does_not_leak() {
    let capture = capture();
    let clock = TestClock::new(NOW);
    let transport = ScriptedTransport::new([Reply::silence()]);
    let client = builder(&capture)
        .clock(Arc::new(clock.clone()))
        .transport(transport.clone());
    let client = client.build().unwrap();
    let request = request();
    let outlive = async {
        // The caller goes away while the attempt is on the wire; the attempt's timeout ends it.
        tokio::select! {
            biased;
            outcome = client.send(&request) => note(&capture, outcome),
            () = advance_until(&clock, || !transport.requests().is_empty()) => {}
        }
        advance_until(&clock, || capture.count("observed:") > 0).await;
    };
    capture.watch(outlive).await;
    learn_signatures(&capture, &transport);
    assert_eq!(capture.count("detached:"), 1);
    assert_eq!(capture.leaks(), [""; 0]);
}

#[tokio::test]
async fn a_preflight_report_does_not_contain_values_of_the_request() {
    let capture = capture();
    let client = builder(&capture)
        .transport(ScriptedTransport::new([]))
        .build()
        .unwrap();
    let long = PROMPT.repeat(100);
    for request in [
        request().prompt(&*long),
        request().image_url(PROMPT),
        request().model_name("Kling").additional_parameters(PROMPT),
        request().duration(-1),
    ] {
        capture.debug("request", &request);
        let error = capture.watch(client.send(&request)).await.unwrap_err();
        capture.add(error.report().unwrap().to_string());
        note(&capture, Err::<(), _>(error));
    }
    assert_eq!(capture.leaks(), [""; 0]);
}

#[tokio::test]
async fn debug_texts_of_single_parts_do_not_leak() {
    let capture = capture();
    let provider = credentials();
    capture.debug("provider", &provider);
    capture.debug("credentials", &provider.provide().await);
    capture.debug("builder", &builder(&capture));
    capture.debug("request", &request());
    let body = RequestBody::new(format!(r#"{{"Prompt":"{PROMPT}"}}"#));
    let http = http::Request::post("https://mps.intl.tencentcloudapi.com/").body(body);
    capture.debug("HTTP request", &http.unwrap());
    capture.debug("reply", &done());
    capture.debug("transport", &ReqwestTransport::new());
    for region in ["", "a b"] {
        note(&capture, builder(&capture).region(region).build());
    }
    for url in [
        format!("https://{SECRET_ID}:{SECRET_KEY}@mps.example/"),
        format!("https://mps.example/?key={SECRET_KEY}"),
        format!("https://mps.example/#{SECRET_KEY}"),
        format!("http://mps.example/?key={SECRET_KEY}"),
    ] {
        note(&capture, Endpoint::parse(&url));
    }
    assert_eq!(capture.leaks(), [""; 0]);
}

#[tokio::test]
async fn calls_over_real_connections_do_not_leak() {
    let capture = capture();
    let emulator = Emulator::start().await.unwrap();
    let endpoint = |url: &str| Endpoint::parse(url).unwrap();
    for (url, id, key) in [
        (emulator.endpoint(), emulator.secret_id(), SECRET_KEY),
        (emulator.endpoint(), SECRET_ID, SECRET_KEY),
        (
            emulator.endpoint(),
            emulator.secret_id(),
            emulator.secret_key(),
        ),
        // A closed port.
        ("http://127.0.0.1:9", SECRET_ID, SECRET_KEY),
    ] {
        let client = Client::builder()
            .credentials(Credentials::new(id, key))
            .endpoint(endpoint(url))
            .clock(SystemClock::shared())
            .metrics(CapturedMetrics(capture.clone()))
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        capture.watch(call_everything(&capture, &client)).await;
    }
    capture.secret("emulator's key", emulator.secret_key());
    assert!(capture.count("error:") > 0 && capture.count("output:") > 0);
    assert_eq!(capture.leaks(), [""; 0]);
}

#[tokio::test]
async fn waits_and_downloads_do_not_leak() {
    let capture = capture();
    for file in [
        Reply::answer(200, "video/mp4", "\0film").header("content-length", "5"),
        Reply::answer(403, "application/xml", "expired"),
        Reply::answer(200, "video/mp4", "\0film").then_cut(),
        Reply::connect_error(),
        Reply::reset(),
        Reply::silence(),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let replies = [Reply::json(CREATED), done(), file];
        let client = builder(&capture).transport(ScriptedTransport::new(replies));
        let aigc = Aigc::from(client.build().unwrap());
        let fetch = async {
            let task = aigc.video().create(&request()).await?;
            capture.debug("task", &task);
            let done = task.until_done().await?;
            capture.debug("done", &done);
            done.results().save_all(directory.path()).await
        };
        match capture.watch(fetch).await {
            Ok(files) => capture.debug("files", &files),
            Err(error) => {
                capture.error(&error);
                capture.debug("hint", &error.hint());
            }
        }
    }
    assert_eq!(capture.count("files:"), 1);
    assert_eq!(capture.leaks(), [""; 0]);
}

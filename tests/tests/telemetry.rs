//! The names that dashboards and alerts rely on, and the numbers behind them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    Client,
    clock::{Clock as _, TestClock},
    credentials::Credentials,
    endpoint::{Endpoint, Site},
    telemetry::{AttemptEnded, CallEnded, CallInfo, Failure, Metrics},
    transport::{Reply, ScriptedTransport},
};
use mps_models::{CreateAigcVideoTask, DescribeAigcVideoTask, Effect};
use mps_tests::capture::Capture;

const RUNNING: &str = r#"{"Response":{"Status":"RUN","RequestId":"r-2"}}"#;

/// Writes down what it is told, one line each.
#[derive(Clone, Debug, Default)]
struct Ledger(Arc<Mutex<Vec<String>>>);

impl Ledger {
    fn write(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Metrics for Ledger {
    fn permit_waited(&self, _: CallInfo<'_>, waited: Duration) {
        self.write(format!("permit after {waited:?}"));
    }

    fn attempt_ended(&self, _: CallInfo<'_>, attempt: &AttemptEnded<'_>) {
        let outcome = attempt
            .failure
            .map_or("ok", |failure| failure.kind.as_str());
        let (number, host) = (attempt.number, attempt.host);
        let id = attempt.request_id.unwrap_or("no id");
        self.write(format!("attempt {number} at {host}: {outcome}, {id}"));
    }

    fn retrying(&self, _: CallInfo<'_>, failure: &Failure<'_>, _: Duration) {
        self.write(format!("retry after {}", failure.kind.as_str()));
    }

    fn throttled(&self, _: CallInfo<'_>, failure: &Failure<'_>) {
        self.write(format!("throttled by {}", failure.code.unwrap()));
    }

    fn in_doubt(&self, call: CallInfo<'_>, failure: &Failure<'_>) {
        let dispatch = failure.dispatch.as_str();
        self.write(format!("{} in doubt: {dispatch}", call.action));
    }

    fn call_ended(&self, call: CallInfo<'_>, ended: &CallEnded<'_>) {
        let outcome = ended.failure.map_or("ok", |failure| failure.kind.as_str());
        let stopped = ended.failure.and_then(|failure| failure.stopped);
        let (effect, attempts) = (call.effect.as_str(), ended.attempts);
        let id = ended.request_id.unwrap_or("no id");
        let ended = format!("{effect} ended after {attempts}: {outcome}, {stopped:?}, {id}");
        self.write(ended);
    }
}

fn client(replies: Vec<Reply>) -> (Client, Ledger) {
    let ledger = Ledger::default();
    let client = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", "key"))
        .transport(ScriptedTransport::new(replies))
        .clock(Arc::new(TestClock::new(1_771_125_945).auto_advance()))
        .metrics(ledger.clone())
        .build()
        .unwrap();
    (client, ledger)
}

#[tokio::test]
async fn metrics_hear_of_every_step() {
    let (client, ledger) = client(vec![
        Reply::service_error("RequestLimitExceeded.UinLimitExceeded", ""),
        Reply::connect_error(),
        Reply::json(RUNNING),
    ]);
    let request = DescribeAigcVideoTask::new("1");
    client.send(&request).await.unwrap();
    assert_eq!(
        ledger.lines(),
        [
            "permit after 0ns",
            "attempt 1 at mps.intl.tencentcloudapi.com: service, scripted",
            "throttled by RequestLimitExceeded.UinLimitExceeded",
            "retry after service",
            "permit after 0ns",
            "attempt 2 at mps.intl.tencentcloudapi.com: connect, no id",
            "retry after connect",
            "permit after 0ns",
            "attempt 3 at mps.intl.tencentcloudapi.com: ok, r-2",
            "read ended after 3: ok, None, r-2",
        ]
    );
}

#[tokio::test]
async fn a_create_in_doubt_is_told_before_the_call_ends() {
    let (client, ledger) = client(vec![Reply::service_error("InternalError", "")]);
    let request = CreateAigcVideoTask::new().prompt("a");
    client.send(&request).await.unwrap_err();
    assert_eq!(
        ledger.lines()[1..],
        [
            "attempt 1 at mps.intl.tencentcloudapi.com: service, scripted",
            "CreateAigcVideoTask in doubt: unknown",
            "paid-create ended after 1: service, Some(InDoubt), scripted",
        ]
    );
}

#[tokio::test]
async fn an_answer_that_does_not_fit_its_type_ends_the_call_badly() {
    let reply = Reply::json(r#"{"Response":{"Status":7,"RequestId":"r"}}"#);
    let (client, ledger) = client(vec![reply]);
    let request = DescribeAigcVideoTask::new("1");
    client.send(&request).await.unwrap_err();
    assert_eq!(
        ledger.lines()[1..],
        [
            "attempt 1 at mps.intl.tencentcloudapi.com: ok, r",
            "read ended after 1: decode, None, r"
        ]
    );
}

#[tokio::test]
async fn spans_say_at_their_end_how_it_ended_and_under_which_id() {
    let capture = Capture::default();
    let (client, _) = client(vec![
        Reply::service_error("InternalError", ""),
        Reply::json(RUNNING),
    ]);
    let request = DescribeAigcVideoTask::new("1");
    capture.watch(client.send(&request)).await.unwrap();
    for (start, count) in [
        (
            r#"span mps.call action="DescribeAigcVideoTask" effect="read""#,
            1,
        ),
        (
            r#"span mps.attempt attempt=1 host="mps.intl.tencentcloudapi.com" waited_ms=0"#,
            1,
        ),
        ("event mps.sent", 2),
        (
            r#"event mps.retry message=attempt failed, another follows attempt=1 kind="service" code="InternalError" request_id="scripted" pause_ms="#,
            1,
        ),
        (r#"record outcome="service""#, 1),
        (r#"record code="InternalError""#, 1),
        (r#"record request_id="scripted""#, 1),
        ("record attempts=2", 1),
        // Of the last attempt, and of the call.
        (r#"record outcome="ok""#, 2),
        (r#"record request_id="r-2""#, 2),
    ] {
        assert_eq!(capture.count(start), count, "{start}");
    }
}

#[tokio::test]
async fn a_breaker_tells_its_host_and_its_state_by_name() {
    let capture = Capture::default();
    let clock = Arc::new(TestClock::new(1_771_125_945).auto_advance());
    let mut replies: Vec<_> = (0..3).map(|_| Reply::reset()).collect();
    replies.extend([RUNNING, RUNNING].map(Reply::json));
    let client = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", "key"))
        .transport(ScriptedTransport::new(replies))
        .clock(clock.clone())
        .failover([Endpoint::regional(Site::Intl, "ap-singapore").unwrap()])
        .build()
        .unwrap();
    let request = DescribeAigcVideoTask::new("1");
    capture.watch(client.send(&request)).await.unwrap();
    clock.sleep(Duration::from_secs(30)).await;
    capture.watch(client.send(&request)).await.unwrap();
    for state in ["open", "half_open", "closed"] {
        let event = format!(
            r#"event mps.breaker message=the circuit breaker of an endpoint changed its state host="mps.intl.tencentcloudapi.com" state="{state}""#
        );
        assert_eq!(capture.count(&event), 1, "{state}");
    }
}

#[cfg(unix)]
mod shared_limit {
    use mps_core::{
        clock::{MachineClock, SystemClock},
        limit::{FileLimiter, Limiter as _, PermitRequest},
    };

    use super::*;

    #[derive(Debug)]
    struct Machine(SystemClock);

    impl MachineClock for Machine {
        fn now(&self) -> Duration {
            self.0.monotonic()
        }

        fn boot(&self) -> &'static str {
            "this one"
        }
    }

    #[tokio::test(start_paused = true)]
    async fn more_room_is_told_of_when_it_grows_and_not_with_every_answer() {
        let (capture, clock) = (Capture::default(), SystemClock::new());
        let folder = tempfile::tempdir().unwrap();
        let machine = Arc::new(Machine(clock));
        let limiter =
            FileLimiter::on_machine_clock(folder.path(), "account", Arc::new(clock), machine);
        let request =
            PermitRequest::new("A", Effect::PaidCreate, 10).max_wait(Duration::from_secs(60));
        for throttled in [0, 3, 3, 0, 0] {
            tokio::time::advance(Duration::from_secs(2)).await;
            (0..throttled).for_each(|_| limiter.throttled("A"));
            let permit = capture.watch(limiter.acquire(request)).await.unwrap();
            assert!(permit.start());
        }
        assert_eq!(capture.count("event mps.limit.widened"), 2);
    }
}

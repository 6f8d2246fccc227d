//! What the client does with each answer, on scripted transports and a clock that never waits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use mps_core::{
    CallOptions, Client, Dispatch, Error, ErrorKind, PreflightLevel, StopReason, UntypedCall,
    clock::{Clock as _, TestClock},
    credentials::Credentials,
    retry::{RetryBudget, RetryPolicy},
    transport::{Reply, ScriptedTransport},
};
use mps_models::{AigcTaskStatus, CreateAigcVideoTask, DescribeAigcVideoTask, Effect};

const NOW: u64 = 1_771_125_945;
const CREATED: &str = r#"{"Response":{"TaskId":"2147483792","RequestId":"r-1"}}"#;
const RUNNING: &str = r#"{"Response":{"Status":"RUN","RequestId":"r-2"}}"#;
const SECRET: &str = "hunter2-secret-key";
const PROMPT: &str = "a prompt nobody else should read";

struct Case {
    transport: ScriptedTransport,
    clock: TestClock,
    client: Client,
}

fn case(replies: impl IntoIterator<Item = Reply>) -> Case {
    let transport = ScriptedTransport::new(replies);
    let clock = TestClock::new(NOW).auto_advance();
    let client = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", SECRET))
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    Case {
        transport,
        clock,
        client,
    }
}

impl Case {
    async fn create(&self) -> Result<String, Error> {
        let request = CreateAigcVideoTask::new().prompt(PROMPT);
        let output = self.client.send(&request).await?;
        Ok(output.body.task_id.unwrap_or_default())
    }

    async fn describe(&self) -> Result<AigcTaskStatus, Error> {
        let output = self
            .client
            .send(&DescribeAigcVideoTask::new("2147483792"))
            .await?;
        Ok(output.body.status.unwrap_or_else(|| "".into()))
    }

    fn sent(&self) -> usize {
        self.transport.requests().len()
    }
}

#[tokio::test]
async fn a_create_carries_what_the_documentation_asks_for() {
    let case = case([Reply::json(CREATED)]);
    assert_eq!(case.create().await.unwrap(), "2147483792");
    let requests = case.transport.requests();
    let headers = requests[0].headers();
    for (name, value) in [
        ("content-type", "application/json"),
        ("host", "mps.intl.tencentcloudapi.com"),
        ("x-tc-action", "CreateAigcVideoTask"),
        ("x-tc-version", "2019-06-12"),
        ("x-tc-timestamp", "1771125945"),
    ] {
        assert_eq!(headers[name], value);
    }
    let authorization = headers["authorization"].to_str().unwrap();
    assert!(authorization.contains("SignedHeaders=content-type;host;x-tc-action"));
    assert!(headers["authorization"].is_sensitive());
    assert_eq!(requests[0].uri(), "https://mps.intl.tencentcloudapi.com/");
}

/// (what happens, how often a read is sent, how often a create is, what the create's error says)
type Row = (&'static str, fn() -> Reply, usize, usize, Dispatch);

#[tokio::test]
async fn a_create_is_never_sent_twice_when_the_first_may_have_been_executed() {
    let rows: [Row; 8] = [
        ("reset", Reply::reset, 4, 1, Dispatch::Unknown),
        ("silence", Reply::silence, 2, 1, Dispatch::Unknown),
        (
            "internal error",
            || Reply::service_error("InternalError", ""),
            4,
            1,
            Dispatch::Unknown,
        ),
        (
            "unheard-of code",
            || Reply::service_error("Unheard.Of", ""),
            4,
            1,
            Dispatch::Unknown,
        ),
        (
            "gateway",
            || Reply::answer(502, "text/html", "<html>"),
            4,
            1,
            Dispatch::Unknown,
        ),
        (
            "cut off",
            || Reply::json(r#"{"Response":{"TaskId":"21"#).then_cut(),
            4,
            1,
            Dispatch::Unknown,
        ),
        (
            "null",
            || Reply::json(r#"{"Response":null}"#),
            4,
            1,
            Dispatch::Unknown,
        ),
        (
            "refused",
            || Reply::service_error("InvalidParameterValue", ""),
            1,
            1,
            Dispatch::Refused,
        ),
    ];
    for (what, reply, reads, creates, dispatch) in rows {
        let read = case((0..9).map(|_| reply()));
        read.describe().await.unwrap_err();
        assert_eq!(read.sent(), reads, "{what}: reads");

        let create = case((0..9).map(|_| reply()));
        let error = create.create().await.unwrap_err();
        assert_eq!(
            (create.sent(), error.dispatch()),
            (creates, dispatch),
            "{what}: creates"
        );
        assert_eq!(
            usize::try_from(error.attempts()).unwrap(),
            creates,
            "{what}"
        );
        let in_doubt = error.stopped() == Some(StopReason::InDoubt);
        assert_eq!(
            in_doubt,
            dispatch == Dispatch::Unknown,
            "{what}: {:?}",
            error.stopped()
        );
    }
}

#[tokio::test]
async fn a_create_that_never_left_is_sent_when_the_connection_is_back() {
    let case = case([
        Reply::connect_error(),
        Reply::connect_error(),
        Reply::json(CREATED),
    ]);
    assert_eq!(case.create().await.unwrap(), "2147483792");
    assert_eq!(case.sent(), 1);
}

#[tokio::test]
async fn throttling_is_waited_out_and_the_limiter_leaves_more_room() {
    let case = case([
        Reply::service_error("RequestLimitExceeded", "too fast").header("retry-after", "7"),
        Reply::json(CREATED),
    ]);
    case.create().await.unwrap();
    assert!(case.clock.monotonic() >= Duration::from_secs(7));
}

#[tokio::test]
async fn a_wish_to_wait_may_be_a_date() {
    let case = case([
        Reply::answer(429, "text/html", "slow down")
            .header("date", "Sun, 15 Feb 2026 03:25:45 GMT")
            .header("retry-after", "Sun, 15 Feb 2026 03:26:45 GMT"),
        Reply::json(CREATED),
    ]);
    case.create().await.unwrap();
    let waited = case.clock.monotonic();
    assert!(waited >= Duration::from_secs(60), "{waited:?}");
}

#[tokio::test]
async fn a_wish_to_wait_longer_than_the_deadline_ends_the_call_at_once() {
    let reply = Reply::service_error("RequestLimitExceeded", "").header("retry-after", "86400");
    let case = case([reply]);
    let error = case.create().await.unwrap_err();
    assert_eq!(
        (error.stopped(), error.attempts(), error.elapsed()),
        (Some(StopReason::Deadline), 1, Duration::ZERO)
    );
    assert_eq!(error.dispatch(), Dispatch::Refused);
}

#[tokio::test]
async fn a_wish_to_wait_holds_for_one_pause_only() {
    let case = case([
        Reply::service_error("RequestLimitExceeded", "").header("retry-after", "100"),
        Reply::connect_error(),
        Reply::json(CREATED),
    ]);
    case.create().await.unwrap();
    let waited = case.clock.monotonic();
    assert!(waited < Duration::from_secs(110), "{waited:?}");
}

#[tokio::test]
async fn pauses_stay_below_their_doubling_bounds() {
    for _ in 0..50 {
        let case = case((0..9).map(|_| Reply::reset()));
        let error = case.describe().await.unwrap_err();
        assert_eq!(error.attempts(), 4);
        assert!(error.elapsed() <= Duration::from_millis(200 + 400 + 800));
        assert_eq!(error.elapsed(), case.clock.monotonic());
    }
}

#[tokio::test]
async fn clients_may_share_one_budget() {
    let budget = RetryBudget::default();
    let send = async |replies: Vec<Reply>| {
        let client = Client::builder()
            .credentials(Credentials::new("i", "k"))
            .transport(ScriptedTransport::new(replies))
            .clock(Arc::new(TestClock::new(NOW).auto_advance()))
            .retry_budget(budget.clone())
            .build()
            .unwrap();
        client.send(&DescribeAigcVideoTask::new("1")).await
    };
    while budget.left() > 0 {
        send((0..4).map(|_| Reply::reset()).collect())
            .await
            .unwrap_err();
    }
    let error = send(vec![Reply::reset()]).await.unwrap_err();
    assert_eq!(
        (error.stopped(), error.attempts()),
        (Some(StopReason::BudgetUsed), 1)
    );
}

#[tokio::test]
async fn too_many_running_tasks_are_waited_for_longer() {
    let busy = || {
        Reply::service_error(
            "RequestLimitExceeded",
            "reach the maximum concurrency of tasks",
        )
    };
    let case = case((0..500).map(|_| busy()));
    let error = case.create().await.unwrap_err();
    assert_eq!(error.stopped(), Some(StopReason::Deadline));
    assert_eq!(error.dispatch(), Dispatch::Refused);
    assert!(error.is_throttled());
    assert!(error.attempts() < 40, "{}", error.attempts());
}

#[tokio::test]
async fn a_throttled_call_is_retried_until_its_deadline_and_not_counted() {
    for code in [
        "RequestLimitExceeded",
        "RequestLimitExceeded.IPLimitExceeded",
        "LimitExceeded.RateLimitExceeded",
    ] {
        let budget = RetryBudget::default();
        let throttled = (0..1_000).map(|_| Reply::service_error(code, "slow down"));
        let transport = ScriptedTransport::new(throttled);
        let client = Client::builder()
            .credentials(Credentials::new("i", "k"))
            .transport(transport.clone())
            .clock(Arc::new(TestClock::new(NOW).auto_advance()))
            .retry_budget(budget.clone())
            .build()
            .unwrap();
        let request = CreateAigcVideoTask::new().prompt("a");
        let error = client.send(&request).await.unwrap_err();
        assert_eq!(
            (error.dispatch(), error.stopped(), error.is_throttled()),
            (Dispatch::Refused, Some(StopReason::Deadline), true),
            "{error:?}"
        );
        assert!(error.attempts() > 12, "{}", error.attempts());
        assert!(error.elapsed() > Duration::from_secs(60));
        assert!(error.elapsed() <= Duration::from_secs(120));
        assert_eq!(budget.left(), 100);
    }
}

#[tokio::test]
async fn a_throttled_call_succeeds_as_soon_as_the_service_lets_it() {
    let mut replies: Vec<_> = (0..10)
        .map(|_| Reply::service_error("RequestLimitExceeded", ""))
        .collect();
    // Neither do the throttled attempts count against the others.
    replies.extend((0..3).map(|_| Reply::connect_error()));
    replies.push(Reply::json(CREATED));
    let case = case(replies);
    assert_eq!(case.create().await.unwrap(), "2147483792");
}

#[tokio::test]
async fn a_policy_without_retries_gives_up_when_it_is_throttled() {
    let transport = ScriptedTransport::new([Reply::service_error("RequestLimitExceeded", "")]);
    let client = Client::builder()
        .credentials(Credentials::new("i", "k"))
        .transport(transport)
        .clock(Arc::new(TestClock::new(NOW).auto_advance()))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let request = CreateAigcVideoTask::new().prompt("a");
    let error = client.send(&request).await.unwrap_err();
    assert_eq!(
        (error.stopped(), error.attempts(), error.is_throttled()),
        (Some(StopReason::AttemptsUsed), 1, true)
    );
}

#[tokio::test]
async fn a_clock_that_is_off_follows_the_services_and_stays_corrected() {
    // 15 minutes ahead of our clock.
    let expired = Reply::service_error("AuthFailure.SignatureExpire", "")
        .header("date", "Sun, 15 Feb 2026 03:40:45 GMT");
    let case = case([expired, Reply::json(CREATED), Reply::json(RUNNING)]);
    case.create().await.unwrap();
    assert_eq!(case.describe().await.unwrap(), AigcTaskStatus::Run);
    let stamps: Vec<_> = case
        .transport
        .requests()
        .iter()
        .map(|request| {
            request.headers()["x-tc-timestamp"]
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(stamps, ["1771125945", "1771126845", "1771126845"]);
}

#[tokio::test]
async fn a_clock_is_corrected_once_a_call() {
    let expired = || {
        Reply::service_error("AuthFailure.SignatureExpire", "")
            .header("date", "Sun, 15 Feb 2026 03:40:45 GMT")
    };
    let case = case([expired(), expired(), expired()]);
    let error = case.create().await.unwrap_err();
    assert_eq!(
        (case.sent(), error.stopped()),
        (2, Some(StopReason::Permanent))
    );
}

#[tokio::test]
async fn a_refused_token_is_tried_again_only_with_another_one() {
    let case = case((0..3).map(|_| Reply::service_error("AuthFailure.TokenFailure", "")));
    let error = case.create().await.unwrap_err();
    assert_eq!(
        (case.sent(), error.stopped()),
        (1, Some(StopReason::Permanent))
    );
}

#[tokio::test]
async fn preflight_refuses_before_a_byte_leaves_and_can_be_lowered() {
    let case = case([Reply::json(CREATED)]);
    let bad = CreateAigcVideoTask::new().duration(-1);
    let error = case.client.send(&bad).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Preflight, Dispatch::NotSent)
    );
    assert!(!error.report().unwrap().is_ok());
    assert_eq!(case.sent(), 0);
    let options = CallOptions::new().preflight(PreflightLevel::Off);
    case.client.send_with(&bad, options).await.unwrap();
    assert_eq!(case.sent(), 1);
}

#[tokio::test]
async fn a_deadline_bounds_the_whole_call() {
    let case = case((0..9).map(|_| Reply::silence()));
    let options = CallOptions::new().deadline(Duration::from_secs(90));
    let error = case
        .client
        .send_with(&DescribeAigcVideoTask::new("1"), options)
        .await
        .unwrap_err();
    assert_eq!(error.stopped(), Some(StopReason::Deadline));
    assert!(case.clock.monotonic() <= Duration::from_secs(90));
    assert!(error.elapsed() <= Duration::from_secs(90));
}

#[tokio::test]
async fn a_turn_that_comes_too_late_is_refused_at_once() {
    let case = case((0..20).map(|_| Reply::json(CREATED)));
    for _ in 0..10 {
        case.create().await.unwrap();
    }
    let options = CallOptions::new().deadline(Duration::from_millis(500));
    let request = CreateAigcVideoTask::new().prompt("a");
    let error = case.client.send_with(&request, options).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Timeout, Dispatch::NotSent)
    );
    assert_eq!(
        (error.stopped(), case.sent()),
        (Some(StopReason::Deadline), 10)
    );
}

/// Sent at the deadline, or just before it, a create is cut off before its answer and in doubt.
#[tokio::test]
async fn a_create_is_not_sent_when_the_deadline_leaves_no_time_for_its_answer() {
    let case = case((0..20).map(|_| Reply::json(CREATED)));
    for _ in 0..10 {
        case.create().await.unwrap();
    }
    // The eleventh turn comes after a second and the fence.
    for limit in [0, 1_050, 1_200] {
        let limit = Duration::from_millis(limit);
        let options = CallOptions::new().deadline(limit);
        let request = CreateAigcVideoTask::new().prompt("a");
        let error = case.client.send_with(&request, options).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.dispatch(), error.stopped()),
            (
                ErrorKind::Timeout,
                Dispatch::NotSent,
                Some(StopReason::Deadline)
            )
        );
        assert_eq!((case.sent(), error.elapsed()), (10, Duration::ZERO));
    }
    let options = CallOptions::new().deadline(Duration::from_secs(2));
    let request = CreateAigcVideoTask::new().prompt("a");
    case.client.send_with(&request, options).await.unwrap();
    assert_eq!(case.sent(), 11);
}

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
async fn an_untyped_call_is_careful_unless_told_otherwise() {
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

#[tokio::test]
async fn the_retry_budget_ends_a_storm() {
    let transport = ScriptedTransport::new((0..2_000).map(|_| Reply::reset()));
    let client = Client::builder()
        .credentials(Credentials::new("i", "k"))
        .transport(transport)
        .clock(Arc::new(TestClock::new(NOW).auto_advance()))
        .retry(RetryPolicy::default().max_attempts(1_000))
        .deadline(Duration::from_secs(1_000_000))
        .build()
        .unwrap();
    let error = client
        .send(&DescribeAigcVideoTask::new("1"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.stopped(), error.attempts()),
        (Some(StopReason::BudgetUsed), 101)
    );
}

#[tokio::test]
async fn secrets_and_prompts_stay_out_of_every_text() {
    let texts = |error: &Error| format!("{error} {error:?} {:?}", error.hint());
    for reply in [
        Reply::reset(),
        Reply::service_error("AuthFailure.SignatureFailure", "no"),
        Reply::json("[]"),
    ] {
        let case = case([reply]);
        let error = case.create().await.unwrap_err();
        let all = format!("{} {:?}", texts(&error), case.client);
        assert!(!all.contains(SECRET) && !all.contains(PROMPT), "{all}");
    }
}

#[tokio::test]
async fn an_error_is_one_line_with_action_code_message_and_request_id() {
    let case = case([Reply::service_error(
        "InvalidParameter.ViolationContent",
        "the prompt\nwas refused",
    )]);
    let error = case.create().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "CreateAigcVideoTask: InvalidParameter.ViolationContent: the prompt was refused (request id scripted)"
    );
}

/// The answer may repeat a prompt, so only its length is told.
#[tokio::test]
async fn an_error_debugs_as_all_it_knows_but_the_text_of_the_answer() {
    let case = case([Reply::json(r#"["a prompt"]"#)]);
    let error = case.create().await.unwrap_err();
    assert_eq!(error.excerpt(), Some(r#"["a prompt"]"#));
    let text = format!("{error:?}");
    for known in [
        r#"action: Some("CreateAigcVideoTask")"#,
        "dispatch: Unknown",
        "http_status: Some(200)",
        "excerpt_bytes: Some(12)",
        "attempts: 1",
        "stopped: Some(InDoubt)",
    ] {
        assert!(text.contains(known), "{known} in {text}");
    }
    assert!(!text.contains("a prompt"), "{text}");
}

#[test]
fn a_builder_debugs_as_where_calls_go_and_not_as_who_signs() {
    let builder = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", SECRET))
        .region("ap-guangzhou");
    let text = format!("{builder:?}");
    assert!(text.contains("ap-guangzhou"), "{text}");
    assert!(
        !text.contains("AKIDEXAMPLE") && !text.contains(SECRET),
        "{text}"
    );
}

#[test]
fn a_client_without_credentials_says_what_is_missing() {
    let error = Client::builder().build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(error.hint().is_some());
}

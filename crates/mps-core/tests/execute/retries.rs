//! Retries: pauses, budget, throttling, clock and token.

use std::{sync::Arc, time::Duration};

use mps_core::{
    Client, Dispatch, StopReason,
    clock::{Clock as _, TestClock},
    credentials::Credentials,
    retry::{RetryBudget, RetryPolicy},
    transport::{Reply, ScriptedTransport},
};
use mps_models::{AigcTaskStatus, CreateAigcVideoTask, DescribeAigcVideoTask};

use crate::support::{CREATED, NOW, RUNNING, case};

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
async fn a_retry_after_may_be_a_date() {
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
async fn a_retry_after_beyond_the_deadline_ends_the_call_at_once() {
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
async fn a_retry_after_applies_to_one_pause_only() {
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

//! Outcomes of a call: headers, dispatch, preflight and deadline.

use std::time::Duration;

use mps_core::{
    CallOptions, Dispatch, ErrorKind, PreflightLevel, StopReason, clock::Clock as _,
    transport::Reply,
};
use mps_models::{CreateAigcVideoTask, DescribeAigcVideoTask};

use crate::support::{CREATED, case};

#[tokio::test]
async fn a_create_has_the_documented_headers() {
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
async fn a_permit_after_the_deadline_is_refused_at_once() {
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
    // The eleventh slot is a second and the tolerance of starts later.
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

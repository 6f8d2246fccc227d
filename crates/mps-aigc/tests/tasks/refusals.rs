//! Refused polls, of own and of foreign tasks.

use std::{sync::Arc, time::Duration};

use mps_aigc::{Advice, Aigc, ErrorKind, Task, Video, credentials::CredentialsError};
use mps_core::{
    clock::{Clock as _, TestClock},
    transport::{Reply, ScriptedTransport},
};

use super::{Case, answer, case, done, request, status};

const REFUSALS: [&str; 3] = [
    "AuthFailure.SignatureFailure",
    "ResourceNotFound.TaskNotFound",
    "InvalidParameterValue",
];

/// A task that was created, with the answers of its polls.
async fn created(polls: impl IntoIterator<Item = Reply>) -> (Case, Task<Video>) {
    let case = case(std::iter::once(answer(r#""TaskId":"7""#)).chain(polls));
    let task = case.aigc.video().create(&request()).await.unwrap();
    (case, task)
}

#[tokio::test]
async fn single_refusals_after_an_own_create_do_not_end_the_wait() {
    for code in REFUSALS {
        let refused = || Reply::service_error(code, "no");
        // Four in a row, and more than five in all.
        let polls = [
            vec![refused(), refused(), refused(), refused(), status("RUN")],
            vec![refused(), refused(), Reply::reset(), refused(), done()],
        ];
        let (_case, task) = created(polls.into_iter().flatten()).await;
        task.until_done()
            .await
            .unwrap_or_else(|error| panic!("{code}: {error}"));
    }
}

#[tokio::test]
async fn refusals_for_a_minute_end_the_wait_for_an_own_task_and_keep_the_id() {
    for (code, kind) in REFUSALS.into_iter().zip([
        ErrorKind::Credentials,
        ErrorKind::NotFound,
        ErrorKind::InvalidRequest,
    ]) {
        let polls = (0..200).map(|_| Reply::service_error(code, "no"));
        let (case, task) = created(polls).await;
        let error = task.until_done().await.unwrap_err();
        assert_eq!((error.kind(), error.task_id()), (kind, Some("7")), "{code}");
        assert_eq!(error.call().unwrap().code(), Some(code));
        let seconds = case.clock.monotonic().as_secs();
        assert!((60..75).contains(&seconds), "{code}: {seconds} s");
    }
}

#[tokio::test]
async fn an_unknown_foreign_id_ends_the_wait_at_once() {
    let unknown = || Reply::service_error("ResourceNotFound.TaskNotFound", "no");
    let case = case([unknown(), done()]);
    let error = case.aigc.video().task("7").until_done().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::NotFound, Some("7"))
    );
    assert_eq!(case.transport.requests().len(), 1);
    assert_eq!(error.advice(), Advice::FixRequest);
}

#[tokio::test]
async fn a_foreign_id_that_the_service_has_described_is_not_unknown_after_one_answer() {
    let unknown = || Reply::service_error("ResourceNotFound.TaskNotFound", "no");
    let case = case([status("RUN"), unknown(), unknown(), done()]);
    case.aigc.video().task("7").until_done().await.unwrap();
}

#[tokio::test]
async fn other_refusals_do_not_end_the_wait_for_a_foreign_id_before_its_deadline() {
    for code in ["AuthFailure.SignatureFailure", "InvalidParameterValue"] {
        let case = case((0..1_000).map(|_| Reply::service_error(code, "no")));
        let error = case.aigc.video().task("7").until_done().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.task_id()),
            (ErrorKind::WaitTimedOut, Some("7"))
        );
        assert_eq!(case.clock.monotonic().as_secs(), 1_800);
    }
}

#[tokio::test]
async fn missing_credentials_end_the_wait_for_a_foreign_id_at_once() {
    let transport = ScriptedTransport::new([]);
    let builder = Aigc::builder()
        .credentials(CredentialsError::absent("nowhere"))
        .transport(transport)
        .clock(Arc::new(TestClock::new(0).auto_advance()));
    let aigc = Aigc::from_builder(builder).unwrap();
    let error = aigc.video().task("7").until_done().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert_eq!(aigc.client().clock().monotonic(), Duration::ZERO);
}

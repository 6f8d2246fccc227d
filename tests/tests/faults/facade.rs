//! The facade under faults: odd answers, and callers that go away.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use mps_aigc::{Advice, Aigc, CallHandle, CallOptions, ErrorKind, Video};
use mps_core::{CallEnd, Observer, clock::timeout};
use mps_emulator::{Emulator, Fault, Service};
use mps_models::CreateAigcVideoTask;
use serde_json::json;

use crate::support::fail;

mod downloads;

/// On tokio's paused clock, so that waiting takes no time.
struct World {
    service: Service,
    aigc: Aigc,
    folder: tempfile::TempDir,
}

/// Records the task id of every call that ends after its caller went away.
#[derive(Debug, Default)]
struct Ends(Mutex<Vec<Option<String>>>);

impl Observer for Ends {
    fn ended(&self, end: &CallEnd<'_>) {
        if end.detached {
            self.0.lock().unwrap().push(end.task_id());
        }
    }
}

impl World {
    fn new() -> Self {
        let service = Emulator::builder().service();
        let client = service.client().unwrap();
        Self {
            aigc: Aigc::from(client.build().unwrap()),
            service,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    async fn video(&self) -> mps_aigc::Task<Video> {
        let request = CreateAigcVideoTask::new().prompt("a cat");
        self.aigc.video().create(&request).await.unwrap()
    }

    fn now(&self) -> Duration {
        self.aigc.client().clock().monotonic()
    }

    fn assert_billed_once(&self) {
        let bill = self.service.bill();
        assert_eq!((bill.creates, bill.duplicates), (1, 0));
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cat.mp4")
    }

    /// The file as the service has it.
    fn file(&self, url: &str) -> Bytes {
        let path = url.strip_prefix(self.service.endpoint()).unwrap();
        let request = Request::get(path).body(Bytes::new()).unwrap();
        self.service.handle(request).into_body()
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_outlasts_every_odd_answer() {
    for rule in [
        json!({"kind": "unknown_status", "times": 3}),
        json!({"kind": "nulls", "times": 3}),
        json!({"kind": "html", "times": 3}),
        json!({"kind": "reset_after_read", "times": 3}),
        json!({"kind": "refuse", "code": "InternalError", "times": 6}),
        json!({"kind": "throttle", "times": 6}),
        json!({"kind": "delay", "delay": "2min", "times": 2}),
        json!({"kind": "content_type", "probability": 0.5}),
        json!({"kind": "done_without_url", "times": 3}),
        // A single refusal after a create of our own, and several with answers in between.
        json!({"kind": "refuse", "code": "ResourceNotFound.TaskNotFound", "times": 1}),
        json!({"kind": "refuse", "code": "InvalidParameterValue", "times": 4}),
        json!({"kind": "refuse", "code": "AuthFailure.SignatureFailure", "times": 4}),
    ] {
        let world = World::new();
        let task = world.video().await;
        fail(&world.service, &rule);
        let done = task
            .until_done()
            .await
            .unwrap_or_else(|error| panic!("{rule}: {error}"));
        assert_eq!(done.snapshot().status, "DONE", "{rule}");
        assert_eq!(done.snapshot().urls.len(), 1, "{rule}");
        world.assert_billed_once();
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_for_a_minute_end_the_wait_and_keep_the_id() {
    for (code, kind) in [
        ("ResourceNotFound.TaskNotFound", ErrorKind::NotFound),
        ("InvalidParameterValue", ErrorKind::InvalidRequest),
        ("AuthFailure.SignatureFailure", ErrorKind::Credentials),
    ] {
        let world = World::new();
        let task = world.video().await;
        fail(&world.service, &json!({"kind": "refuse", "code": code}));
        let begin = world.now();
        let error = task.until_done().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.task_id()),
            (kind, Some(task.id())),
            "{code}"
        );
        let waited = world.now().saturating_sub(begin).as_secs();
        assert!((60..75).contains(&waited), "{code}: {waited} s");
        world.service.clear_faults();
        task.until_done().await.unwrap();
        world.assert_billed_once();
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_the_service_does_not_know_ends_the_wait_at_once() {
    let world = World::new();
    let task = world.aigc.video().task("2600000000-AigcVideo-0f");
    let begin = world.now();
    let error = task.until_done().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::NotFound, Some(task.id()))
    );
    let waited = world.now().saturating_sub(begin);
    assert!(waited < Duration::from_secs(2), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_status_that_stays_unknown_lasts_until_the_deadline_and_the_task_lives_on() {
    let world = World::new();
    let task = world.video().await;
    fail(
        &world.service,
        &json!({"kind": "unknown_status", "value": "ARCHIVED"}),
    );
    let mut seen = Vec::new();
    let options = mps_aigc::WaitOptions::new().timeout(Duration::from_secs(60));
    let error = task
        .until_done_with(options, |event| {
            seen.extend(event.snapshot().map(|snapshot| snapshot.status.clone()));
        })
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::WaitTimedOut, Some(task.id()))
    );
    assert_eq!(seen, ["ARCHIVED"]);
    world.service.clear_faults();
    task.until_done().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_done_task_without_a_url_ends_the_wait_after_half_a_minute() {
    let world = World::new();
    let task = world.video().await;
    world.service.fail(Fault::done_without_url()).unwrap();
    let error = task.until_done().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::Unfetchable, Some(task.id()))
    );
    world.service.clear_faults();
    let done = task.until_done().await.unwrap();
    let files = done.results().save_all(world.path()).await.unwrap();
    assert_eq!(files.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_caller_goes_away_is_found_and_billed_once() {
    let world = World::new();
    let slow = Fault::delay(Duration::from_secs(10)).action("CreateAigcVideoTask");
    world.service.fail(slow.times(1)).unwrap();
    let (video, handle) = (world.aigc.video(), CallHandle::new());
    let ends = Arc::new(Ends::default());
    let options = CallOptions::new().handle(handle.clone());
    let request = CreateAigcVideoTask::new().prompt("a cat");
    let create = video.create_with(&request, options.observer(ends.clone()));
    let clock = world.aigc.client().clock().clone();
    let caller = timeout(&*clock, Duration::from_secs(2), create).await;
    assert!(caller.is_none(), "the caller went away first");
    let in_flight = world.aigc.drain(Duration::from_secs(1)).await;
    assert_eq!(in_flight.len(), 1);
    let in_flight = world.aigc.drain(Duration::from_secs(60)).await;
    assert!(in_flight.is_empty());
    let task = video.created_by(&handle).await.unwrap();
    assert_eq!(*ends.0.lock().unwrap(), [Some(task.id().to_owned())]);
    task.until_done().await.unwrap();
    world.assert_billed_once();
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_caller_goes_away_in_a_retry_pause_is_not_sent_again() {
    let world = World::new();
    let throttled = Fault::throttle().action("CreateAigcVideoTask");
    world.service.fail(throttled).unwrap();
    let (video, handle) = (world.aigc.video(), CallHandle::new());
    let request = CreateAigcVideoTask::new().prompt("a cat");
    let create = video.create_with(&request, CallOptions::new().handle(handle.clone()));
    let clock = world.aigc.client().clock().clone();
    let caller = timeout(&*clock, Duration::from_secs(2), create).await;
    assert!(caller.is_none(), "the caller went away first");
    world.service.clear_faults();
    let error = video.created_by(&handle).await.unwrap_err();
    assert_eq!(
        (error.advice(), error.task_id()),
        (Advice::RetryLater, None)
    );
    assert!(world.aigc.drain(Duration::from_secs(60)).await.is_empty());
    assert_eq!(world.service.bill().creates, 0);
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_is_null_or_lost_is_in_doubt_and_billed_once() {
    for fault in [
        Fault::nulls(),
        Fault::reply_lost(),
        Fault::truncate(),
        Fault::html().executed(),
    ] {
        let world = World::new();
        world
            .service
            .fail(fault.action("CreateAigcVideoTask").times(1))
            .unwrap();
        let request = CreateAigcVideoTask::new().prompt("a cat");
        let error = world.aigc.video().create(&request).await.unwrap_err();
        assert!(error.in_doubt(), "{error}");
        assert_eq!(error.advice(), Advice::LookFirst);
        world.assert_billed_once();
    }
}

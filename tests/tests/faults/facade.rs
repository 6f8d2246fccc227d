//! What a person who makes videos sees: answers that are odd, and downloads that are slow or break.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use http::Request;
use mps_aigc::{Aigc, ErrorKind, Video};
use mps_emulator::{Emulator, Fault, Service};
use mps_models::CreateAigcVideoTask;
use serde_json::{Value, json};

use crate::support::fail;

/// On tokio's paused clock, so that waiting takes no time.
struct World {
    service: Service,
    aigc: Aigc,
    folder: tempfile::TempDir,
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
    ] {
        let world = World::new();
        let task = world.video().await;
        fail(&world.service, &rule);
        let done = task
            .wait()
            .await
            .unwrap_or_else(|error| panic!("{rule}: {error}"));
        assert_eq!(done.snapshot().status, "DONE", "{rule}");
        assert_eq!(
            (
                world.service.bill().creates,
                world.service.bill().duplicates
            ),
            (1, 0)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_that_stays_unknown_ends_with_the_wait_and_the_task_lives_on() {
    let world = World::new();
    let task = world.video().await;
    fail(
        &world.service,
        &json!({"kind": "unknown_status", "value": "ARCHIVED"}),
    );
    let mut seen = Vec::new();
    let options = mps_aigc::WaitOptions::new().timeout(Duration::from_secs(60));
    let error = task
        .wait_with(options, |snapshot| seen.push(snapshot.status.clone()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::WaitTimedOut, Some(task.id()))
    );
    assert_eq!(seen, ["ARCHIVED"]);
    world.service.clear_faults();
    task.wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_done_without_a_url_can_be_asked_again() {
    let world = World::new();
    let task = world.video().await;
    world
        .service
        .fail(Fault::done_without_url().times(1))
        .unwrap();
    let done = task.wait().await.unwrap();
    let error = done.download(world.path()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::Unfetchable, Some(task.id()))
    );
    assert_eq!(world.files(), 0);
    let files = task
        .wait()
        .await
        .unwrap()
        .download(world.path())
        .await
        .unwrap();
    assert_eq!(files.len(), 1);
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
        assert_eq!(
            (
                world.service.bill().creates,
                world.service.bill().duplicates
            ),
            (1, 0)
        );
    }
}

/// What a download comes to, and from where it was resumed.
async fn fetch(rule: &Value) -> (Result<(), ErrorKind>, Vec<Option<String>>) {
    let world = World::new();
    let done = world.video().await.wait().await.unwrap();
    let whole = world.file(&done.snapshot().urls[0]);
    let mut rule = rule.clone();
    rule["action"] = "download".into();
    fail(&world.service, &rule);
    let result = done.download(world.path()).await;
    if let Ok(files) = &result {
        assert_eq!(std::fs::read(&files[0].path).unwrap(), whole, "{rule}");
        assert_eq!(files[0].bytes, whole.len() as u64, "{rule}");
        assert_eq!(files[0].sha256, sha256(&whole), "{rule}");
        assert_eq!(world.files(), 1, "{rule}: nothing else is left behind");
    }
    // The first one was our own look at the file.
    let downloads = world.service.downloads().into_iter().skip(1);
    let ranges = downloads.map(|download| download.range).collect();
    (result.map(|_| ()).map_err(|error| error.kind()), ranges)
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[tokio::test(start_paused = true)]
async fn a_slow_or_broken_download_arrives_whole() {
    let none = || vec![None];
    let again = || vec![None, None];
    let resumed = |from: usize| vec![None, Some(format!("bytes={from}-"))];
    for (rule, ranges) in [
        (json!({"kind": "delay", "delay": "1min"}), none()),
        (
            json!({"kind": "drip", "pieces": 50, "delay": "10s"}),
            none(),
        ),
        (
            json!({"kind": "content_type", "content_type": "application/octet-stream"}),
            none(),
        ),
        (
            json!({"kind": "truncate", "after": 1000, "times": 1}),
            resumed(1_000),
        ),
        (json!({"kind": "truncate", "after": 0, "times": 1}), again()),
        (json!({"kind": "reset_before_read", "times": 1}), again()),
        (json!({"kind": "reset_after_read", "times": 1}), again()),
        (json!({"kind": "reply_lost", "times": 1}), again()),
        (json!({"kind": "close_idle", "times": 1}), again()),
        (json!({"kind": "http", "status": 503, "times": 1}), again()),
        (json!({"kind": "html", "times": 1}), again()),
        (json!({"kind": "html", "status": 200, "times": 1}), again()),
    ] {
        assert_eq!(fetch(&rule).await, (Ok(()), ranges), "{rule}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_download_that_breaks_again_and_again_goes_on_where_it_stopped() {
    let (result, ranges) = fetch(&json!({"kind": "truncate", "after": 500, "times": 4})).await;
    assert_eq!(result, Ok(()));
    let from = |from: usize| Some(format!("bytes={from}-"));
    assert_eq!(
        ranges,
        [None, from(500), from(1_000), from(1_500), from(2_000)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_download_that_never_comes_ends_with_an_error() {
    for (rule, kind, attempts) in [
        (json!({"kind": "reply_lost"}), ErrorKind::Download, 6),
        (
            json!({"kind": "http", "status": 503}),
            ErrorKind::Download,
            6,
        ),
        (
            json!({"kind": "html", "status": 200}),
            ErrorKind::Download,
            6,
        ),
        (
            json!({"kind": "http", "status": 403}),
            ErrorKind::Unfetchable,
            1,
        ),
    ] {
        let (result, ranges) = fetch(&rule).await;
        assert_eq!((result, ranges.len()), (Err(kind), attempts), "{rule}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_download_comes_back_when_its_host_asks_it_to() {
    for (status, seconds) in [(503, 1), (503, 45), (429, 45)] {
        let world = World::new();
        let done = world.video().await.wait().await.unwrap();
        let rule = json!({"kind": "http", "status": status, "retry_after": seconds,
            "action": "download", "times": 1});
        fail(&world.service, &rule);
        done.download(world.path()).await.unwrap();
        let [first, second] = &world.service.downloads()[..] else {
            panic!("{rule}: not two downloads")
        };
        let pause = Duration::from_micros(second.at_us - first.at_us);
        assert!(pause >= Duration::from_secs(seconds), "{rule}: {pause:?}");
    }
    let rule = json!({"kind": "http", "status": 503, "retry_after": 600});
    assert_eq!(fetch(&rule).await, (Err(ErrorKind::Download), vec![None]));
}

#[tokio::test(start_paused = true)]
async fn a_result_that_expired_is_not_asked_for_twice() {
    let world = World::new();
    let done = world.video().await.wait().await.unwrap();
    let twelve_hours = Duration::from_secs(12 * 3_600);
    world.service.clock().advance(twelve_hours);
    let error = done.download(world.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unfetchable);
    assert_eq!(world.service.downloads().len(), 1);
    assert_eq!(world.files(), 0);
}

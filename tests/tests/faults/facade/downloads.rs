//! Slow and broken downloads, and downloads of expired results.

use std::time::Duration;

use mps_aigc::ErrorKind;
use serde_json::{Value, json};

use super::World;
use crate::support::{fail, sha256};

/// Returns the result of a download and the ranges that it requested.
async fn fetch(rule: &Value) -> (Result<(), ErrorKind>, Vec<Option<String>>) {
    let world = World::new();
    let done = world.video().await.until_done().await.unwrap();
    let whole = world.file(&done.snapshot().urls[0]);
    let mut rule = rule.clone();
    rule["action"] = "download".into();
    fail(&world.service, &rule);
    let result = done.results().save_all(world.path()).await;
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

#[tokio::test(start_paused = true)]
async fn a_slow_or_broken_download_arrives_whole() {
    let none = || vec![None];
    let again = || vec![None, None];
    let resumed = |from: usize| vec![None, Some(format!("bytes={from}-"))];
    for (rule, ranges) in [
        (json!({"kind": "delay", "delay": "1min"}), none()),
        (
            json!({"kind": "drip", "pieces": 50, "delay": "500ms"}),
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
        (json!({"kind": "wrong_body", "times": 1}), again()),
        (
            json!({"kind": "wrong_body", "body": "empty", "times": 1}),
            again(),
        ),
        (json!({"kind": "encoding", "times": 1}), again()),
        (json!({"kind": "redirect", "times": 1}), again()),
        (json!({"kind": "unasked_206", "times": 1}), again()),
        (
            json!({"kind": "no_length", "after": 1000, "times": 1}),
            again(),
        ),
        (json!({"kind": "no_length"}), none()),
    ] {
        assert_eq!(fetch(&rule).await, (Ok(()), ranges), "{rule}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_download_that_breaks_repeatedly_resumes_where_it_stopped() {
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
            ErrorKind::WrongContent,
            3,
        ),
        (
            json!({"kind": "wrong_body", "body": "xml"}),
            ErrorKind::WrongContent,
            3,
        ),
        (json!({"kind": "encoding"}), ErrorKind::WrongContent, 3),
        (json!({"kind": "redirect"}), ErrorKind::Unfetchable, 6),
        (json!({"kind": "unasked_206"}), ErrorKind::Download, 6),
        // Less than the minimum speed of 1 KiB a second.
        (
            json!({"kind": "drip", "pieces": 50, "delay": "10s"}),
            ErrorKind::Download,
            6,
        ),
        // The end of the file's own structure is missing.
        (
            json!({"kind": "no_length", "after": 1000}),
            ErrorKind::WrongContent,
            3,
        ),
        (
            json!({"kind": "http", "status": 403}),
            ErrorKind::Unfetchable,
            3,
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
        let done = world.video().await.until_done().await.unwrap();
        let rule = json!({"kind": "http", "status": status, "retry_after": seconds,
            "action": "download", "times": 1});
        fail(&world.service, &rule);
        done.results().save_all(world.path()).await.unwrap();
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
    let done = world.video().await.until_done().await.unwrap();
    let twelve_hours = Duration::from_secs(12 * 3_600);
    world.aigc.client().clock().sleep(twelve_hours).await;
    let error = done.results().save_all(world.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(world.service.downloads().len(), 1);
    assert_eq!(world.files(), 0);
}

//! From a task id to its files.

use std::time::Duration;

use mps_aigc::{Curves, Endpoint, TaskFamily, TaskHandle};
use mps_jobs::{
    State,
    ledger::{Caps, Filter, Finished, Timestamp},
};

use crate::support::*;

#[tokio::test]
async fn a_task_is_polled_done_and_fetched() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let row = create(&ledger, &batch, "task-1").await;
    ledger.polled(&row, "PROCESSING").await.unwrap();
    let item = get(&ledger, &row).await;
    assert_eq!(item.status.as_deref(), Some("PROCESSING"));

    let finished = Finished {
        status: Some("FINISH".to_owned()),
        expires: Some(Timestamp(99)),
        urls: vec![
            "https://host/a.mp4?sign=secret".to_owned(),
            "https://host/b.mp4".to_owned(),
        ],
    };
    assert!(ledger.done(&row, finished.clone()).await.unwrap());
    assert!(ledger.done(&row, finished).await.unwrap(), "idempotent");
    let soon = Filter {
        expires_before: Some(Timestamp(100)),
        states: vec![State::Done],
        ..Filter::default()
    };
    assert_eq!(ledger.list(&soon).await.unwrap().len(), 1);
    let saved = [saved_file("clips/a.mp4"), saved_file("clips/b.mp4")];
    assert!(ledger.fetched(&row, &saved).await.unwrap());
    assert!(ledger.fetched(&row, &saved).await.unwrap(), "idempotent");
    let files = ledger.files(&row).await.unwrap();
    let urls: Vec<_> = files.iter().map(|file| file.url.as_str()).collect();
    assert_eq!(urls, ["https://host/a.mp4", "https://host/b.mp4"]);
    assert_eq!(files[1].path.as_deref(), Some("clips/b.mp4"));
    assert_eq!(
        (files[1].bytes, files[1].sha256.as_deref()),
        (Some(3), Some("00"))
    );
    assert!(!ledger.expired(&row).await.unwrap());
    assert!(!ledger.failed(&row, answer("Failed")).await.unwrap());
    assert_eq!(get(&ledger, &row).await.state, State::Fetched);
}

#[tokio::test]
async fn pages_contain_every_row_once() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 25, Caps::default()).await;
    for n in 0..5 {
        claim_single(&ledger, &format!("key-{n}"), &format!("single {n}")).await;
    }
    for (batch, expected) in [(None, 30), (Some(batch), 25)] {
        let mut filter = Filter {
            batch,
            limit: 7,
            ..Filter::default()
        };
        let mut rows = Vec::new();
        loop {
            let page = ledger.list(&filter).await.unwrap();
            let Some(last) = page.last() else { break };
            filter.after = Some((last.added, last.row.clone()));
            rows.extend(page.into_iter().map(|item| item.row));
        }
        assert_eq!(rows.len(), expected);
        rows.sort();
        rows.dedup();
        assert_eq!(rows.len(), expected);
    }
    let claimed = Filter {
        states: vec![State::Intent, State::Sending],
        account: Some(ACCOUNT.to_owned()),
        endpoint: Some(ENDPOINT.to_owned()),
        ..Filter::default()
    };
    assert_eq!(ledger.list(&claimed).await.unwrap().len(), 5);
}

#[tokio::test]
async fn durations_of_an_endpoint_outlive_the_process() {
    let folder = folder();
    let ledger = open(&path_in(&folder)).await;
    let task = TaskHandle::new(TaskFamily::Video, "7").with_model("Hunyuan", None);
    let mut curves = Curves::new();
    (0..20).for_each(|_| curves.observe(&task, Duration::from_secs(90)));
    let service = Endpoint::default();
    ledger.keep_curves(&service, &curves).await.unwrap();
    ledger.keep_curves(&service, &Curves::new()).await.unwrap();
    drop(ledger);
    let ledger = open(&path_in(&folder)).await;
    let kept = ledger.curves(&service).await.unwrap();
    assert!(kept.estimate(&task, Duration::ZERO).is_some());
    let emulator = Endpoint::parse("http://127.0.0.1:8080").unwrap();
    assert!(ledger.curves(&emulator).await.unwrap().is_empty());
}

//! From a task id to its files.

use mps_jobs::{
    State,
    ledger::{Caps, FileRow, Filter, Finished, Timestamp},
};

use crate::support::*;

#[tokio::test]
async fn a_task_is_polled_done_and_fetched() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let row = create(&ledger, &batch, "task-1").await;
    ledger
        .polled(&row, "PROCESSING", Timestamp(7))
        .await
        .unwrap();
    let item = get(&ledger, &row).await;
    assert_eq!(
        (item.status.as_deref(), item.due),
        (Some("PROCESSING"), Some(Timestamp(7)))
    );

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
    let saved = FileRow {
        n: 1,
        url: "https://host/b.mp4?sign=secret".to_owned(),
        path: Some("clips/b.mp4".to_owned()),
        bytes: Some(3),
        etag: None,
        sha256: Some("00".to_owned()),
    };
    ledger.file_saved(&row, saved).await.unwrap();
    let files = ledger.files(&row).await.unwrap();
    let urls: Vec<_> = files.iter().map(|file| file.url.as_str()).collect();
    assert_eq!(urls, ["https://host/a.mp4", "https://host/b.mp4"]);
    assert_eq!(files[1].path.as_deref(), Some("clips/b.mp4"));

    assert!(ledger.fetched(&row).await.unwrap());
    assert!(ledger.fetched(&row).await.unwrap(), "idempotent");
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
async fn what_was_learned_outlives_the_process() {
    let folder = folder();
    let ledger = open(&path_in(&folder)).await;
    ledger.learn("Hunyuan 5 s", "[60,90,150]").await.unwrap();
    ledger.learn("Hunyuan 5 s", "[61,91,151]").await.unwrap();
    drop(ledger);
    let learned = open(&path_in(&folder)).await.learned().await.unwrap();
    assert_eq!(
        learned,
        [("Hunyuan 5 s".to_owned(), "[61,91,151]".to_owned())]
    );
}

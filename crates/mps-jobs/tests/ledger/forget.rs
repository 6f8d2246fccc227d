//! Forgetting and retention.

use std::{sync::Arc, time::Duration};

use mps_core::clock::TestClock;
use mps_jobs::{
    Ledger, State,
    ledger::{Answer, Caps, Finished, Forget, Timestamp},
};

use crate::support::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns `true` when a file of the ledger contains the text. The ledger must be closed: reading the
/// file would release SQLite's locks of this process.
fn is_anywhere(folder: &tempfile::TempDir, text: &str) -> bool {
    let files = std::fs::read_dir(folder.path()).unwrap();
    let mut files = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file());
    files.any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn forgotten_content_is_in_no_file() {
    let folder = folder();
    let ledger = open(&path_in(&folder)).await;
    let batch = import(&ledger, 2, Caps::default()).await;
    let row = create(&ledger, &batch, "task-1").await;
    ledger.done(&row, Finished::default()).await.unwrap();
    let saved = saved_file("/home/me/clips/zebra.mp4");
    ledger.fetched(&row, &[saved]).await.unwrap();
    let open_row = create(&ledger, &batch, "task-2").await;
    let forgotten = ledger
        .forget(Forget::Rows(vec![row.clone(), open_row.clone()]))
        .await
        .unwrap();
    assert_eq!(
        (forgotten.scrubbed, forgotten.open),
        (1, vec![open_row.clone()])
    );
    assert_eq!(ledger.body(&row).await.unwrap(), None);
    assert_eq!(ledger.files(&row).await.unwrap(), []);
    let item = get(&ledger, &row).await;
    assert_eq!(
        (item.state, item.task.as_deref(), item.ms),
        (State::Fetched, Some("task-1"), 5_000)
    );
    assert!(ledger.body(&open_row).await.unwrap().is_some());
    drop(ledger);
    assert!(!is_anywhere(&folder, "prompt 1"));
    assert!(!is_anywhere(&folder, "zebra"));
    assert!(is_anywhere(&folder, "prompt 2"));
}

#[tokio::test]
async fn contents_are_kept_for_30_days_and_rows_for_a_year() {
    let clock = Arc::new(TestClock::new(1_800_000_000));
    let ledger = Ledger::in_memory(clock.clone()).unwrap();
    let batch = import(&ledger, 3, Caps::default()).await;
    let ended = create(&ledger, &batch, "task-1").await;
    ledger.failed(&ended, answer("Failed")).await.unwrap();
    let running = create(&ledger, &batch, "task-2").await;
    let doubtful = claim(&ledger, &batch).await.token();
    ledger.arm(&doubtful).await.unwrap();
    ledger.in_doubt(&doubtful, Answer::default()).await.unwrap();

    clock.advance(DAY * 29);
    assert_eq!(ledger.retain().await.unwrap().scrubbed, 0);
    clock.advance(DAY * 2);
    // The other one's results are long gone.
    assert_eq!(ledger.retain().await.unwrap().scrubbed, 2);
    assert_eq!(get(&ledger, &running).await.state, State::Expired);
    assert_eq!(ledger.body(&ended).await.unwrap(), None);
    assert_eq!(ledger.retain().await.unwrap().scrubbed, 0);

    clock.advance(DAY * 340);
    assert_eq!(ledger.retain().await.unwrap().removed, 2);
    assert_eq!(ledger.get(&ended).await.unwrap(), None);
    let item = get(&ledger, &doubtful.row).await;
    assert_eq!(item.state, State::InDoubt);
    assert!(ledger.body(&doubtful.row).await.unwrap().is_some());
    let time = Timestamp::from(mps_core::clock::Clock::wall(&*clock));
    assert_eq!(
        ledger
            .forget(Forget::EndedBefore(time))
            .await
            .unwrap()
            .scrubbed,
        0
    );
}

#[tokio::test]
async fn numbers_of_events_are_given_once() {
    let clock = Arc::new(TestClock::new(1_800_000_000));
    let ledger = Ledger::in_memory(clock.clone()).unwrap();
    let batch = import(&ledger, 1, Caps::default()).await;
    let removed = create(&ledger, &batch, "task-1").await;
    ledger.failed(&removed, answer("Failed")).await.unwrap();
    let last = ledger.last_event().await.unwrap();
    clock.advance(DAY * 366);
    assert_eq!(ledger.retain().await.unwrap().removed, 1);
    claim_single(&ledger, "after", "a cat").await;
    let events = ledger.events_since(last, 10).await.unwrap();
    let states: Vec<_> = events.iter().map(|event| event.now).collect();
    assert_eq!(states, [State::Intent]);
}

#[tokio::test]
async fn removed_rows_do_not_come_back_from_the_seal() {
    let folder = folder();
    let path = path_in(&folder);
    let clock = Arc::new(TestClock::new(1_800_000_000));
    let open = async || {
        let ledger = Ledger::open(path.to_str().unwrap(), clock.clone()).await;
        ledger.unwrap()
    };
    let ledger = open().await;
    let batch = import(&ledger, 2, Caps::default()).await;
    let removed = create(&ledger, &batch, "task-1").await;
    ledger.failed(&removed, answer("Failed")).await.unwrap();
    clock.advance(DAY * 366);
    let kept = create(&ledger, &batch, "task-2").await;
    assert_eq!(ledger.retain().await.unwrap().removed, 1);
    drop(ledger);
    assert!(!is_anywhere(&folder, "task-1"));

    // A day later the whole seal is compared.
    clock.advance(DAY * 2);
    let ledger = open().await;
    assert_eq!(ledger.get(&removed).await.unwrap(), None);
    assert_eq!(get(&ledger, &kept).await.state, State::Created);
    create_after(&ledger).await;
}

/// The seal of a ledger that was written anew takes further lines.
async fn create_after(ledger: &Ledger) {
    let claim = claim_single(ledger, "after", "a cat").await.token();
    ledger.arm(&claim).await.unwrap();
}

#[tokio::test]
async fn content_that_is_sent_again_is_removed_again() {
    let clock = Arc::new(TestClock::new(1_800_000_000));
    let ledger = Ledger::in_memory(clock.clone()).unwrap();
    for _ in 0..2 {
        let claim = claim_single(&ledger, "key", "a cat").await;
        let token = claim.token();
        ledger.not_sent(&token, Answer::default()).await.unwrap();
        assert!(ledger.body(&token.row).await.unwrap().is_some());
        clock.advance(DAY * 31);
        assert_eq!(ledger.retain().await.unwrap().scrubbed, 1);
        assert_eq!(ledger.body(&token.row).await.unwrap(), None);
    }
}

//! One limit for all processes.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::limit::{LimitError, Limiter, PermitRequest, internals::WINDOW};
use mps_models::Effect;

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn processes_share_one_limit_and_a_later_one_knows_the_starts_of_the_others() {
    let case = Case::new();
    let one = case.process();
    // A new file looks like one that was deleted a moment ago.
    assert_eq!(case.start(&one).await, WAIT_AFTER_LOSS);
    assert_eq!(case.start(&one).await, Duration::ZERO);
    let other = case.process();
    assert_eq!(case.start(&other).await, Duration::ZERO);
    assert_eq!(case.start(&other).await, Duration::from_millis(1_050));
    assert_eq!(case.start(&one).await, Duration::ZERO);
    assert_eq!(case.worst_window(), 3);
    let stats = one.stats(ACTION).unwrap();
    assert_eq!((stats.granted, stats.waiting, stats.cancelled), (3, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_file_is_readable_by_its_owner_only_and_contains_no_secret() {
    let case = Case::new();
    case.start(&case.process()).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = case.file();
    assert_eq!((mode(&case.folder()), mode(&file)), (0o700, 0o600));
    let name = file.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(name.starts_with(ACTION), "{name}");
    let shown = format!("{:?}", case.process());
    assert!(shown.contains("FileStore { directory: "), "{shown}");
    for place in [name, &text, &shown] {
        assert!(!place.contains("AKID"), "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_account_and_another_action_have_files_of_their_own() {
    let case = Case::new();
    let process = case.process();
    case.start(&process).await;
    // An action that looks like a path is not used as one.
    let request =
        PermitRequest::new("../../CreateAigcVideoTask", Effect::PaidCreate, 1).max_wait(MINUTE);
    assert!(process.acquire(request).await.unwrap().start());
    assert_eq!(fs::read_dir(case.folder()).unwrap().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_cannot_wait_learns_the_wait_at_once() {
    let case = Case::new();
    let process = case.process();
    for _ in 0..3 {
        case.start(&process).await;
    }
    let before = case.now();
    match acquire(&process, WINDOW).await {
        Err(LimitError::TooLong(refused)) => {
            assert_eq!(refused.wait, Duration::from_millis(1_050));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(case.now(), before);
    assert_eq!(process.stats(ACTION).unwrap().too_long, 1);
}

#[tokio::test(start_paused = true)]
async fn callers_of_one_process_start_in_order_of_arrival() {
    let case = Case::new();
    let process = case.process();
    let (mut callers, started) = (
        tokio::task::JoinSet::new(),
        Arc::new(Mutex::new(Vec::new())),
    );
    for number in 0..20 {
        let (process, started) = (process.clone(), started.clone());
        callers.spawn(async move {
            assert!(acquire(&process, MINUTE).await.unwrap().start());
            started.lock().unwrap().push(number);
        });
    }
    callers.join_all().await;
    assert_eq!(*started.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn every_process_learns_of_throttling() {
    let case = Case::new();
    let (one, other) = (case.process(), case.process());
    case.start(&one).await;
    one.throttled(ACTION);
    for _ in 0..3 {
        case.start(&one).await;
    }
    case.start(&other).await;
    assert_eq!(
        other.stats(ACTION).unwrap().tolerance,
        Duration::from_millis(100)
    );
    assert_eq!(one.stats(ACTION).unwrap().throttled, 1);
    tokio::time::advance(Duration::from_secs(3)).await;
    case.start(&other).await;
    assert_eq!(
        other.stats(ACTION).unwrap().tolerance,
        Duration::from_millis(50)
    );
}

#[tokio::test(start_paused = true)]
async fn an_unused_permit_releases_its_slot_in_the_file() {
    let case = Case::new();
    let process = case.process();
    for _ in 0..2 {
        case.start(&process).await;
    }
    let before = fs::read(case.file()).unwrap();
    drop(acquire(&process, MINUTE).await.unwrap());
    assert_eq!(process.stats(ACTION).unwrap().released, 1);
    assert_eq!(fs::read(case.file()).unwrap(), before);
    assert_eq!(case.start(&process).await, Duration::ZERO);
}

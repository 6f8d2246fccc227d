//! The state in a file: an emulator continues after a stop or a kill.

use std::{fs, future::poll_fn, path::Path, sync::Arc, task::Poll, time::Duration};

use mps_core::clock::TestClock;
use mps_emulator::{Builder, Emulator, StartError};
use serde_json::Value;
use tempfile::TempDir;

use crate::call::{CREATE, Call, START, answer, cat, code};

async fn start(
    path: &Path,
    settings: impl FnOnce(Builder) -> Builder,
) -> Result<Emulator, StartError> {
    let clock = TestClock::new(START).auto_advance();
    let builder = Emulator::builder().clock(Arc::new(clock)).state_file(path);
    settings(builder).start().await
}

fn create(emulator: &Emulator) {
    let now = i64::try_from(START).unwrap();
    let now = now + i64::try_from(emulator.clock().now().as_secs()).unwrap();
    let call = Call::new(emulator.service(), CREATE, cat().to_string()).at(now);
    drop(emulator.service().handle(call.request()));
}

/// Waits until the file has the expected content, and returns it.
async fn written(path: &Path, is_there: impl Fn(&Value) -> bool) -> Value {
    let mut turns = 0;
    poll_fn(|cx| {
        let state = fs::read(path).ok();
        let state = state.map(|json| serde_json::from_slice(&json).unwrap());
        if let Some(state) = state.filter(&is_there) {
            return Poll::Ready(state);
        }
        turns += 1;
        assert!(turns < 10_000_000, "the state was never saved");
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

fn creates(state: &Value) -> usize {
    state["tasks"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_stopped_emulator_continues_from_its_state_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json");
    let first = start(&path, |builder| builder).await.unwrap();
    create(&first);
    first.clock().freeze();
    let keys = [first.secret_id().to_owned(), first.secret_key().to_owned()];
    let (tasks, bill, requests) = (first.tasks(), first.bill(), first.requests());
    first.stop().await.unwrap();

    let second = start(&path, |builder| builder).await.unwrap();
    assert_eq!(
        [second.secret_id(), second.secret_key()],
        [&keys[0], &keys[1]]
    );
    assert_eq!(
        (second.tasks(), second.bill(), second.requests()),
        (tasks, bill, requests)
    );
    assert!(second.clock().state().frozen);
    create(&second);
    let tasks = second.tasks();
    assert_eq!(tasks.len(), 2);
    assert_ne!(tasks[0].task_id, tasks[1].task_id);
    assert_eq!(
        tasks[0].task_id.split_once('-').unwrap().0,
        tasks[1].task_id.split_once('-').unwrap().0,
        "it is still the same account"
    );
}

#[tokio::test]
async fn a_killed_emulator_has_lost_no_more_than_a_moment() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json");
    let killed = start(&path, |builder| builder).await.unwrap();
    create(&killed);
    written(&path, |state| creates(state) == 1).await;
    killed.clock().advance(Duration::from_secs(3_600));
    let hour = |state: &Value| state["clock"]["now"]["secs"].as_u64() >= Some(3_600);
    written(&path, hour).await;
    // This process and its lock still exist; the next emulator gets a copy of the file.
    let left = folder.path().join("left.json");
    fs::copy(&path, &left).unwrap();
    let next = start(&left, |builder| builder).await.unwrap();
    assert_eq!(next.bill().creates, 1);
    assert!(next.clock().now() >= Duration::from_secs(3_600));
}

/// Unsaved tasks are lost, but their ids must not name other tasks.
#[tokio::test]
async fn an_id_that_a_kill_lost_is_not_given_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json");
    let killed = start(&path, |builder| builder).await.unwrap();
    create(&killed);
    written(&path, |state| creates(state) == 1).await;
    let saved = folder.path().join("saved.json");
    fs::copy(&path, &saved).unwrap();
    create(&killed);
    let lost = killed.tasks()[1].task_id.clone();

    let next = start(&saved, |builder| builder).await.unwrap();
    create(&next);
    let tasks = next.tasks();
    assert_eq!(tasks.len(), 2);
    assert_ne!(tasks[1].task_id, lost);
}

#[tokio::test]
async fn a_dropped_emulator_saves_too() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json");
    let dropped = start(&path, |builder| builder).await.unwrap();
    create(&dropped);
    drop(dropped);
    written(&path, |state| creates(state) == 1).await;
}

#[tokio::test]
async fn given_keys_are_not_written_and_only_the_owner_can_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json");
    let given = |builder: Builder| {
        builder
            .credentials("AKIDmine", "my-own-key")
            .token("my-own-token")
            .account("AKIDother", "another-key")
            .temporary(
                "AKIDtemp",
                "temporary-key",
                "a-token",
                Duration::from_secs(1),
            )
    };
    start(&path, given).await.unwrap().stop().await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for secret in ["AKID", "-key", "-token"] {
        assert!(!text.contains(secret), "{secret}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing else is left"
    );
}

/// Their time counts from the start, and not from when the state began.
#[tokio::test]
async fn temporary_credentials_are_good_again_for_a_later_emulator() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json");
    let given = |builder: Builder| {
        builder.temporary(
            "AKIDtemp",
            "temporary-key",
            "a-token",
            Duration::from_secs(1_800),
        )
    };
    let code_of_call = |emulator: &Emulator| {
        let now = emulator.clock().state().unix_seconds;
        let mut call = Call::new(emulator.service(), CREATE, cat().to_string()).at(now);
        call.secret_id = "AKIDtemp".to_owned();
        call.secret_key = "temporary-key".to_owned();
        call.more_headers = vec![("x-tc-token", "a-token")];
        code(&answer(emulator.service(), call.request()))
    };
    let first = start(&path, given).await.unwrap();
    assert_eq!(code_of_call(&first), "");
    first.clock().freeze();
    first.clock().advance(Duration::from_secs(1_800));
    assert_eq!(code_of_call(&first), "AuthFailure.TokenFailure");
    first.stop().await.unwrap();

    let second = start(&path, given).await.unwrap();
    assert_eq!(code_of_call(&second), "");
    second.clock().advance(Duration::from_secs(1_800));
    assert_eq!(code_of_call(&second), "AuthFailure.TokenFailure");
}

#[cfg(unix)]
#[tokio::test]
async fn of_two_emulators_with_one_file_the_second_does_not_start() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json");
    let first = start(&path, |builder| builder).await.unwrap();
    create(&first);
    let refused = start(&path, |builder| builder).await.unwrap_err();
    assert!(refused.is_state_file_in_use() && refused.is_about_state_file());
    let message = refused.to_string();
    let says = format!("another emulator keeps its state in {}", path.display());
    assert!(message.contains(&says), "{message}");

    // Each save puts another file in place.
    written(&path, |state| creates(state) == 1).await;
    let refused = start(&path, |builder| builder).await.unwrap_err();
    assert!(refused.is_state_file_in_use());
    first.stop().await.unwrap();
    let second = start(&path, |builder| builder).await.unwrap();
    assert_eq!(second.bill().creates, 1);
}

/// Found out at the start, and not when there is something to lose.
#[cfg(unix)]
#[tokio::test]
async fn an_unwritable_state_file_prevents_the_start() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("missing").join("state.json");
    let refused = start(&path, |builder| builder).await.unwrap_err();
    assert!(refused.is_about_state_file() && !refused.is_state_file_in_use());
    let message = refused.to_string();
    assert!(
        message.contains("cannot lock") && message.contains("missing"),
        "{message}"
    );
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json");
    for (text, says) in [
        ("", "no snapshot"),
        (
            "{\"schema\":\"mps.emulator-state/1\",\"seed\":\"x\"}",
            "`seed`",
        ),
        ("{\"schema\":\"mps.emulator-state/9\"}", "another version"),
    ] {
        fs::write(&path, text).unwrap();
        let error = start(&path, |builder| builder).await.unwrap_err();
        assert!(error.is_about_state_file());
        let message = error.to_string();
        assert!(
            message.contains(says) && message.contains(path.to_str().unwrap()),
            "{message}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let error = start(folder.path(), |builder| builder).await.unwrap_err();
    assert!(error.is_about_state_file() && std::error::Error::source(&error).is_some());
}

/// A device that is never at its end.
#[cfg(unix)]
#[tokio::test]
async fn a_state_file_that_is_no_regular_file_is_rejected() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json");
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    let error = start(&path, |builder| builder).await.unwrap_err();
    assert!(error.is_about_state_file());
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "it is not a regular file");
}

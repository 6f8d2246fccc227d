//! The crash table: a process is killed on each side of each commit, and the next one finds the row in
//! the expected state.
//!
//! The child process is this binary, running the ignored test `child` with its orders in the
//! environment.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(all(unix, feature = "failpoints"))]

#[path = "../../../../tests/src/bounded.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "public in the package of the tests, where more of it is used"
)]
mod bounded;
mod child;
mod table;

use std::{
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, ExitStatus},
};

use mps_core::clock::SystemClock;
use mps_jobs::{Ledger, State, ledger::Filter};

use self::table::{Edge, TABLE};

/// Runs an edge in a child process that ends at a failpoint.
fn run(edge: &str, failpoint: &str, path: &Path) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "child::child", "--ignored", "--quiet"])
        .env("LEDGER", path)
        .env("EDGE", edge)
        .env("FAILPOINT", failpoint)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    bounded::status(&mut command).unwrap()
}

/// Returns the state of the only row after the next process reaped it.
async fn state_after(path: &Path) -> Option<State> {
    let ledger = Ledger::open(path.to_str().unwrap(), SystemClock::shared())
        .await
        .unwrap();
    let shown = ledger.list(&Filter::default()).await.unwrap();
    ledger.reap().await.unwrap();
    let rows = ledger.list(&Filter::default()).await.unwrap();
    let states =
        |rows: &[mps_jobs::ledger::Item]| rows.iter().map(|row| row.state).collect::<Vec<_>>();
    let tasks = rows.iter().any(|row| row.state == State::Created);
    assert!(
        tasks || states(&shown) == states(&rows),
        "a listing shows the state after reaping"
    );
    for batch in ledger.batches().await.unwrap() {
        let held = rows
            .iter()
            .filter(|row| row.row.batch == batch.id && row.state.is_held());
        assert_eq!(
            batch.held_ms,
            held.map(|row| row.ms).sum::<i64>(),
            "{batch:?}"
        );
    }
    assert!(rows.len() <= 1);
    rows.first().map(|row| row.state)
}

async fn assert_edge(edge: &Edge) {
    for (failpoint, expected) in edge.crashes {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tasks.db");
        let status = run(edge.name, failpoint, &path);
        assert_eq!(
            status.signal(),
            Some(6),
            "{} did not reach {failpoint}",
            edge.name
        );
        let state = state_after(&path).await;
        assert_eq!(state, *expected, "{} killed at {failpoint}", edge.name);
    }
}

#[tokio::test]
async fn every_edge_survives_a_crash_on_each_side_of_its_commit() {
    for edge in TABLE {
        assert_edge(edge).await;
    }
}

#[tokio::test]
async fn every_edge_ends_in_its_state_without_a_crash() {
    for edge in TABLE {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tasks.db");
        assert!(
            run(edge.name, "nowhere.after", &path).success(),
            "{}",
            edge.name
        );
        let state = state_after(&path).await;
        let (_, expected) = edge.crashes.last().unwrap();
        assert_eq!(state, *expected, "{}", edge.name);
    }
}

#[tokio::test]
async fn forty_processes_open_an_empty_home_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("tasks.db");
    let children: Vec<_> = (0..40)
        .map(|n| {
            let path = path.clone();
            std::thread::spawn(move || run(&format!("single {n}"), "nowhere.after", &path))
        })
        .collect();
    for child in children {
        assert!(bounded::join(child).success());
    }
    let ledger = Ledger::open(path.to_str().unwrap(), SystemClock::shared())
        .await
        .unwrap();
    assert_eq!(ledger.list(&Filter::default()).await.unwrap().len(), 40);
}

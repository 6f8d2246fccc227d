//! The crash table on a PostgreSQL server: a process is killed on each side of each commit, and the next
//! one finds the row in the expected state.

use std::{
    env,
    os::unix::process::ExitStatusExt as _,
    process::{Command, ExitStatus, Stdio},
};

use mps_jobs::{State, ledger::Filter};
use mps_tests::{bounded, postgres::PostgresServer};

use crate::{
    store::{new_location, open, schema_of},
    table::TABLE,
};

/// Runs an edge in a child process that ends at a failpoint.
fn run(edge: &str, failpoint: &str, location: &str) -> ExitStatus {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "child::child", "--ignored", "--quiet"])
        .env("LEDGER", location)
        .env("EDGE", edge)
        .env("FAILPOINT", failpoint)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    bounded::status(&mut command).unwrap()
}

/// Returns the state of the only row once the leases of the ended process are over.
async fn state_after(server: &PostgresServer, location: &str) -> Option<State> {
    let ledger = open(location).await;
    let over = format!(
        "UPDATE {}.item SET lease = 1 WHERE lease > 1",
        schema_of(location)
    );
    server.sql(&over).unwrap();
    ledger.reap().await.unwrap();
    let rows = ledger.list(&Filter::default()).await.unwrap();
    for batch in ledger.batches().await.unwrap() {
        let held = rows
            .iter()
            .filter(|row| row.row.batch == batch.id && row.state.is_held());
        let held: i64 = held.map(|row| row.ms).sum();
        assert_eq!(batch.held_ms, held, "{batch:?}");
    }
    assert!(rows.len() <= 1);
    rows.first().map(|row| row.state)
}

#[tokio::test]
async fn every_edge_survives_a_crash_on_each_side_of_its_commit() {
    let Some(server) = PostgresServer::shared().unwrap() else {
        return;
    };
    for edge in TABLE {
        for (failpoint, expected) in edge.crashes {
            if failpoint.starts_with("identify") {
                // One transaction with the migration.
                continue;
            }
            let location = new_location(&server.url());
            let status = run(edge.name, failpoint, &location);
            let place = format!("{} killed at {failpoint}", edge.name);
            assert_eq!(status.signal(), Some(6), "{place}: not reached");
            assert_eq!(state_after(server, &location).await, *expected, "{place}");
        }
    }
}

//! Servers that are stopped, restarted or restored in the middle of a run.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use mps_tests::postgres::{PostgresServer, Stop};

use crate::{Plan, Run, server, with_seal};

/// Changes a server without blocking the emulator.
async fn change(
    server: &Arc<Mutex<PostgresServer>>,
    change: impl FnOnce(&mut PostgresServer) + Send + 'static,
) {
    let server = server.clone();
    let changed = tokio::task::spawn_blocking(move || change(&mut server.lock().unwrap()));
    changed.await.unwrap();
}

/// Runs with a change of the server in the middle, which people accept if they have to.
async fn with_a_change(
    prepare: impl FnOnce(&mut PostgresServer) -> PathBuf + Send + 'static,
    middle: impl FnOnce(&mut PostgresServer, PathBuf) + Send + 'static,
    is_failover: bool,
) {
    let Some(server) = server() else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = server.url();
    let server = Arc::new(Mutex::new(server));
    // Those that wait for acceptance must not have sent all rows before, however long the change takes.
    let rows = if is_failover { 200 } else { 90 };
    let plan = Plan { rows, kills: 4 };
    let mut run = Run::new(with_seal(&url, &folder), url, plan.rows).await;
    run.wait_for(20).await;
    let prepared = Arc::new(Mutex::new(PathBuf::new()));
    let kept = prepared.clone();
    change(&server, move |server| {
        *kept.lock().unwrap() = prepare(server);
    })
    .await;
    run.wait_for(45).await;
    let prepared = prepared.lock().unwrap().clone();
    change(&server, move |server| middle(server, prepared)).await;
    if is_failover {
        assert!(run.creates() < plan.rows, "no row was left to start");
        run.wait_for_silence().await;
        assert!(run.creates() < plan.rows, "started without acceptance");
        run.accept_failover().await;
    }
    run.finish(plan).await.assert_sound();
}

#[tokio::test]
async fn a_server_that_stops_and_restarts_in_the_middle_loses_nothing() {
    let nothing = |_: &mut PostgresServer| PathBuf::new();
    with_a_change(
        nothing,
        |server, _| {
            for how in [Stop::Crash, Stop::Orderly] {
                server.stop(how).unwrap();
                server.run().unwrap();
            }
        },
        false,
    )
    .await;
}

#[tokio::test]
async fn a_base_backup_that_is_restored_in_the_middle_loses_nothing() {
    with_a_change(
        |server| server.base_backup("backup").unwrap(),
        |server, backup| {
            server.stop(Stop::Crash).unwrap();
            server.restore(&backup).unwrap();
            server.run().unwrap();
        },
        true,
    )
    .await;
}

#[tokio::test]
async fn a_data_folder_that_is_copied_back_in_the_middle_loses_nothing() {
    with_a_change(
        |server| {
            server.stop(Stop::Orderly).unwrap();
            let copy = server.copy_data("copy").unwrap();
            server.run().unwrap();
            copy
        },
        |server, copy| {
            server.stop(Stop::Orderly).unwrap();
            server.restore(&copy).unwrap();
            server.run().unwrap();
        },
        true,
    )
    .await;
}

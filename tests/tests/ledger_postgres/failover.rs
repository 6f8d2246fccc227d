//! A server that was failed over or restored: nothing is started until it is accepted, and no send that
//! it forgot reads as unsent.

use mps_jobs::{
    Ledger, LedgerErrorKind, State,
    ledger::{Answer, BatchId, Caps, RowId},
};
use mps_tests::postgres::{PostgresServer, Stop};

use crate::{
    store::{new_host, new_location, open},
    support::{claim, get, import},
};

/// Sends the next row, and records its task id if it has one.
async fn send(ledger: &Ledger, batch: &BatchId, task: Option<&str>) -> RowId {
    let token = claim(ledger, batch).await.token();
    ledger.arm(&token).await.unwrap();
    if let Some(task) = task {
        let recorded = ledger.created(&token, task, Answer::default()).await;
        recorded.unwrap();
    }
    token.row
}

async fn assert_stopped(ledger: &Ledger, batch: &BatchId) {
    let error = ledger.claim(batch).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::FailedOver, "{error}");
    assert!(
        error.hint().unwrap().contains("Ledger::accept_failover"),
        "{error}"
    );
}

/// The location as a host without a seal of this ledger has it.
fn of_another_host(location: &str) -> String {
    let (rest, _) = location.split_once("&seal=").unwrap();
    format!("{rest}&seal={}", new_host().display())
}

/// Puts an older state of the server back by `restore`, while a process is running.
async fn with_an_older_state(
    server: &mut PostgresServer,
    copy: impl FnOnce(&mut PostgresServer) -> std::path::PathBuf,
) {
    let location = new_location(&server.url());
    let ledger = open(&location).await;
    let batch = import(&ledger, 5, Caps::default()).await;
    let before = send(&ledger, &batch, Some("task-before")).await;
    let older = copy(server);
    let answered = send(&ledger, &batch, Some("task-forgotten")).await;
    let unanswered = send(&ledger, &batch, None).await;
    server.stop(Stop::Crash).unwrap();
    server.restore(&older).unwrap();
    server.run().unwrap();

    assert_stopped(&ledger, &batch).await;
    // The process has replayed its seal meanwhile.
    assert_eq!(
        get(&ledger, &before).await.task.as_deref(),
        Some("task-before")
    );
    let forgotten = get(&ledger, &answered).await;
    assert_eq!(
        (forgotten.state, forgotten.task.as_deref()),
        (State::Created, Some("task-forgotten"))
    );
    assert_eq!(get(&ledger, &unanswered).await.state, State::InDoubt);
    // A host that never saw the ledger is stopped as well.
    let pod = open(&of_another_host(&location)).await;
    assert_stopped(&pod, &batch).await;
    // Also a process that starts now.
    let again = open(&location).await;
    assert_stopped(&again, &batch).await;

    again.accept_failover().await.unwrap();
    for process in [&ledger, &pod, &again] {
        let next = claim(process, &batch).await;
        assert!(next.item.row.seq > unanswered.seq, "{next:?}");
        let given_up = process.not_sent(&next.token(), Answer::default()).await;
        assert!(given_up.unwrap());
    }
    // It is accepted once.
    drop((ledger, pod, again));
    claim(&open(&location).await, &batch).await;
}

#[tokio::test]
async fn a_data_folder_that_is_copied_back_forgets_no_send() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    with_an_older_state(&mut server, |server| {
        server.stop(Stop::Orderly).unwrap();
        let copy = server.copy_data("copy").unwrap();
        server.run().unwrap();
        copy
    })
    .await;
}

#[tokio::test]
async fn a_restored_base_backup_forgets_no_send() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    with_an_older_state(&mut server, |server| server.base_backup("backup").unwrap()).await;
}

/// Its commit travels with the look at the server.
#[tokio::test]
async fn an_arm_on_a_restored_server_changes_nothing() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    let ledger = open(&new_location(&server.url())).await;
    let batch = import(&ledger, 2, Caps::default()).await;
    let claimed = claim(&ledger, &batch).await.token();
    let older = server.base_backup("backup").unwrap();
    send(&ledger, &batch, Some("task-forgotten")).await;
    server.stop(Stop::Crash).unwrap();
    server.restore(&older).unwrap();
    server.run().unwrap();
    let mut error = ledger.arm(&claimed).await.unwrap_err();
    if error.kind() == LedgerErrorKind::Unreachable {
        // The old connection has ended, and an arm is not tried again by itself.
        error = ledger.arm(&claimed).await.unwrap_err();
    }
    assert_eq!(error.kind(), LedgerErrorKind::FailedOver, "{error}");
    let state = get(&ledger, &claimed.row).await.state;
    // Planned once its lease is over.
    assert!(matches!(state, State::Intent | State::Planned), "{state}");
}

#[tokio::test]
async fn a_promoted_replica_is_used_once_it_is_accepted() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    let replica = server.replica().unwrap();
    // Both servers are named, so that processes find the new primary by themselves.
    let both = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres",
        server.port(),
        replica.port()
    );
    let location = new_location(&both);
    let ledger = open(&location).await;
    let batch = import(&ledger, 3, Caps::default()).await;
    let sent = send(&ledger, &batch, None).await;
    server.stop(Stop::Orderly).unwrap();
    replica.promote().unwrap();
    assert_stopped(&ledger, &batch).await;
    let state = get(&ledger, &sent).await.state;
    assert!(matches!(state, State::Sending | State::InDoubt), "{state}");
    ledger.accept_failover().await.unwrap();
    assert_ne!(send(&ledger, &batch, Some("task")).await, sent);
}

/// Not the order that the documentation asks for: the server is accepted before a host has replayed.
#[tokio::test]
async fn a_host_that_replays_after_the_acceptance_still_finds_its_sends_in_doubt() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    let location = new_location(&server.url());
    let ledger = open(&location).await;
    let batch = import(&ledger, 3, Caps::default()).await;
    server.stop(Stop::Orderly).unwrap();
    let copy = server.copy_data("copy").unwrap();
    server.run().unwrap();
    let sent = send(&ledger, &batch, None).await;
    drop(ledger);
    server.stop(Stop::Orderly).unwrap();
    server.restore(&copy).unwrap();
    server.run().unwrap();
    // A new pod sees nothing unusual, as documented, and a person accepts nothing.
    let pod = open(&of_another_host(&location)).await;
    pod.accept_failover().await.unwrap();
    drop(pod);
    let late = open(&location).await;
    assert_eq!(get(&late, &sent).await.state, State::InDoubt);
    let next = claim(&late, &batch).await;
    assert_ne!(next.item.row, sent);
}

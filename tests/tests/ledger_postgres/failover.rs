//! A server that was failed over or restored: nothing is started until it is accepted, and no send that
//! it forgot reads as unsent.

use std::{path::Path, slice::from_ref};

use mps_jobs::{
    Ledger, LedgerErrorKind, State,
    ledger::{Answer, BatchId, Caps, Finished, Forget, NewBatch, Resolution, RowId},
};
use mps_tests::postgres::{PostgresServer, Stop};

use crate::{
    store::{new_host, new_location, open, schema_of},
    support::{ACCOUNT, ENDPOINT, claim, get, import, row, single},
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

#[tokio::test]
async fn only_what_leads_to_a_send_waits_for_the_acceptance() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let location = new_location(&server.url());
    let ledger = &open(&location).await;
    let batch = &import(ledger, 2, Caps::default()).await;
    let (claimed, key) = (claim(ledger, batch).await.token(), "1".parse().unwrap());
    let of = &claimed.row;
    let schema = schema_of(&location);
    let stop = format!("INSERT INTO {schema}.meta VALUES ('failover', 'a test')");
    server.sql(&stop).unwrap();
    let kind = |error: mps_jobs::LedgerError| error.kind();
    for (operation, refusal) in [
        ("claim", ledger.claim(batch).await.err()),
        ("claim_row", ledger.claim_row(of).await.err()),
        ("arm", ledger.arm(&claimed).await.err()),
        ("recreate_now", ledger.recreate_now(of).await.err()),
        ("submit", ledger.submit(single("a", "b")).await.err()),
    ] {
        let refusal = refusal.map(kind);
        assert_eq!(refusal, Some(LedgerErrorKind::FailedOver), "{operation}");
    }
    // They may find another state of the row than they change: what they come to is tested elsewhere.
    let new = NewBatch {
        id: "other".parse().unwrap(),
        source: None,
    };
    let decision = Resolution::Abandon;
    let ended = [State::Failed];
    for (operation, refusal) in [
        ("renew", ledger.renew(from_ref(&claimed)).await.err()),
        ("disarm", ledger.disarm(&claimed).await.err()),
        (
            "created",
            ledger.created(&claimed, "t", Answer::default()).await.err(),
        ),
        (
            "in_doubt",
            ledger.in_doubt(&claimed, Answer::default()).await.err(),
        ),
        (
            "refused",
            ledger.refused(&claimed, Answer::default()).await.err(),
        ),
        (
            "not_sent",
            ledger.not_sent(&claimed, Answer::default()).await.err(),
        ),
        ("polled", ledger.polled(of, "RUN").await.err()),
        ("done", ledger.done(of, Finished::default()).await.err()),
        ("unsaved", ledger.unsaved(of, "a reason").await.err()),
        ("fetched", ledger.fetched(of, &[]).await.err()),
        ("failed", ledger.failed(of, Answer::default()).await.err()),
        ("expired", ledger.expired(of).await.err()),
        ("resolve", ledger.resolve(of, decision).await.err()),
        ("retry", ledger.retry(of).await.err()),
        ("retry_all", ledger.retry_all(batch, &ended).await.err()),
        ("create_batch", ledger.create_batch(new).await.err()),
        (
            "import",
            ledger.import(batch, vec![row("3", "c")]).await.err(),
        ),
        ("withdraw", ledger.withdraw(batch, vec![key]).await.err()),
        ("set_manifest", ledger.set_manifest(batch, "d").await.err()),
        (
            "bind",
            ledger
                .bind(batch, ACCOUNT, ENDPOINT, Caps::default())
                .await
                .err(),
        ),
        (
            "keep_folder",
            ledger.keep_folder(batch, Path::new("e")).await.err(),
        ),
        ("adopt", ledger.adopt(batch).await.err()),
        ("release", ledger.release(batch).await.err()),
        ("heartbeat", ledger.heartbeat().await.err()),
        (
            "forget",
            ledger.forget(Forget::Rows(vec![of.clone()])).await.err(),
        ),
        ("retain", ledger.retain().await.err()),
        ("status", ledger.status(batch, 1).await.err()),
    ] {
        let refusal = refusal.map(kind);
        assert_ne!(refusal, Some(LedgerErrorKind::FailedOver), "{operation}");
    }
}

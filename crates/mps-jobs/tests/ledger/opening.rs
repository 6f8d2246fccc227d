//! Opening ledgers: rights, places, damage, and many processes at once.

use std::{fs, os::unix::fs::PermissionsExt as _};

use mps_jobs::{
    Ledger, LedgerErrorKind, State,
    ledger::{Answer, Caps, Filter, Reaped},
};
use rusqlite::Connection;

use crate::{bounded, support::*};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn refused(path: &std::path::Path) -> (LedgerErrorKind, String) {
    let error = Ledger::open(path.to_str().unwrap(), clock())
        .await
        .unwrap_err();
    assert!(error.hint().is_some(), "{error}");
    (error.kind(), error.to_string())
}

#[tokio::test]
async fn files_are_private() {
    let folder = folder();
    let path = folder.path().join("state").join("tasks.db");
    let ledger = open(&path).await;
    claim_single(&ledger, "key", "a cat").await;
    let state = path.parent().unwrap();
    assert_eq!(mode(state), 0o700);
    for file in [
        "tasks.db",
        "tasks.db-wal",
        "tasks.db-shm",
        "tasks.db-seal",
        "tasks.db-lock",
    ] {
        assert_eq!(mode(&state.join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&state.join("tasks.db-workers")), 0o700);
}

#[tokio::test]
async fn links_and_files_that_others_can_write_are_refused() {
    let folder = folder();
    let path = path_in(&folder);
    drop(open(&path).await);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).unwrap();
    let (kind, text) = refused(&path).await;
    assert_eq!(kind, LedgerErrorKind::PermissionDenied);
    assert!(text.contains("can be written by others"), "{text}");
    // A file that others could only read is protected.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(open(&path).await);
    assert_eq!(mode(&path), 0o600);

    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(refused(&link).await.0, LedgerErrorKind::PermissionDenied);
    let directory = folder.path().join("directory.db");
    fs::create_dir(&directory).unwrap();
    assert_eq!(
        refused(&directory).await.0,
        LedgerErrorKind::PermissionDenied
    );

    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(refused(&path).await.0, LedgerErrorKind::PermissionDenied);
}

#[tokio::test]
async fn locations_that_are_no_files_are_refused() {
    for location in [
        "",
        ":memory:",
        "redis://host/1",
        "mysql://user:secret@host/db",
    ] {
        let error = Ledger::open(location, clock()).await.unwrap_err();
        assert_eq!(error.kind(), LedgerErrorKind::Location);
        assert!(!error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = folder();
    let path = path_in(&folder);
    drop(open(&path).await);
    let other = Connection::open(&path).unwrap();
    other
        .execute("UPDATE meta SET v = '99' WHERE k = 'schema'", [])
        .unwrap();
    drop(other);
    let (kind, text) = refused(&path).await;
    assert_eq!(kind, LedgerErrorKind::Newer);
    assert!(text.contains("99"), "{text}");
}

#[tokio::test]
async fn files_that_are_no_ledger_are_damaged() {
    let folder = folder();
    let path = path_in(&folder);
    fs::write(
        &path,
        "this is no database, but a text of some length".repeat(20),
    )
    .unwrap();
    assert_eq!(refused(&path).await.0, LedgerErrorKind::Damaged);
    let other = folder.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute("CREATE TABLE meta (x)", [])
        .unwrap();
    assert_eq!(refused(&other).await.0, LedgerErrorKind::Damaged);
}

#[tokio::test]
async fn a_damaged_chain_of_events_ends() {
    let folder = folder();
    let path = path_in(&folder);
    let ledger = open(&path).await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let row = create(&ledger, &batch, "task-1").await;
    assert_eq!(ledger.history(&row).await.unwrap().len(), 3);
    drop(ledger);
    let connection = Connection::open(&path).unwrap();
    let circle = "UPDATE event SET previous = n + 1 WHERE n = 2";
    assert_eq!(connection.execute(circle, []).unwrap(), 1);
    drop(connection);

    let ledger = open(&path).await;
    let history = bounded::within("history", ledger.history(&row)).await;
    assert_eq!(history.unwrap().len(), 2);
}

#[tokio::test]
async fn a_ledger_that_is_replaced_while_open_records_no_send() {
    let folder = folder();
    let path = path_in(&folder);
    let ledger = open(&path).await;
    let claim = claim_single(&ledger, "key", "a cat").await;
    fs::rename(&path, folder.path().join("moved.db")).unwrap();
    let error = ledger.arm(&claim.token()).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::Damaged);
}

/// A process that goes on after a restore, with a claim that the store has forgotten and given to another one.
#[tokio::test]
async fn a_token_that_is_given_out_again_belongs_to_its_new_owner() {
    let folder = folder();
    let path = path_in(&folder);
    let (stale, ledger) = (open(&path).await, open(&path).await);
    let batch = import(&stale, 1, Caps::default()).await;
    let forgotten = claim(&stale, &batch).await.token();
    let other = Connection::open(&path).unwrap();
    let forget = "UPDATE item SET state = 'planned', phase = 'planned', fence = 0, attempt = 0, owner = NULL, lease = NULL";
    other.execute(forget, []).unwrap();
    let token = claim(&ledger, &batch).await.token();
    assert_eq!(token, forgotten);
    ledger.arm(&token).await.unwrap();

    let refusal = stale.arm(&forgotten).await.unwrap_err();
    assert_eq!(refusal.kind(), LedgerErrorKind::ClaimLost);
    assert!(!stale.disarm(&forgotten).await.unwrap());
    assert!(!stale.not_sent(&forgotten, Answer::default()).await.unwrap());
    assert!(!stale.refused(&forgotten, answer("Invalid")).await.unwrap());
    assert!(!stale.in_doubt(&forgotten, Answer::default()).await.unwrap());
    assert_eq!(get(&ledger, &token.row).await.state, State::Sending);
    ledger
        .created(&token, "task-1", Answer::default())
        .await
        .unwrap();
    assert_eq!(get(&ledger, &token.row).await.state, State::Created);
}

#[tokio::test]
async fn a_locked_ledger_is_busy() {
    let folder = folder();
    let path = path_in(&folder);
    let ledger = open(&path).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = ledger.submit(single("key", "a cat")).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::Busy);
    assert!(error.kind().is_transient());
    // Reads go on.
    assert_eq!(ledger.find_any("key").await.unwrap(), []);
    other.execute_batch("COMMIT").unwrap();
    claim_single(&ledger, "key", "a cat").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_first_opens_at_once_share_one_ledger() {
    let folder = folder();
    let path = folder.path().join("new").join("tasks.db");
    let opens = (0..40).map(|n| {
        let path = path.clone();
        tokio::spawn(async move {
            let ledger = open(&path).await;
            claim_single(&ledger, &format!("key-{n}"), &format!("prompt {n}")).await;
            ledger.heartbeat().await.unwrap();
            ledger
        })
    });
    let mut ledgers = Vec::new();
    for open in opens.collect::<Vec<_>>() {
        ledgers.push(open.await.unwrap());
    }
    assert_eq!(ledgers[0].list(&Filter::default()).await.unwrap().len(), 40);
    assert_eq!(ledgers[39].workers().await.unwrap().len(), 40);
}

#[tokio::test]
async fn rows_of_an_ended_process_are_reaped_and_shown_so_before() {
    let folder = folder();
    let path = path_in(&folder);
    let ended = open(&path).await;
    let batch = import(&ended, 3, Caps::default()).await;
    let planned = claim(&ended, &batch).await.token();
    let doubtful = claim(&ended, &batch).await.token();
    let unsent = claim_single(&ended, "key", "a cat").await.token();
    ended.arm(&doubtful).await.unwrap();
    let expected = [
        (&planned, State::Planned),
        (&doubtful, State::InDoubt),
        (&unsent, State::Unsent),
    ];
    let ledger = open(&path).await;
    assert_eq!(get(&ledger, &planned.row).await.state, State::Intent);
    assert_eq!(ledger.reap().await.unwrap(), Reaped::default());
    drop(ended);
    for (token, state) in expected {
        assert_eq!(get(&ledger, &token.row).await.state, state);
    }
    let reaped = ledger.reap().await.unwrap();
    assert_eq!((reaped.released, reaped.in_doubt), (2, 1));
    for (token, state) in expected {
        assert_eq!(get(&ledger, &token.row).await.state, state);
    }
    assert_eq!(ledger.reap().await.unwrap(), Reaped::default());
    assert_eq!(claim(&ledger, &batch).await.item.row, planned.row);
    // A process that seemed to have ended continues.
    assert!(!ledger.not_sent(&planned, Answer::default()).await.unwrap());
}

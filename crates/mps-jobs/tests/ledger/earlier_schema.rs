//! Ledgers of the first version of the schema, which this version takes over.

use mps_jobs::{
    Ledger, State, content_hash,
    ledger::{BatchId, Filter, Item, RowId, Submission},
};

use crate::support::*;

/// Returns the statements that make the ledger of the first version.
pub(crate) fn statements() -> Vec<String> {
    let hash = row("single", "a cat").hash;
    let body = r#"{"Prompt":"a cat","Duration":5}"#;
    assert_eq!(hash, content_hash("CreateAigcVideoTask", body));
    let text = include_str!("first_version.sql")
        .replace("{singles}", singles().as_str())
        .replace("{hash}", &hash);
    let statements = text.split(";\n").map(str::trim);
    let statements = statements.filter(|statement| !statement.is_empty());
    statements.map(ToOwned::to_owned).collect()
}

fn singles() -> BatchId {
    BatchId::singles(ACCOUNT, ENDPOINT)
}

pub(crate) fn clip(seq: i64) -> RowId {
    RowId {
        batch: batch_id(),
        seq,
    }
}

/// Looks at everything in the ledger after its migration, and goes on with it.
pub(crate) async fn examine(ledger: &Ledger) {
    let all = ledger.list(&Filter::default()).await.unwrap();
    let keys: Vec<_> = all.iter().map(|item| item.key.as_str()).collect();
    let newest_first = (1..=12).rev().map(|n| format!("key-{n}"));
    let newest_first: Vec<_> = newest_first.chain(["single".to_owned()]).collect();
    assert_eq!(keys, newest_first);

    // On a server all leases have ended, and in a file the process has.
    let reaped = ledger.reap().await.unwrap();
    assert_eq!((reaped.released, reaped.in_doubt), (1, 1));
    let status = ledger.status(&batch_id(), 10).await.unwrap().unwrap();
    assert_eq!(status.rows(), 12);
    assert_eq!(
        (status.count(State::Planned), status.count(State::InDoubt)),
        (2, 2)
    );
    assert_eq!(status.earliest_expiry.map(|time| time.0), Some(6_006));
    assert_eq!(status.batch.source.as_deref(), Some("clips.jsonl"));
    assert_eq!(
        (status.batch.spent, status.batch.cap),
        (8_000_000, Some(100_000_000))
    );

    let created = get(ledger, &clip(5)).await;
    assert_columns_are_kept(&created);
    assert_eq!(ledger.find_any("task-5").await.unwrap(), [created]);
    assert_eq!(ledger.history(&clip(5)).await.unwrap().len(), 3);
    let noted = ledger.history(&clip(10)).await.unwrap().pop().unwrap();
    assert_eq!((noted.at.0, noted.note.as_deref()), (4_010, Some("a note")));
    let body = ledger.body(&clip(1)).await.unwrap();
    assert_eq!(body.as_deref(), Some(r#"{"Prompt":"prompt 1"}"#));
    assert_eq!(ledger.body(&clip(12)).await.unwrap(), None);
    let files = ledger.files(&clip(7)).await.unwrap();
    assert_eq!(files.first().and_then(|file| file.bytes), Some(3));
    assert_eq!(ledger.strays(&clip(4)).await.unwrap().len(), 1);

    // The guard against repeats, the numbers of events, and the names that are taken.
    let repeat = ledger.submit(single("other", "a cat")).await.unwrap();
    assert!(matches!(repeat, Submission::Repeat(item) if item.key.as_str() == "single"));
    let before = ledger.last_event().await.unwrap();
    assert!(before > 20, "{before}");
    let next = create(ledger, &batch_id(), "task-new").await;
    assert_eq!(next, clip(1));
    let events = ledger.events_since(before, 100).await.unwrap();
    let reached: Vec<_> = events.iter().map(|event| event.now).collect();
    assert_eq!(reached, [State::Intent, State::Sending, State::Created]);
}

fn assert_columns_are_kept(created: &Item) {
    assert_eq!(created.state, State::Created);
    assert_eq!(created.account.as_deref(), Some(ACCOUNT));
    assert_eq!(created.endpoint.as_deref(), Some(ENDPOINT));
    assert_eq!((created.hash.as_str(), created.ms), ("hash-5", 5_000));
    assert_eq!(
        (created.price, created.out.as_deref()),
        (Some(2_000_000), Some("5.mp4"))
    );
    assert_eq!((created.fence.0, created.attempt), (1, 1));
    assert_eq!(created.armed.map(|time| time.0), Some(3_005));
    assert_eq!(created.created.map(|time| time.0), Some(4_005));
    assert_eq!(created.request_id.as_deref(), Some("request-5"));
    assert_eq!(created.status.as_deref(), Some("PROCESSING"));
    assert_eq!(created.added.0, 2_005);
}

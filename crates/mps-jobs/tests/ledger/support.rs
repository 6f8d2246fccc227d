//! Ledgers, rows and claims for the tests.

use std::path::{Path, PathBuf};

use mps_core::clock::{SharedClock, SystemClock};
use mps_jobs::{
    Ledger, content_hash,
    ledger::{Answer, BatchId, Caps, Claim, Item, NewBatch, NewItem, RowId, Single, Submission},
};
use tempfile::TempDir;

pub(crate) use crate::store::new_ledger;

pub(crate) const ACCOUNT: &str = "account=test";
pub(crate) const ENDPOINT: &str = "mps.example";

pub(crate) fn clock() -> SharedClock {
    SystemClock::shared()
}

/// A folder of the test's own, as the ledger demands.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn path_in(folder: &TempDir) -> PathBuf {
    folder.path().join("tasks.db")
}

pub(crate) async fn open(path: &Path) -> Ledger {
    Ledger::open(path.to_str().unwrap(), clock()).await.unwrap()
}

pub(crate) fn row(key: &str, prompt: &str) -> NewItem {
    let body = format!(r#"{{"Prompt":"{prompt}","Duration":5}}"#);
    NewItem {
        key: key.parse().unwrap(),
        action: "CreateAigcVideoTask".to_owned(),
        model: Some("Hunyuan".to_owned()),
        hash: content_hash("CreateAigcVideoTask", &body),
        body,
        ms: 5_000,
        price: Some(2_000_000),
        out: None,
    }
}

pub(crate) fn single(key: &str, prompt: &str) -> Single {
    Single {
        account: ACCOUNT.to_owned(),
        endpoint: ENDPOINT.to_owned(),
        item: row(key, prompt),
        again: false,
        caps: Caps::default(),
        agent_cap_ms: None,
    }
}

/// Submits a single create that must be claimed.
pub(crate) async fn claim_single(ledger: &Ledger, key: &str, prompt: &str) -> Claim {
    match ledger.submit(single(key, prompt)).await.unwrap() {
        Submission::Claimed(claim) => *claim,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn batch_id() -> BatchId {
    "clips".parse().unwrap()
}

/// Imports rows `1` to `count` into a batch, and binds it.
pub(crate) async fn import(ledger: &Ledger, count: usize, caps: Caps) -> BatchId {
    let id = batch_id();
    let new = NewBatch {
        id: id.clone(),
        source: None,
    };
    ledger.create_batch(new).await.unwrap();
    let rows = (1..=count).map(|n| row(&n.to_string(), &format!("prompt {n}")));
    ledger.import(&id, rows.collect()).await.unwrap();
    ledger.bind(&id, ACCOUNT, ENDPOINT, caps).await.unwrap();
    id
}

pub(crate) async fn claim(ledger: &Ledger, batch: &BatchId) -> Claim {
    ledger.claim(batch).await.unwrap().unwrap()
}

pub(crate) async fn get(ledger: &Ledger, row: &RowId) -> Item {
    ledger.get(row).await.unwrap().unwrap()
}

/// Claims, arms and creates the next row of a batch.
pub(crate) async fn create(ledger: &Ledger, batch: &BatchId, task: &str) -> RowId {
    let token = claim(ledger, batch).await.token();
    ledger.arm(&token).await.unwrap();
    ledger
        .created(&token, task, Answer::default())
        .await
        .unwrap();
    token.row
}

pub(crate) fn answer(code: &str) -> Answer {
    Answer {
        request_id: Some("request-1".to_owned()),
        code: Some(code.to_owned()),
        message: Some("a message".to_owned()),
    }
}

pub(crate) fn saved_file(path: &str) -> mps_aigc::SavedFile {
    let file = serde_json::json!({"path": path, "bytes": 3, "sha256": "00"});
    serde_json::from_value(file).unwrap()
}

//! Pages that a create writes: they are what a commit costs on a slow disk.

use std::{fs, path::Path};

use mps_jobs::{
    Ledger,
    ledger::{Answer, Caps, Token},
};

use crate::support::*;

/// The bytes of a page in the write-ahead log.
const PAGE: u64 = 4_096 + 24;

/// The pages of an answer: four, and one when the measured time of a commit has changed, which is stored with it.
const ANSWER: u64 = 5;

/// Counts the pages that are appended to the write-ahead log, whose file SQLite alone opens.
struct Log {
    path: std::path::PathBuf,
    bytes: u64,
}

impl Log {
    fn of(ledger: &Path) -> Self {
        let mut path = ledger.to_owned().into_os_string();
        path.push("-wal");
        let path = path.into();
        let mut log = Self { path, bytes: 0 };
        log.pages();
        log
    }

    /// Returns the number of pages since the last call.
    fn pages(&mut self) -> u64 {
        let bytes = fs::metadata(&self.path).unwrap().len();
        let pages = (bytes - self.bytes) / PAGE;
        self.bytes = bytes;
        pages
    }
}

async fn send(ledger: &Ledger, token: &Token, log: &mut Log) -> [u64; 2] {
    ledger.arm(token).await.unwrap();
    let armed = log.pages();
    let task = format!("task-{}-{}", token.row.batch, token.row.seq);
    let created = ledger.created(token, &task, Answer::default());
    created.await.unwrap();
    [armed, log.pages()]
}

#[tokio::test]
async fn a_create_writes_few_pages() {
    let folder = folder();
    let path = path_in(&folder);
    let ledger = open(&path).await;
    // The batch is new.
    let first = claim_single(&ledger, "first", "a cat").await.token();
    send(&ledger, &first, &mut Log::of(&path)).await;

    let mut log = Log::of(&path);
    let token = claim_single(&ledger, "second", "a dog").await.token();
    let claimed = log.pages();
    let [armed, created] = send(&ledger, &token, &mut log).await;
    println!("single create: intent {claimed}, send {armed}, answer {created}");
    assert!(claimed <= 8, "{claimed}");
    assert!(armed <= 2, "{armed}");
    assert!(created <= ANSWER, "{created}");
}

#[tokio::test]
async fn a_row_of_a_batch_writes_few_pages() {
    let folder = folder();
    let path = path_in(&folder);
    let ledger = open(&path).await;
    let batch = import(&ledger, 3, Caps::default()).await;
    let first = claim(&ledger, &batch).await.token();
    send(&ledger, &first, &mut Log::of(&path)).await;

    let mut log = Log::of(&path);
    let token = claim(&ledger, &batch).await.token();
    let claimed = log.pages();
    let [armed, created] = send(&ledger, &token, &mut log).await;
    ledger.polled(&token.row, "PROCESSING").await.unwrap();
    let polled = log.pages();
    println!("row: claim {claimed}, send {armed}, answer {created}, poll {polled}");
    assert!(claimed <= 5, "{claimed}");
    assert!(armed <= 2, "{armed}");
    assert!(created <= ANSWER, "{created}");
    assert!(polled <= 1, "{polled}");
}

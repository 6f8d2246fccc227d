//! A ledger with rows in every state, and copies of its files at several moments.

use std::collections::BTreeMap;

use mps_core::clock::{SharedClock, SystemClock};
use mps_jobs::{
    Ledger, LedgerError, State, content_hash,
    ledger::{
        Answer, BatchId, Caps, Claim, Filter, Finished, NewBatch, NewItem, Resolution, Single,
        Submission,
    },
};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::damage::Copy;

const ACCOUNT: &str = "account=test";
const ENDPOINT: &str = "host";
/// Rows of the batch, and single creates.
const ROWS: usize = 40;
const SINGLES: usize = 12;

/// A ledger that is closed.
pub(crate) struct Scene {
    pub(crate) newest: Copy,
    pub(crate) older: Vec<Copy>,
    /// The rows that may have been billed, by key, with their last state.
    pub(crate) sent: BTreeMap<String, State>,
}

pub(crate) fn clock() -> SharedClock {
    SystemClock::shared()
}

pub(crate) fn batch() -> BatchId {
    "clips".parse().unwrap()
}

pub(crate) fn item(key: &str) -> NewItem {
    let body = format!(r#"{{"Prompt":"{key}"}}"#);
    NewItem {
        hash: content_hash("CreateAigcVideoTask", &body),
        key: key.parse().unwrap(),
        action: "CreateAigcVideoTask".to_owned(),
        model: None,
        body,
        ms: 5_000,
        price: None,
        out: None,
    }
}

pub(crate) fn singles() -> impl Iterator<Item = Single> {
    (0..SINGLES).map(|n| Single {
        account: ACCOUNT.to_owned(),
        endpoint: ENDPOINT.to_owned(),
        item: item(&format!("single-{n}")),
        again: false,
        caps: Caps::default(),
        agent_cap_ms: None,
    })
}

/// Imports the whole batch, as every run does.
pub(crate) async fn import(ledger: &Ledger) -> Result<(), LedgerError> {
    let new = NewBatch {
        id: batch(),
        source: None,
    };
    ledger.create_batch(new).await?;
    let rows = (0..ROWS).map(|n| item(&format!("row-{n}")));
    ledger.import(&batch(), rows.collect()).await?;
    ledger
        .bind(&batch(), ACCOUNT, ENDPOINT, Caps::default())
        .await?;
    Ok(())
}

impl Scene {
    /// A ledger whose file and seal are compared when it is opened next, as after a boot.
    pub(crate) async fn build() -> Self {
        Self::record(true).await
    }

    /// A ledger that was compared before its last sends.
    pub(crate) async fn compared() -> Self {
        Self::record(false).await
    }

    async fn record(is_check_due: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut older = Vec::new();
        let mut copy = |checkpoint: bool| {
            if checkpoint {
                let path = folder.path().join("tasks.db");
                let connection = Connection::open(path).unwrap();
                let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
                connection.query_row(sql, [], |_| Ok(())).unwrap();
            }
            older.push(Copy::read(&folder));
        };
        let ledger = open(&folder).await;
        import(&ledger).await.unwrap();
        drop(ledger);
        copy(true);
        for part in 0..4 {
            let ledger = open(&folder).await;
            send_rows(&ledger, 8).await;
            send_singles(&ledger, part * 3).await;
            drop(ledger);
            copy(part == 1);
        }
        // A process that ends with a claim and a send.
        let ledger = open(&folder).await;
        next(&ledger).await;
        ledger.arm(&next(&ledger).await.token()).await.unwrap();
        let sent = sent(&ledger).await;
        drop(ledger);
        if is_check_due {
            forget_check(&folder);
        }
        let newest = Copy::read(&folder);
        Self {
            newest,
            older,
            sent,
        }
    }

    pub(crate) fn doubtful(&self) -> usize {
        let doubtful = [State::InDoubt, State::Sending];
        self.sent
            .values()
            .filter(|state| doubtful.contains(state))
            .count()
    }
}

async fn open(folder: &TempDir) -> Ledger {
    let path = folder.path().join("tasks.db");
    Ledger::open(path.to_str().unwrap(), clock()).await.unwrap()
}

async fn next(ledger: &Ledger) -> Claim {
    ledger.claim(&batch()).await.unwrap().unwrap()
}

/// Makes the next open check the whole file.
fn forget_check(folder: &TempDir) {
    let connection = Connection::open(folder.path().join("tasks.db")).unwrap();
    connection
        .execute("DELETE FROM meta WHERE k = 'checked'", [])
        .unwrap();
    // Keeps the log, which other connections would empty at their end.
    let kept = rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(kept, true).unwrap();
}

/// Brings rows of the batch to different ends.
async fn send_rows(ledger: &Ledger, count: usize) {
    for n in 0..count {
        let token = next(ledger).await.token();
        let task = format!("task-{}", token.row.seq);
        if n == 0 {
            ledger.not_sent(&token, Answer::default()).await.unwrap();
            continue;
        }
        ledger.arm(&token).await.unwrap();
        match n {
            1 => drop(ledger.refused(&token, Answer::default()).await.unwrap()),
            2 => drop(ledger.in_doubt(&token, Answer::default()).await.unwrap()),
            3 => {
                assert!(ledger.disarm(&token).await.unwrap());
                assert!(ledger.not_sent(&token, Answer::default()).await.unwrap());
            }
            4 => {
                // In doubt, repeated by a person's decision, and sent again.
                ledger.in_doubt(&token, Answer::default()).await.unwrap();
                ledger
                    .resolve(&token.row, Resolution::Recreate)
                    .await
                    .unwrap();
                let token = ledger.claim_row(&token.row).await.unwrap().unwrap().token();
                ledger.arm(&token).await.unwrap();
                ledger
                    .created(&token, &task, Answer::default())
                    .await
                    .unwrap();
            }
            _ => {
                ledger
                    .created(&token, &task, Answer::default())
                    .await
                    .unwrap();
                if n == 5 {
                    ledger.done(&token.row, Finished::default()).await.unwrap();
                    ledger.fetched(&token.row, &[]).await.unwrap();
                }
            }
        }
    }
}

/// Submits three single creates: one is created, one in doubt, one not sent.
async fn send_singles(ledger: &Ledger, first: usize) {
    for (n, single) in singles().skip(first).take(3).enumerate() {
        let Submission::Claimed(claim) = ledger.submit(single).await.unwrap() else {
            panic!("it was sent before");
        };
        let token = claim.token();
        let task = format!("single-task-{first}");
        match n {
            0 => {
                ledger.arm(&token).await.unwrap();
                ledger
                    .created(&token, &task, Answer::default())
                    .await
                    .unwrap();
            }
            1 => {
                ledger.arm(&token).await.unwrap();
                ledger.in_doubt(&token, Answer::default()).await.unwrap();
            }
            _ => drop(ledger.not_sent(&token, Answer::default()).await.unwrap()),
        }
    }
}

async fn sent(ledger: &Ledger) -> BTreeMap<String, State> {
    let rows = ledger.list(&Filter::default()).await.unwrap().into_iter();
    let not_sent = [State::Planned, State::Intent, State::Unsent, State::Refused];
    let sent = rows.filter(|row| !not_sent.contains(&row.state));
    sent.map(|row| (row.key.to_string(), row.state)).collect()
}

//! The process that is killed: it brings a row to the beginning of an edge, and runs the edge.

use mps_core::clock::SystemClock;
use mps_jobs::{
    Ledger, content_hash, failpoint,
    ledger::{
        Answer, BatchId, Caps, Finished, Forget, NewBatch, NewItem, Resolution, RowId, Single,
        Submission, Token,
    },
};

fn order(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

#[tokio::test]
#[ignore = "run by the other tests, as a process that ends at a failpoint"]
async fn child() {
    let (path, edge) = (order("LEDGER"), order("EDGE"));
    if path.is_empty() {
        return;
    }
    if edge == "open" {
        kill();
    }
    let ledger = Ledger::open(&path, SystemClock::shared()).await.unwrap();
    match edge.strip_prefix("single ") {
        Some(key) => submit(&ledger, key).await,
        None => run(&ledger, &edge).await,
    }
}

/// Sets the place at which this process ends; the operation of the edge is next.
fn kill() {
    failpoint::abort_at(&order("FAILPOINT"));
}

fn item(key: &str) -> NewItem {
    let body = format!(r#"{{"Prompt":"{key}"}}"#);
    NewItem {
        key: key.parse().unwrap(),
        action: "CreateAigcVideoTask".to_owned(),
        model: None,
        hash: content_hash("CreateAigcVideoTask", &body),
        body,
        ms: 5_000,
        price: None,
        out: None,
    }
}

async fn submit(ledger: &Ledger, key: &str) {
    let single = Single {
        account: "account=test".to_owned(),
        endpoint: "host".to_owned(),
        item: item(key),
        again: false,
        caps: Caps::default(),
        agent_cap_ms: None,
    };
    let submitted = ledger.submit(single).await.unwrap();
    assert!(matches!(submitted, Submission::Claimed(_)));
}

async fn import(ledger: &Ledger, batch: &BatchId) {
    ledger.import(batch, vec![item("row")]).await.unwrap();
}

async fn bound(ledger: &Ledger) -> BatchId {
    let id: BatchId = "clips".parse().unwrap();
    let new = NewBatch {
        id: id.clone(),
        source: None,
    };
    ledger.create_batch(new).await.unwrap();
    ledger
        .bind(&id, "account=test", "host", Caps::default())
        .await
        .unwrap();
    id
}

async fn claimed(ledger: &Ledger) -> Token {
    let batch = bound(ledger).await;
    import(ledger, &batch).await;
    ledger.claim(&batch).await.unwrap().unwrap().token()
}

async fn armed(ledger: &Ledger) -> Token {
    let token = claimed(ledger).await;
    ledger.arm(&token).await.unwrap();
    token
}

async fn doubtful(ledger: &Ledger) -> Token {
    let token = armed(ledger).await;
    ledger.in_doubt(&token, Answer::default()).await.unwrap();
    token
}

async fn created(ledger: &Ledger) -> RowId {
    let token = armed(ledger).await;
    ledger
        .created(&token, "task-1", Answer::default())
        .await
        .unwrap();
    token.row
}

async fn done(ledger: &Ledger) -> RowId {
    let row = created(ledger).await;
    ledger.done(&row, Finished::default()).await.unwrap();
    row
}

async fn failed(ledger: &Ledger) -> RowId {
    let row = created(ledger).await;
    ledger.failed(&row, Answer::default()).await.unwrap();
    row
}

/// Runs the steps before an edge, then the edge.
macro_rules! edge {
    ($ledger:ident, $before:ident, |$row:ident| $edge:expr) => {{
        let $row = $before($ledger).await;
        kill();
        $edge.await.unwrap();
    }};
}

async fn run(ledger: &Ledger, edge: &str) {
    let answer = Answer::default;
    match edge {
        "open" => {}
        "import" => {
            let batch = bound(ledger).await;
            kill();
            import(ledger, &batch).await;
        }
        "submit" => {
            kill();
            submit(ledger, "row").await;
        }
        "claim" => {
            let batch = bound(ledger).await;
            import(ledger, &batch).await;
            kill();
            ledger.claim(&batch).await.unwrap();
        }
        "arm" => edge!(ledger, claimed, |row| ledger.arm(&row)),
        "disarm" => edge!(ledger, armed, |row| ledger.disarm(&row)),
        "not sent" => edge!(ledger, armed, |row| ledger.not_sent(&row, answer())),
        "give up" => edge!(ledger, claimed, |row| ledger.not_sent(&row, answer())),
        "created" => edge!(ledger, armed, |row| ledger.created(
            &row,
            "task-1",
            answer()
        )),
        "refused" => edge!(ledger, armed, |row| ledger.refused(&row, answer())),
        "doubt" => edge!(ledger, armed, |row| ledger.in_doubt(&row, answer())),
        "late" => edge!(ledger, doubtful, |row| ledger.created(
            &row,
            "task-1",
            answer()
        )),
        "task id" => {
            let task = "task-1".to_owned();
            let found = Resolution::TaskId(task);
            edge!(ledger, doubtful, |row| ledger.resolve(&row.row, found));
        }
        "recreate" => edge!(ledger, doubtful, |row| ledger
            .resolve(&row.row, Resolution::Recreate)),
        "recreate now" => edge!(ledger, doubtful, |row| ledger.recreate_now(&row.row)),
        "abandon" => edge!(ledger, doubtful, |row| ledger
            .resolve(&row.row, Resolution::Abandon)),
        "done" => edge!(ledger, created, |row| ledger
            .done(&row, Finished::default())),
        "failed" => edge!(ledger, created, |row| ledger.failed(&row, answer())),
        "fetched" => edge!(ledger, done, |row| ledger.fetched(&row, &[])),
        "expired" => edge!(ledger, done, |row| ledger.expired(&row)),
        "retry" => edge!(ledger, failed, |row| ledger.retry(&row)),
        "forget" => edge!(ledger, failed, |row| ledger.forget(Forget::Rows(vec![row]))),
        other => panic!("no edge {other}"),
    }
}

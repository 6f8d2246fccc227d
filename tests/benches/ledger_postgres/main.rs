//! The ledger in a PostgreSQL server, beside two floors: a bare `fdatasync` on the same disk, and a bare
//! INSERT of one row through a connection of the same client. Ratios within one run, since absolute times
//! say little on a shared machine.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and prints its figures"
)]

use std::{fs::File, io::Write as _, path::Path, time::Duration};

use mps_core::{
    clock::{Clock as _, SystemClock},
    postgres::{Connection, Server},
};
use mps_jobs::{
    Ledger, content_hash,
    ledger::{Answer, BatchId, Caps, NewBatch, NewItem},
};
use mps_tests::postgres::PostgresServer;

const ROUNDS: usize = 200;
const ROWS: usize = 100_000;
const ACTION: &str = "CreateAigcVideoTask";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(run());
}

async fn run() {
    let Some(server) = PostgresServer::start_with(&[]).unwrap() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}?seal={}", server.url(), folder.path().display());
    let ledger = Ledger::open(&url, SystemClock::shared()).await.unwrap();
    let clock = SystemClock::new();
    let batch: BatchId = "clips".parse().unwrap();
    let new = NewBatch {
        id: batch.clone(),
        source: None,
    };
    ledger.create_batch(new).await.unwrap();
    let begun = clock.monotonic();
    for first in (1..=ROWS).step_by(500) {
        let rows = (first..first + 500).map(row).collect();
        ledger.import(&batch, rows).await.unwrap();
    }
    let took = clock.monotonic().saturating_sub(begun).as_secs_f64();
    println!("import of {ROWS} rows: {took:.1} s");
    ledger
        .bind(&batch, "account=bench", "mps.example", Caps::default())
        .await
        .unwrap();

    let mut file = File::create(folder.path().join("floor")).unwrap();
    let bare = bare(&server).await;
    let mut times = [const { Vec::new() }; 7];
    for n in 0..ROUNDS {
        let mut next = times.iter_mut();
        let mut lap = |started| {
            let taken = clock.monotonic().saturating_sub(started);
            next.next().unwrap().push(taken);
            clock.monotonic()
        };
        let started = clock.monotonic();
        file.write_all(&[7; 200]).unwrap();
        file.sync_data().unwrap();
        let started = lap(started);
        bare.rows("SELECT 1").await.unwrap();
        let started = lap(started);
        bare.client().execute_typed(INSERT, &[]).await.unwrap();
        let started = lap(started);
        bare.rows("BEGIN").await.unwrap();
        bare.client().execute_typed(INSERT, &[]).await.unwrap();
        bare.rows("COMMIT").await.unwrap();
        let started = lap(started);
        let claim = ledger.claim(&batch).await.unwrap().unwrap();
        let started = lap(started);
        ledger.arm(&claim.token()).await.unwrap();
        let started = lap(started);
        let (token, task) = (claim.token(), format!("task-{n}"));
        let created = ledger.created(&token, &task, Answer::default());
        created.await.unwrap();
        lap(started);
    }
    let mut counts = Vec::new();
    for _ in 0..20 {
        let started = clock.monotonic();
        ledger.count(&batch).await.unwrap();
        counts.push(clock.monotonic().saturating_sub(started));
    }
    let [sync, round_trip, insert, three_trips, claim, arm, created] =
        times.map(|mut times| median(&mut times));
    let print = |name: &str, time: Duration| {
        let ratio = |floor: Duration| time.as_secs_f64() / floor.as_secs_f64();
        let (ms, syncs, inserts) = (time.as_secs_f64() * 1e3, ratio(sync), ratio(insert));
        println!("{name}: {ms:.2} ms, {syncs:.1} times fdatasync, {inserts:.1} times INSERT");
    };
    print("fdatasync", sync);
    print("SELECT 1", round_trip);
    print("INSERT of one row, a commit", insert);
    print("BEGIN, INSERT, COMMIT", three_trips);
    print("claim (a commit)", claim);
    print("arm (a commit and a line of the seal)", arm);
    print("created (a commit)", created);
    print("status of 100,000 rows", median(&mut counts));
    flat_seal(folder.path());
}

const INSERT: &str =
    "INSERT INTO bare (text) VALUES ('a row of about as many bytes as an event has')";

/// Returns a connection and a table for the floor.
async fn bare(server: &PostgresServer) -> Connection {
    let bare = Server::at(&server.url()).unwrap().connect().await.unwrap();
    let table = "CREATE TABLE bare (n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text TEXT)";
    bare.rows(table).await.unwrap();
    bare
}

fn row(number: usize) -> NewItem {
    let body = format!(r#"{{"Prompt":"clip {number}"}}"#);
    NewItem {
        key: number.to_string().parse().unwrap(),
        action: ACTION.to_owned(),
        model: None,
        hash: content_hash(ACTION, &body),
        body,
        ms: 5_000,
        price: None,
        out: None,
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The seal has one line for each send.
fn flat_seal(folder: &Path) {
    let seal = std::fs::read_dir(folder).unwrap().flatten();
    let bytes: u64 = seal
        .filter(|entry| entry.path().extension().is_some_and(|name| name == "seal"))
        .map(|entry| entry.metadata().unwrap().len())
        .sum();
    println!("seal: {} bytes a send", bytes / ROUNDS as u64);
}

//! The ledger in a PostgreSQL server, beside the floor: a bare `fdatasync` on the same disk. Ratios
//! within one run, since absolute times say little on a shared machine.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and prints its figures"
)]

use std::{fs::File, io::Write as _, path::Path, time::Duration};

use mps_core::clock::{Clock as _, SystemClock};
use mps_jobs::{
    Ledger, content_hash,
    ledger::{BatchId, Caps, NewBatch, NewItem},
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

    let (mut floors, mut counts, mut claims, mut arms) = (vec![], vec![], vec![], vec![]);
    let mut file = File::create(folder.path().join("floor")).unwrap();
    for _ in 0..ROUNDS {
        let started = clock.monotonic();
        file.write_all(&[7; 200]).unwrap();
        file.sync_data().unwrap();
        floors.push(clock.monotonic().saturating_sub(started));
        let started = clock.monotonic();
        let claim = ledger.claim(&batch).await.unwrap().unwrap();
        claims.push(clock.monotonic().saturating_sub(started));
        let started = clock.monotonic();
        ledger.arm(&claim.token()).await.unwrap();
        arms.push(clock.monotonic().saturating_sub(started));
    }
    for _ in 0..20 {
        let started = clock.monotonic();
        ledger.count(&batch).await.unwrap();
        counts.push(clock.monotonic().saturating_sub(started));
    }
    let floor = median(&mut floors);
    print("fdatasync", floor, floor);
    print("claim (a commit)", median(&mut claims), floor);
    print(
        "arm (a commit and a line of the seal)",
        median(&mut arms),
        floor,
    );
    print("status of 100,000 rows", median(&mut counts), floor);
    flat_seal(folder.path());
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

fn print(name: &str, time: Duration, floor: Duration) {
    let (ms, ratio) = (
        time.as_secs_f64() * 1e3,
        time.as_secs_f64() / floor.as_secs_f64(),
    );
    println!("{name}: {ms:.2} ms, {ratio:.1} times fdatasync");
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

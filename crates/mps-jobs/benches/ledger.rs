//! Operations of a ledger in a file, each beside the time of its bare fdatasyncs on the same disk.
//!
//! Run by hand: `cargo bench --package mps-jobs --bench ledger`. The disk is that of `TMPDIR`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking and prints its figures"
)]

use std::{fs::File, io::Write as _, path::Path, time::Duration};

use mps_core::clock::{SharedClock, SystemClock};
use mps_jobs::{
    Ledger, content_hash,
    ledger::{Answer, BatchId, Caps, NewBatch, NewItem, Single, Submission},
};

const ROUNDS: usize = 400;
const ROWS: usize = 100_000;
const CHUNK: usize = 500;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SystemClock::shared();
    let path = folder.path().join("tasks.db");
    let ledger = open(&path, &clock).await;

    let started = clock.monotonic();
    let batch = import(&ledger).await;
    println!("import of {ROWS} rows: {:?}", since(&clock, started));

    let mut counts = Vec::new();
    for _ in 0..20 {
        let started = clock.monotonic();
        ledger.count(&batch).await.unwrap();
        counts.push(since(&clock, started));
    }
    println!(
        "status of {ROWS} rows: {:?} (target 50 ms)",
        median(&mut counts)
    );

    let mut statuses = Vec::new();
    for _ in 0..20 {
        let started = clock.monotonic();
        ledger.status(&batch, 100).await.unwrap();
        statuses.push(since(&clock, started));
    }
    println!(
        "what mps batch status reads of {ROWS} rows: {:?} (target 1 s for the command)",
        median(&mut statuses)
    );

    let mut floor = Floor::new(folder.path(), &clock);
    operations(&ledger, &batch, &clock, &mut floor).await;
    drop(ledger);
    let mut floor = Floor::new(folder.path(), &clock);
    single_creates(&folder.path().join("singles.db"), &clock, &mut floor).await;
}

async fn open(path: &Path, clock: &SharedClock) -> Ledger {
    Ledger::open(path.to_str().unwrap(), clock.clone())
        .await
        .unwrap()
}

fn item(n: usize) -> NewItem {
    let body =
        format!(r#"{{"Prompt":"a cat that walks through the snow, number {n}","Duration":5}}"#);
    NewItem {
        key: format!("row-{n}").parse().unwrap(),
        action: "CreateAigcVideoTask".to_owned(),
        model: Some("Hunyuan".to_owned()),
        hash: content_hash("CreateAigcVideoTask", &body),
        body,
        ms: 5_000,
        price: Some(1_000_000),
        out: Some(format!("{n}.mp4")),
    }
}

async fn import(ledger: &Ledger) -> BatchId {
    let id: BatchId = "clips".parse().unwrap();
    let new = NewBatch {
        id: id.clone(),
        source: None,
    };
    ledger.create_batch(new).await.unwrap();
    for first in (0..ROWS).step_by(CHUNK) {
        let rows = (first..first + CHUNK).map(item).collect();
        ledger.import(&id, rows).await.unwrap();
    }
    ledger
        .bind(&id, "account=bench", "host", Caps::default())
        .await
        .unwrap();
    id
}

/// A file to which lines are appended and synced, as the least that a durable record costs. Measured
/// between the operations, so that both see the same load.
struct Floor {
    file: File,
    clock: SharedClock,
    times: Vec<Duration>,
}

impl Floor {
    fn new(folder: &Path, clock: &SharedClock) -> Self {
        Self {
            file: File::create(folder.join("floor")).unwrap(),
            clock: clock.clone(),
            times: Vec::new(),
        }
    }

    fn measure(&mut self) {
        let started = self.clock.monotonic();
        self.file.write_all(&[b'x'; 400]).unwrap();
        self.file.sync_data().unwrap();
        self.times.push(since(&self.clock, started));
    }

    /// Returns the median.
    fn time(&mut self) -> Duration {
        let time = median(&mut self.times);
        println!("bare fdatasync of an appended line: {time:?}");
        time
    }
}

/// The operations of a create, with the number of syncs that each cannot do without.
async fn operations(ledger: &Ledger, batch: &BatchId, clock: &SharedClock, floor: &mut Floor) {
    let mut times = [const { Vec::new() }; 4];
    for n in 0..ROUNDS {
        floor.measure();
        let begun = clock.monotonic();
        let token = ledger.claim(batch).await.unwrap().unwrap().token();
        let claimed = clock.monotonic();
        ledger.arm(&token).await.unwrap();
        let armed = clock.monotonic();
        let task = format!("task-{n}");
        ledger
            .created(&token, &task, Answer::default())
            .await
            .unwrap();
        let created = clock.monotonic();
        ledger.polled(&token.row, "PROCESSING").await.unwrap();
        let ends = [claimed, armed, created, clock.monotonic()];
        let begins = [begun, claimed, armed, created];
        for (times, (end, begin)) in times.iter_mut().zip(ends.iter().zip(begins)) {
            times.push(end.saturating_sub(begin));
        }
    }
    let floor = floor.time();
    let names = [
        ("claim", 1),
        ("arm and seal", 2),
        ("created", 1),
        ("polled", 0),
    ];
    for ((name, syncs), times) in names.into_iter().zip(&mut times) {
        report(name, median(times), floor, syncs);
    }
}

/// A command that creates one task: it opens the ledger, records each step, and ends.
async fn single_creates(path: &Path, clock: &SharedClock, floor: &mut Floor) {
    let (mut times, mut floors) = (Vec::new(), Vec::new());
    for n in 0..ROUNDS / 4 {
        // In a row, as those of a create: some disks answer a first sync faster than its successors.
        let started = clock.monotonic();
        (0..5).for_each(|_| floor.measure());
        floors.push(since(clock, started));
        let started = clock.monotonic();
        let ledger = open(path, clock).await;
        let single = Single {
            account: "account=bench".to_owned(),
            endpoint: "host".to_owned(),
            item: item(n),
            again: false,
            caps: Caps::default(),
            agent_cap_ms: None,
        };
        let Submission::Claimed(claim) = ledger.submit(single).await.unwrap() else {
            continue;
        };
        let (token, task) = (claim.token(), format!("task-{n}"));
        ledger.arm(&token).await.unwrap();
        ledger
            .created(&token, &task, Answer::default())
            .await
            .unwrap();
        drop(ledger);
        times.push(since(clock, started));
    }
    let (create, floor) = (median(&mut times), median(&mut floors));
    let target = floor + Duration::from_millis(3);
    println!(
        "a single create, from opening to closing: {create:?} (target {target:?}: five bare fdatasyncs, \
         {floor:?}, and 3 ms)"
    );
}

fn since(clock: &SharedClock, started: Duration) -> Duration {
    clock.monotonic().saturating_sub(started)
}

fn report(name: &str, median: Duration, floor: Duration, syncs: u32) {
    let bare = floor * syncs;
    let ratio = median.as_secs_f64() / bare.as_secs_f64().max(f64::MIN_POSITIVE);
    match syncs {
        0 => println!("{name}: {median:?}, without a sync"),
        _ => println!("{name}: {median:?}, {ratio:.2} times {syncs} bare fdatasyncs ({bare:?})"),
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

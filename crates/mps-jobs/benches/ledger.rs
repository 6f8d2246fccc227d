//! Operations of a ledger in a file, each beside the time of its bare fdatasyncs on the same disk, and beside
//! that of appending as many bytes and syncing them.
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
        let taken = self.append(LINE);
        self.times.push(taken);
    }

    fn append(&mut self, bytes: usize) -> Duration {
        let bytes = vec![b'x'; bytes];
        let started = self.clock.monotonic();
        self.file.write_all(&bytes).unwrap();
        self.file.sync_data().unwrap();
        since(&self.clock, started)
    }

    /// Returns the median.
    fn time(&mut self) -> Duration {
        let time = median(&mut self.times);
        println!("bare fdatasync of an appended line: {time:?}");
        time
    }
}

/// The bytes of a line of the seal.
const LINE: usize = 400;

/// Returns the bytes that this process has passed to the system, or 0 where it does not count them.
fn written() -> usize {
    let counts = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let written = counts.lines().find_map(|line| line.strip_prefix("wchar: "));
    written.and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// The measurements of an operation.
#[derive(Default)]
struct Times {
    operation: Vec<Duration>,
    /// Appending and syncing as many bytes.
    append: Vec<Duration>,
    bytes: Vec<usize>,
}

/// The operations of a create, with the number of syncs that each cannot do without.
async fn operations(ledger: &Ledger, batch: &BatchId, clock: &SharedClock, floor: &mut Floor) {
    let mut all: [Times; 4] = Default::default();
    let mut token = None;
    for n in 0..ROUNDS {
        floor.measure();
        for (at, (times, syncs)) in all.iter_mut().zip(SYNCS).enumerate() {
            let (before, started) = (written(), clock.monotonic());
            match (at, &token) {
                (1, Some(token)) => ledger.arm(token).await.unwrap(),
                (2, Some(token)) => {
                    let task = format!("task-{n}");
                    let created = ledger.created(token, &task, Answer::default());
                    created.await.unwrap();
                }
                (3, Some(token)) => {
                    ledger.polled(&token.row, "PROCESSING").await.unwrap();
                }
                _ => token = Some(ledger.claim(batch).await.unwrap().unwrap().token()),
            }
            times.operation.push(since(clock, started));
            let bytes = written().saturating_sub(before);
            times.bytes.push(bytes);
            let append = match syncs {
                0 => Duration::ZERO,
                1 => floor.append(bytes),
                _ => floor.append(bytes.saturating_sub(LINE)) + floor.append(LINE),
            };
            times.append.push(append);
        }
    }
    let bare = floor.time();
    let names = ["claim", "arm and seal", "created", "polled"];
    for ((name, syncs), times) in names.into_iter().zip(SYNCS).zip(&mut all) {
        report(name, times, bare, syncs);
    }
}

/// The syncs of each operation.
const SYNCS: [u32; 4] = [1, 2, 1, 0];

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

fn report(name: &str, times: &mut Times, floor: Duration, syncs: u32) {
    let (time, append) = (median(&mut times.operation), median(&mut times.append));
    let bare = floor * syncs;
    let ratio = |floor: Duration| time.as_secs_f64() / floor.as_secs_f64().max(f64::MIN_POSITIVE);
    times.bytes.sort_unstable();
    let bytes = times.bytes.get(times.bytes.len() / 2).unwrap_or(&0);
    match syncs {
        0 => println!("{name}: {time:?}, {bytes} bytes, without a sync"),
        _ => println!(
            "{name}: {time:?}, {:.2} times {syncs} bare fdatasyncs ({bare:?}), {:.2} times appending its {bytes} \
             bytes with as many ({append:?})",
            ratio(bare),
            ratio(append)
        ),
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

//! The plan of a manifest of 100,000 rows, compared with the time to parse and hash the file on one thread.
//!
//! Run by hand: `cargo bench --package mps-jobs --bench plan`. The targets: at most 1.3 times that time, and
//! memory that grows by 16 bytes a row (at most twice that, while a list grows).
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking and prints its figures"
)]

use std::{
    fs,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use mps_core::clock::{Clock as _, SystemClock};
use mps_jobs::{
    Manifest,
    plan::{PlanOptions, plan},
};
use mps_models::CreateAigcVideoTask;
use sha2::{Digest as _, Sha256};

const ROWS: usize = 100_000;
const ROUNDS: usize = 7;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("rows.jsonl");
    write(&json, ROWS, json_line);
    let table = folder.path().join("rows.csv");
    write(&table, ROWS, table_line);

    let cores = std::thread::available_parallelism().unwrap();
    let names = [
        "parse as JSON and hash",
        "parse as requests and hash",
        "plan of jsonl",
        "plan of csv",
    ];
    let times = medians([
        &|| parse_and_hash::<serde_json::Value>(&json),
        &|| parse_and_hash::<CreateAigcVideoTask>(&json),
        &|| planned(&json, ROWS),
        &|| planned(&table, ROWS),
    ]);
    println!("{cores} cores");
    for (name, time) in names.iter().zip(times) {
        let [values, typed, ..] = times;
        println!(
            "{name}: {time:?}, {:.2} x JSON, {:.2} x requests (target of a plan 1.3)",
            ratio(time, values),
            ratio(time, typed)
        );
    }
    memory(folder.path());
}

/// Prints the growth of the peak of memory for ten times as many rows.
fn memory(folder: &Path) {
    let few = peak();
    let path: PathBuf = folder.join("many.jsonl");
    write(&path, 10 * ROWS, json_line);
    planned(&path, 10 * ROWS);
    let many = peak();
    println!(
        "peak memory: {few} KiB for {ROWS} rows, {many} KiB for ten times as many ({} MB)",
        fs::metadata(&path).unwrap().len() / 1_000_000
    );
}

/// Returns the peak of this process's memory in KiB; 0 where the system does not say.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}

fn planned(path: &Path, rows: usize) {
    let manifest = Manifest::open(path).unwrap();
    let plan = plan(&manifest, &PlanOptions::default()).unwrap();
    assert!(plan.is_ok(), "{:?}", plan.findings.kept().first());
    assert_eq!(plan.rows, u64::try_from(rows).unwrap());
}

/// The least that any check of the rows has to do.
fn parse_and_hash<T: serde::de::DeserializeOwned>(path: &Path) {
    let mut reader = BufReader::with_capacity(1024 * 1024, fs::File::open(path).unwrap());
    let mut hash = Sha256::new();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).unwrap() > 0 {
        hash.update(&line);
        std::hint::black_box(serde_json::from_slice::<T>(&line).unwrap());
        line.clear();
    }
    std::hint::black_box(hash.finalize());
}

/// Writes a file line by line, so that memory is that of the plan alone.
fn write(path: &Path, rows: usize, line: fn(usize) -> String) {
    let mut file = BufWriter::new(fs::File::create(path).unwrap());
    if line(0).starts_with("row") {
        writeln!(
            file,
            "id,ModelName,ModelVersion,Prompt,NegativePrompt,Duration,ExtraParameters"
        )
        .unwrap();
    }
    for n in 0..rows {
        writeln!(file, "{}", line(n)).unwrap();
    }
    file.flush().unwrap();
}

fn json_line(n: usize) -> String {
    format!(
        r#"{{"id":"row-{n}","ModelName":"Kling","ModelVersion":"2.6","Prompt":"a cat that walks through the snow at night, number {n}, in the style of an old film","NegativePrompt":"blurry","Duration":5,"ExtraParameters":{{"Resolution":"1080P","AspectRatio":"16:9"}}}}"#
    )
}

fn table_line(n: usize) -> String {
    format!(
        r#"row-{n},Kling,2.6,"a cat that walks through the snow at night, number {n}, in the style of an old film",blurry,5,"{{""Resolution"":""1080P"",""AspectRatio"":""16:9""}}""#
    )
}

/// Returns the median time of each function. They take turns, so that load on the machine slows all of
/// them.
fn medians<const N: usize>(runs: [&dyn Fn(); N]) -> [Duration; N] {
    let clock = SystemClock::new();
    let mut times = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for (run, times) in runs.iter().zip(&mut times) {
            let started = clock.monotonic();
            run();
            times.push(clock.monotonic().saturating_sub(started));
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times.get(ROUNDS / 2).copied().unwrap()
    })
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

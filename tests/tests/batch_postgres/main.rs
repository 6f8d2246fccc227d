//! `mps batch run` of four hosts on one PostgreSQL server: no row is sent twice, a cap is kept exactly
//! while processes are killed, and the rate limit holds for all of them together.
//!
//! Runs are short by default. `MPS_TEST_LONG=1` makes them as long as the nightly ones. Each prints its
//! figures (`--nocapture`).
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its figures"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use mps_core::clock::{Clock as _, SystemClock};
use mps_tests::{
    arrivals::first_too_early,
    bounded::{self, eventually},
    postgres::PostgresServer,
    process::{EmulatorProcess, mps},
    window::most_in_any_second,
};
use serde_json::{Value, json};

/// The creates that the service permits in any second.
const LIMIT: usize = 10;

fn is_long() -> bool {
    env::var_os("MPS_TEST_LONG").is_some_and(|value| value == "1")
}

/// An emulator, a server of ledgers and limits, and a folder for the hosts.
struct World {
    emulator: EmulatorProcess,
    server: PostgresServer,
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl World {
    /// Returns `None` without a PostgreSQL server.
    fn start(rows: usize) -> Option<Self> {
        let server = PostgresServer::start().unwrap()?;
        let times = ["--queue-time", "0s", "--render-time", "500ms"];
        let world = Self {
            emulator: EmulatorProcess::start(times).unwrap(),
            server,
            program: mps().unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        for host in 0..4 {
            let home = world.home(host);
            fs::create_dir(&home).unwrap();
            let row = |row: usize| {
                json!({"id": format!("row-{row}"), "ModelName": "Kling", "Prompt": format!("clip {row}"),
                    "Duration": 5})
                .to_string()
            };
            let lines: Vec<_> = (0..rows).map(row).collect();
            fs::write(home.join("clips.jsonl"), lines.join("\n")).unwrap();
        }
        Some(world)
    }

    /// The home of a host: its manifest, its results and its seal.
    fn home(&self, host: usize) -> PathBuf {
        self.folder.path().join(format!("host-{host}"))
    }

    fn command(&self, host: usize, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("HOME", self.home(host))
            .env("TENCENTCLOUD_SECRET_ID", &self.emulator.secret_id)
            .env("TENCENTCLOUD_SECRET_KEY", &self.emulator.secret_key)
            .env("MPS_LEDGER", self.server.url())
            .env("MPS_LIMITER", self.server.url())
            .env("MPS_ENDPOINT", format!("http://{}", self.emulator.address))
            .args(["--output", "json", "batch"])
            .args(arguments)
            .current_dir(self.home(host))
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Starts a run of the batch that all hosts share.
    fn run(&self, host: usize, more: &[&str]) -> Child {
        let arguments = ["run", "clips.jsonl", "--out", "clips", "--name", "clips"];
        let mut command = self.command(host, &[&arguments, more].concat());
        command.stdout(Stdio::piped()).spawn().unwrap()
    }

    fn bill(&self) -> Value {
        self.emulator.control("bill").unwrap()
    }

    fn creates(&self) -> u64 {
        self.bill()["creates"].as_u64().unwrap()
    }

    /// Returns the number of videos that all hosts have.
    fn videos(&self) -> usize {
        let videos = |host| videos(&self.home(host).join("clips"));
        (0..4).map(videos).sum()
    }

    /// Returns the times of all creates in microseconds.
    fn starts(&self) -> Vec<u64> {
        let bill = self.bill();
        let items = bill["items"].as_array().unwrap().iter();
        let mut starts: Vec<_> = items.map(|item| item["at_us"].as_u64().unwrap()).collect();
        starts.sort_unstable();
        starts
    }
}

fn videos(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| Path::new(name).extension().is_some_and(|it| it == "mp4"))
        .filter(|name| !name.starts_with('.'))
        .count()
}

/// Waits for the end of a run and returns its exit code and its result.
fn end(run: Child) -> (i32, Value) {
    let output = bounded::output_of(run).unwrap();
    let result = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap_or(-1), result)
}

fn has_ended(run: &mut Child) -> bool {
    run.try_wait().unwrap().is_some()
}

fn pause(pause: Duration) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().build().unwrap();
    runtime.block_on(async { SystemClock::new().sleep(pause).await });
}

#[expect(clippy::cast_precision_loss, reason = "a rate with two decimals")]
fn rate(starts: &[u64]) -> f64 {
    let span = starts.last().unwrap() - starts.first().unwrap();
    (starts.len() - 1) as f64 / (span as f64 / 1e6)
}

/// Does all rows in some processes, one a host, and returns the rate of the starts.
fn undisturbed(rows: usize, hosts: usize) -> Option<f64> {
    let world = World::start(rows)?;
    let runs: Vec<_> = (0..hosts).map(|host| world.run(host, &[])).collect();
    for run in runs {
        let (exit, result) = end(run);
        assert_eq!(exit, 0, "{result}");
        assert_eq!(
            result["fetched"].as_u64(),
            u64::try_from(rows).ok(),
            "{result}"
        );
    }
    let (bill, starts) = (world.bill(), world.starts());
    assert_eq!(bill["creates"].as_u64(), u64::try_from(rows).ok());
    assert_eq!(bill["duplicates"], 0);
    // A host that took over the row of another one may have saved its result, too.
    let surplus = world.videos() - rows;
    let (rate, worst) = (rate(&starts), most_in_any_second(&starts));
    println!(
        "{hosts} processes, {rows} rows: {rate:.2} starts/s, worst second {worst}, {surplus} results on two hosts"
    );
    assert_eq!(first_too_early(&starts, LIMIT), None, "{starts:?}");
    Some(rate)
}

#[test]
fn four_hosts_share_a_batch_and_send_no_row_twice() {
    let rows = if is_long() { 400 } else { 30 };
    let Some(four) = undisturbed(rows, 4) else {
        return;
    };
    if is_long() {
        let one = undisturbed(rows, 1).unwrap();
        assert!(four >= one * 0.95, "{four:.2} and {one:.2} starts/s");
    }
}

#[test]
fn a_cap_is_kept_exactly_while_processes_of_four_hosts_are_killed() {
    let (cap, rows, kills) = if is_long() { (50, 80, 30) } else { (20, 30, 4) };
    let Some(world) = World::start(rows) else {
        return;
    };
    let seconds = (cap * 5).to_string();
    let capped = ["--max-seconds", &seconds];
    let mut runs: Vec<_> = (0..4).map(|host| world.run(host, &capped)).collect();
    for kill in 1..=kills {
        let goal = u64::try_from(cap * kill / kills / 2).unwrap();
        // Rows in doubt may leave so few that the processes end before.
        eventually(|| world.creates() >= goal || runs.iter_mut().all(has_ended));
        pause(Duration::from_millis(fastrand::u64(..300)));
        let host = fastrand::usize(..4);
        bounded::kill(&mut runs[host]).unwrap();
        runs[host] = world.run(host, &capped);
    }
    let mut last = Value::Null;
    for run in runs {
        let (exit, result) = end(run);
        assert_eq!(exit, 11, "{result}");
        last = result;
    }
    let count = |state: &str| last[state].as_u64().unwrap();
    let (creates, cap) = (world.creates(), u64::try_from(cap).unwrap());
    let (fetched, in_doubt) = (count("fetched"), count("in_doubt"));
    println!(
        "cap of {cap} rows, {kills} kills: {creates} starts, {fetched} fetched, {in_doubt} in doubt, worst \
         second {}",
        most_in_any_second(&world.starts())
    );
    assert_eq!(world.bill()["duplicates"], 0, "{last}");
    // A row in doubt is held against the cap, whether it was started or not.
    assert_eq!(fetched + in_doubt, cap, "{last}");
    assert!(creates <= cap && creates >= fetched, "{last}");
    assert_eq!(first_too_early(&world.starts(), LIMIT), None);
}

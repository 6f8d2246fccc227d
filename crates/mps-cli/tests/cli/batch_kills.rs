//! Batches whose processes are killed: caps are kept, and nothing is paid twice or lost.

use std::{
    env,
    process::{Child, Stdio},
    time::Duration,
};

use mps_core::clock::{Clock as _, SystemClock};

use crate::{
    batch_support::{batch, command, counts, creates, manifest, run_batch},
    bounded,
    support::{Emulator, eventually},
};

/// Returns `true` for the nightly run.
fn is_long() -> bool {
    env::var_os("MPS_TEST_LONG").is_some_and(|value| value == "1")
}

fn start(emulator: &Emulator, more: &[&str]) -> Child {
    let arguments = [&["run", "foxes.jsonl", "--out", "clips"], more].concat();
    command(emulator, &arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn kill(mut process: Child) {
    bounded::kill(&mut process).unwrap();
}

/// Waits until the emulator has executed so many creates, or the process has ended: rows in doubt may leave too few.
fn until_creates(emulator: &Emulator, goal: u64, process: &mut Child) {
    eventually(|| creates(emulator)[0] >= goal || process.try_wait().unwrap().is_some());
}

/// Kills a process some time from now, so that the kills hit any moment.
fn kill_at_any_moment(process: Child) {
    let pause = Duration::from_millis(fastrand::u64(..400));
    let clock = SystemClock::new();
    let until = clock.monotonic() + pause;
    while clock.monotonic() < until {
        std::thread::yield_now();
    }
    kill(process);
}

#[test]
fn a_cap_is_kept_exactly_while_processes_are_killed() {
    let (cap, rows, kills) = if is_long() { (50, 80, 30) } else { (12, 20, 6) };
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=rows);
    let seconds = (cap * 5).to_string();
    let capped = ["--max-seconds", &seconds];
    for kill in 1..=kills {
        let mut process = start(&emulator, &capped);
        let goal = (cap * kill / kills / 2).max(1);
        until_creates(&emulator, goal, &mut process);
        kill_at_any_moment(process);
    }
    let run = run_batch(&emulator, "foxes.jsonl", &capped);
    assert_eq!(run.exit, 11, "{run:?}");
    let [planned, in_doubt, fetched] = counts(&run, ["planned", "in_doubt", "fetched"]);
    let rows = u64::try_from(rows).unwrap();
    // A row in doubt is held against the cap, whether it was started or not.
    assert_eq!(rows - planned, cap, "{run:?}");
    assert_eq!(fetched + in_doubt, cap, "{run:?}");
    let [started, twice] = creates(&emulator);
    assert_eq!(twice, 0, "{run:?}");
    assert!(
        started <= cap && started + in_doubt >= cap,
        "{started} of {cap}: {run:?}"
    );
}

#[test]
fn an_import_that_is_killed_is_continued() {
    let rows = if is_long() { 20_000 } else { 3_000 };
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=rows);
    let rows = u64::try_from(rows).unwrap();
    let few = ["--max-seconds", "10"];
    let imported = |emulator: &Emulator| {
        let status = batch(emulator, &["status"]);
        if status.exit == 0 {
            counts(&status, ["rows"])[0]
        } else {
            0
        }
    };
    let mut before = 0;
    for _ in 0..3 {
        let process = start(&emulator, &few);
        eventually(|| imported(&emulator) > before.min(rows - 1));
        kill(process);
        before = imported(&emulator);
    }
    let run = run_batch(&emulator, "foxes.jsonl", &few);
    assert_eq!(run.exit, 11, "{run:?}");
    let [all, planned] = counts(&run, ["rows", "planned"]);
    assert_eq!((all, all - planned), (rows, 2), "{run:?}");
    assert_eq!(creates(&emulator)[1], 0);
}

#[test]
fn rows_of_killed_processes_are_fetched_or_in_doubt_and_none_is_paid_twice() {
    let (rows, kills) = if is_long() { (300, 30) } else { (30, 4) };
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=rows);
    for kill in 1..=kills {
        let mut process = start(&emulator, &[]);
        let goal = u64::try_from(rows * kill / kills / 2).unwrap();
        until_creates(&emulator, goal, &mut process);
        kill_at_any_moment(process);
    }
    let run = run_batch(&emulator, "foxes.jsonl", &[]);
    let [in_doubt, fetched] = counts(&run, ["in_doubt", "fetched"]);
    assert_eq!(fetched + in_doubt, u64::try_from(rows).unwrap(), "{run:?}");
    assert_eq!(run.exit, if in_doubt == 0 { 0 } else { 11 }, "{run:?}");
    let [started, twice] = creates(&emulator);
    assert_eq!(twice, 0, "{run:?}");
    assert!(
        started >= fetched && started <= fetched + in_doubt,
        "{run:?}"
    );
}

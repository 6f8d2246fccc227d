//! Signals to a batch, each checked against the bill and the ledger.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{
    batch_support::{Running, batch, command, counts, creates, events, manifest, run_batch},
    bounded,
    phases::{Phase, catches_signals},
    support::{Emulator, Run, eventually},
};

const CREATE: &str = "CreateAigcVideoTask";

/// A run with a create on the wire that is answered when the emulator is told to.
struct Sending {
    emulator: Emulator,
    running: Running,
}

impl Sending {
    fn start(more: &[&str]) -> Self {
        let emulator = Emulator::start("0s");
        manifest(&emulator, "foxes.jsonl", 1..=30);
        emulator.hold(CREATE);
        let running = Running::start_with(&emulator, "foxes.jsonl", more);
        eventually(|| creates(&emulator)[0] > 0);
        Self { emulator, running }
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.running.process), signal).unwrap();
    }

    fn end(self) -> (Emulator, Run) {
        (self.emulator, self.running.end())
    }
}

#[test]
fn one_signal_starts_nothing_more_and_waits_for_the_answers() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        // Answers are held, so no more than these leave until the answers are let go, however long that takes.
        let sending = Sending::start(&["--concurrency", "8"]);
        sending.send(signal);
        sending.running.stderr.wait_for("draining");
        sending.emulator.clear_faults();
        let (emulator, run) = sending.end();
        assert_eq!(run.exit, code, "{run:?}");
        let [in_doubt, planned, rows] = counts(&run, ["in_doubt", "planned", "rows"]);
        assert_eq!(in_doubt, 0, "{run:?}");
        // Some that were claimed at the signal may have left.
        assert!(planned > 10, "{run:?}");
        assert_eq!(rows - planned, creates(&emulator)[0], "{run:?}");
        emulator.clear_faults();
        let run = run_batch(&emulator, "foxes.jsonl", &[]);
        assert_eq!((run.exit, creates(&emulator)), (0, [30, 0]), "{run:?}");
    }
}

#[test]
fn a_second_signal_leaves_at_once_and_names_the_rows_in_doubt() {
    let sending = Sending::start(&[]);
    sending.send(Signal::INT);
    sending.running.stderr.wait_for("draining");
    sending.send(Signal::INT);
    let (emulator, run) = sending.end();
    assert_eq!((run.exit, run.stdout.as_str()), (130, ""), "{run:?}");
    let error = run.error();
    assert_eq!(
        (&error["kind"], &error["in_doubt"]),
        (&json!("interrupted"), &json!(false))
    );
    let lines = run.stderr.lines();
    let errors = lines.filter(|line| line.contains("mps.error/1")).count();
    let status = batch(&emulator, &["status"]);
    let [in_doubt] = counts(&status, ["in_doubt"]);
    assert!(in_doubt > 0, "{status:?}");
    // One that was about to leave is named, too.
    let named = u64::try_from(errors - 1).unwrap();
    assert!(named >= in_doubt, "{run:?} {status:?}");
    emulator.clear_faults();
    let run = run_batch(&emulator, "foxes.jsonl", &[]);
    assert_eq!((run.exit, creates(&emulator)[1]), (11, 0), "{run:?}");
    assert_eq!(
        counts(&run, ["in_doubt", "fetched"]),
        [in_doubt, 30 - in_doubt]
    );
}

#[test]
fn a_signal_before_the_first_row_ends_the_command_at_once() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=2);
    let _obstacle = Phase::PermitQueue.obstacle(&emulator);
    let mut process = command(&emulator, &["run", "foxes.jsonl", "--out", "clips"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually(|| catches_signals(process.id()));
    kill_process(Pid::from_child(&process), Signal::INT).unwrap();
    assert_eq!(bounded::wait(&mut process).unwrap().code(), Some(130));
    // That of the obstacle.
    assert_eq!(creates(&emulator), [1, 0]);
}

#[test]
fn a_signal_while_tasks_are_rendered_stops_at_once() {
    let emulator = Emulator::start("1h");
    manifest(&emulator, "foxes.jsonl", 1..=2);
    let running = Running::start(&emulator, "foxes.jsonl");
    running.stderr.wait_for("\"created\"");
    running.stderr.wait_for("\"created\"");
    kill_process(Pid::from_child(&running.process), Signal::TERM).unwrap();
    let run = running.end();
    assert_eq!((run.exit, counts(&run, ["created"])), (143, [2]), "{run:?}");
    assert_eq!(events(&run, "draining").len(), 1, "{run:?}");
}

//! Two processes and one request: paid once, whatever happens to either.

use std::{process::Child, thread};

use serde_json::{Value, json};

use crate::{
    bounded::{self, Lines},
    support::{Emulator, Run, eventually, signal, spawn},
};

fn start(emulator: &Emulator, prompt: &str, more: &[&str]) -> Child {
    let arguments = ["--output=json", "video", "create", "--prompt", prompt];
    spawn(&mut emulator.recorded(&[&arguments, more].concat()))
}

/// Runs the same create in two shells at the same instant, several times with other contents.
fn two_shells(runs: u64) {
    let emulator = Emulator::start("1h");
    for number in 0..runs {
        let prompt = format!("cat {number}");
        let shells = [0, 1].map(|_| start(&emulator, &prompt, &[]));
        let runs = shells.map(Run::of);
        let mut exits = runs.each_ref().map(|run| run.exit);
        exits.sort_unstable();
        assert_eq!(exits, [0, 12], "{runs:?}");
        assert_eq!(emulator.creates(), number + 1, "{runs:?}");
    }
}

#[test]
fn of_two_shells_with_the_same_request_one_is_refused() {
    two_shells(20);
}

#[test]
#[ignore = "takes minutes; run every night"]
fn of_two_shells_with_the_same_request_one_is_refused_200_times() {
    two_shells(200);
}

#[test]
fn two_shells_with_one_key_have_one_task() {
    let emulator = Emulator::start("1h");
    for number in 0..5 {
        let key = format!("k{number}");
        let shells = [0, 1].map(|_| start(&emulator, "a cat", &["--key", &key]));
        let runs = shells.map(Run::of);
        let ids = runs.each_ref().map(|run| run.json()["task_id"].clone());
        assert_eq!(ids[0], ids[1], "{runs:?}");
        assert_eq!(emulator.creates(), number + 1);
    }
}

/// A process that is killed on the wire leaves a create in doubt, and one before it nothing.
#[test]
fn a_kill_on_the_wire_is_listed_as_in_doubt() {
    let emulator = Emulator::start("1h");
    emulator.hold("CreateAigcVideoTask");
    let mut process = start(&emulator, "a cat", &["--key", "k"]);
    let arrived = || {
        let requests = emulator.requests();
        !requests.is_empty() || emulator.creates() > 0 || state(&emulator) == json!("sending")
    };
    eventually(arrived);
    let busy = emulator.record(&["video", "create", "--prompt", "a cat"]);
    assert_eq!(busy.exit, 12, "{busy:?}");
    let waits = emulator.record(&[
        "--deadline",
        "1s",
        "video",
        "create",
        "--prompt",
        "a cat",
        "--key",
        "k",
    ]);
    assert_eq!(waits.exit, 9, "{waits:?}");
    bounded::kill(&mut process).unwrap();
    emulator.clear_faults();
    assert_eq!(state(&emulator), "in_doubt");
    let again = emulator.record(&["video", "create", "--prompt", "a cat"]);
    assert_eq!(again.exit, 12, "{again:?}");
    let resolved = emulator.record(&["resolve", "k", "--recreate"]);
    assert_eq!(resolved.exit, 0, "{resolved:?}");
}

fn state(emulator: &Emulator) -> Value {
    let run = emulator.record(&["tasks"]);
    let first = run.stdout.lines().next().map(serde_json::from_str::<Value>);
    first.map_or(Value::Null, |line| line.unwrap()["state"].clone())
}

#[test]
fn first_commands_at_once_share_one_new_ledger() {
    let emulator = Emulator::start("1h");
    thread::scope(|scope| {
        let shells: Vec<_> = (0..10)
            .map(|number| {
                let emulator = &emulator;
                scope.spawn(move || Run::of(start(emulator, &format!("cat {number}"), &[])))
            })
            .collect();
        for shell in shells {
            let run = shell.join().unwrap();
            assert_eq!(run.exit, 0, "{run:?}");
        }
    });
    assert_eq!(emulator.creates(), 10);
    let listed = emulator.record(&["tasks"]);
    assert_eq!(listed.stdout.lines().count(), 10, "{listed:?}");
}

fn terminate(process: &Child) {
    signal(process, "-TERM");
}

#[test]
fn a_signal_on_the_wire_waits_for_the_answer_and_records_it() {
    let emulator = Emulator::start("1h");
    emulator.hold("CreateAigcVideoTask");
    let mut process = start(&emulator, "a cat", &[]);
    eventually(|| emulator.creates() == 1);
    terminate(&process);
    let stderr = Lines::of(process.stderr.take().unwrap());
    stderr.wait_for("finishing_create");
    emulator.clear_faults();
    let run = Run::of(process);
    assert_eq!((run.exit, emulator.creates()), (143, 1), "{run:?}");
    let task = emulator.record(&["tasks"]).json();
    assert_eq!(task["state"], "created");
    assert_eq!(task["task_id"], run.json()["task_id"]);
}

#[test]
fn a_second_signal_on_the_wire_leaves_a_create_in_doubt_with_its_key() {
    let emulator = Emulator::start("1h");
    emulator.hold("CreateAigcVideoTask");
    let process = start(&emulator, "a cat", &["--key", "k"]);
    eventually(|| emulator.creates() == 1);
    terminate(&process);
    terminate(&process);
    // Two signals of one kind may arrive as one.
    let mut process = process;
    eventually(|| {
        if process.try_wait().unwrap().is_none() {
            terminate(&process);
        }
        process.try_wait().unwrap().is_some()
    });
    let run = Run::of(process);
    assert_eq!(run.exit, 9, "{run:?}");
    assert!(run.stderr.contains("resolve"), "{run:?}");
    assert_eq!(state(&emulator), "in_doubt");
}

/// The service throttles the create, so that it waits to be sent again.
#[test]
fn a_signal_before_the_send_leaves_nothing_to_be_paid() {
    let emulator = Emulator::start("1h");
    emulator.add_fault(&json!({"kind": "refuse", "code": "RequestLimitExceeded"}));
    let process = start(&emulator, "a cat", &["--key", "k"]);
    eventually(|| state(&emulator) == "intent");
    terminate(&process);
    let run = Run::of(process);
    assert_eq!((run.exit, emulator.creates()), (143, 0), "{run:?}");
    assert_eq!(state(&emulator), "unsent");
    emulator.clear_faults();
    let sent = Run::of(start(&emulator, "a cat", &["--key", "k"]));
    assert_eq!((sent.exit, emulator.creates()), (0, 1), "{sent:?}");
}

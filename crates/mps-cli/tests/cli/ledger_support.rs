//! Creates and rows of the ledger, for its tests.

use serde_json::{Value, json};

use crate::support::{Emulator, Run};

pub(crate) const CREATE: [&str; 4] = ["video", "create", "--prompt", "a cat"];

pub(crate) fn create(emulator: &Emulator, more: &[&str]) -> Run {
    emulator.record(&[&CREATE, more].concat())
}

/// The rows of the ledger, newest first.
pub(crate) fn tasks(emulator: &Emulator, arguments: &[&str]) -> Vec<Value> {
    let run = emulator.record(&[&["tasks"], arguments].concat());
    assert_eq!(run.exit, 0, "{run:?}");
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub(crate) fn only_task(emulator: &Emulator) -> Value {
    let mut tasks = tasks(emulator, &[]);
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    tasks.remove(0)
}

pub(crate) fn lose_reply(emulator: &Emulator) {
    emulator.add_fault(&json!({"kind": "reply_lost", "times": 1, "action": "CreateAigcVideoTask"}));
}

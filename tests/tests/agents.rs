//! `mps mcp` with the official client of the Model Context Protocol, each in a process of its own, and the
//! emulator in a third.
//!
//! `tests/sdks/install.sh` installs the client. Without it these tests are skipped on a developer's
//! machine, and fail where `CI` is `true`.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use mps_tests::{
    official::{Agent, Caller},
    process::EmulatorProcess,
};
use serde_json::{Value, json};

/// Runs a scenario with a server that has this daily cap; `None` without the client.
fn run(scenario: &str, max_seconds: u32) -> Option<Value> {
    let agent = Agent::installed()?;
    let flags = ["--queue-time", "0s", "--render-time", "500ms"];
    let emulator = EmulatorProcess::start(flags).unwrap();
    let caller = Caller {
        address: &emulator.address,
        secret_id: &emulator.secret_id,
        secret_key: &emulator.secret_key,
    };
    Some(agent.run(caller, scenario, max_seconds).unwrap())
}

fn check(scenario: &str, max_seconds: u32, expected: &Value) {
    if let Some(result) = run(scenario, max_seconds) {
        assert_eq!(&result, expected, "{scenario}");
    }
}

#[test]
fn every_way_of_opening_a_session_lists_the_same_tools() {
    let tools = ["create", "status", "wait", "fetch", "list", "check"];
    let expected = json!({
        "auto": tools, "auto server": "mps", "auto unknown": -32602,
        "legacy": tools, "legacy server": "mps", "legacy unknown": -32602,
    });
    check("tools", 60, &expected);
}

#[test]
fn a_clip_is_followed_from_its_create_to_its_file() {
    let states = ["created", "done", "fetched"];
    let expected = json!({"states": states, "progress": true, "size": true, "listed": 1});
    check("followed", 60, &expected);
}

#[test]
fn a_create_whose_answer_was_lost_is_billed_once() {
    let bill = json!({"creates": 1, "duplicates": 0});
    let in_doubt = [true, true, true];
    let expected = json!({"in_doubt": in_doubt, "asks_a_person": true, "bill": bill});
    check("lost", 60, &expected);
}

#[test]
fn a_create_that_an_earlier_session_left_is_found_by_its_key() {
    let bill = json!({"creates": 1, "duplicates": 0});
    let expected = json!({"state": "created", "existing": true, "bill": bill});
    check("gone", 60, &expected);
}

#[test]
fn calls_at_the_same_time_bill_a_key_once_and_keep_the_cap() {
    let bill = json!({"creates": 2, "duplicates": 0});
    let states = [
        "cap_reached",
        "cap_reached",
        "created",
        "created",
        "created",
        "created",
    ];
    check("parallel", 10, &json!({"states": states, "bill": bill}));
}

#[test]
fn a_cancelled_create_is_finished_and_recorded() {
    let bill = json!({"creates": 1, "duplicates": 0});
    let result = run("cancelled", 60);
    if let Some(result) = result {
        assert_eq!(result.get("bill"), Some(&bill), "{result}");
    }
}

#[test]
fn lines_that_are_no_messages_and_ten_megabytes_end_nothing() {
    let bill = json!({"creates": 1, "duplicates": 0});
    let expected = json!({"long": "preflight", "short": "created", "bill": bill});
    check("unusual", 60, &expected);
}

#[test]
fn the_cap_holds_over_a_restart() {
    let bill = json!({"creates": 2, "duplicates": 0});
    let states = [
        "created",
        "created",
        "cap_reached",
        "cap_reached",
        "created",
    ];
    let expected = json!({"states": states, "left": 0, "bill": bill});
    check("capped", 10, &expected);
}

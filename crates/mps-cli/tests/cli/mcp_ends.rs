//! The start and the ends of `mps mcp`.

use std::io::Write as _;

use serde_json::json;

use crate::{
    bounded,
    ledger_support::tasks,
    mcp_support::{Agent, create},
    support::{Emulator, eventually, mps, run},
};

#[test]
fn a_create_on_the_wire_is_answered_before_the_server_ends() {
    for (signal, exit) in [(None, 0), (Some("-TERM"), 143), (Some("-INT"), 130)] {
        let emulator = Emulator::start("10m");
        let mut agent = Agent::start(&emulator, "60");
        emulator.hold("CreateAigcVideoTask");
        let id = agent.send_tool("create", &create("fox"));
        eventually(|| !emulator.requests().is_empty());
        match signal {
            Some(signal) => agent.signal(signal),
            None => drop(agent.stdin.take()),
        }
        emulator.clear_faults();
        let answer = agent.answer(id);
        let state = &answer["result"]["structuredContent"]["state"];
        assert_eq!(state, "created", "{signal:?} {answer}");
        let run = agent.end();
        assert_eq!((run.exit, run.stdout.as_str()), (exit, ""), "{run:?}");
        assert_eq!(tasks(&emulator, &[])[0]["state"], "created");
    }
}

#[test]
fn a_second_signal_names_the_creates_that_are_left_in_doubt() {
    let emulator = Emulator::start("10m");
    let mut agent = Agent::start(&emulator, "60");
    emulator.hold("CreateAigcVideoTask");
    agent.send_tool("create", &create("fox"));
    eventually(|| !emulator.requests().is_empty());
    agent.signal("-TERM");
    agent.signal("-TERM");
    // Signals that arrive together are one.
    eventually(|| {
        agent.signal("-TERM");
        agent.server.try_wait().unwrap().is_some()
    });
    let run = agent.end();
    assert_eq!(run.exit, 143, "{run:?}");
    assert!(run.stderr.contains("fox"), "{run:?}");
    assert_eq!(tasks(&emulator, &[])[0]["state"], "in_doubt");
}

#[test]
fn a_client_that_closes_stdout_ends_the_server() {
    let emulator = Emulator::start("0s");
    let mut agent = Agent::start(&emulator, "60");
    let id = agent.send("ping", &json!({}));
    agent.answer(id);
    agent.close_stdout();
    // A process that another test has just forked may have the other end until it executes its program.
    eventually(|| {
        let stdin = agent.stdin.as_mut().unwrap();
        let _ended = writeln!(stdin, r#"{{"jsonrpc":"2.0","id":9,"method":"ping"}}"#);
        agent.server.try_wait().unwrap().is_some()
    });
    let end = bounded::wait(&mut agent.server).unwrap();
    assert_eq!(end.code(), Some(1));
}

#[test]
fn no_server_starts_without_a_cap_or_a_ledger() {
    let emulator = Emulator::start("0s");
    for (arguments, part) in [
        (&["mcp"][..], "--max-seconds"),
        (&["mcp", "--max-seconds", "0"], "--max-seconds"),
        (&["--ledger", "off", "mcp", "--max-seconds", "5"], "ledger"),
        (
            &["--ledger", "/dev/null/a.db", "mcp", "--max-seconds", "5"],
            "/dev/null",
        ),
    ] {
        let refused = run(&mut emulator.recorded(arguments));
        assert_eq!(
            (refused.exit, refused.stdout.as_str()),
            (2, ""),
            "{refused:?}"
        );
        assert!(refused.stderr.contains(part), "{refused:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let without_keys = run(mps(folder.path()).args(["mcp", "--max-seconds", "5"]));
    assert_eq!((without_keys.exit, without_keys.stdout.as_str()), (3, ""));
}

#[test]
fn the_emulator_can_be_tried_without_keys_and_logs_no_prompt() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "--emulator",
        "-vv",
        "--output",
        "json",
        "mcp",
        "--max-seconds",
        "5",
    ];
    let mut agent = Agent::of(mps(folder.path()).args(arguments));
    let task = agent.done("create", &create("a secret prompt"));
    assert_eq!(task["state"], "created");
    let run = agent.close();
    assert_eq!(run.exit, 0, "{run:?}");
    let log = run.stderr.lines().filter(|line| line.contains("mps.log/1"));
    assert!(log.count() > 0, "{run:?}");
    for part in ["Prompt", "a secret prompt"] {
        assert!(!run.stderr.contains(part), "{part}: {}", run.stderr);
    }
}

//! `mps mcp`: the tools for agents, over the stdin and stdout of a process of its own.

use std::path::Path;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    ledger_support::{lose_reply, tasks},
    mcp_support::{Agent, clip, create},
    support::{Emulator, eventually},
};

#[test]
fn an_agent_creates_waits_and_fetches() {
    let emulator = Emulator::start("300ms");
    let mut agent = Agent::start(&emulator, "60");
    let tools = agent.request("tools/list", &json!({}));
    let names: Vec<_> = tools["tools"].as_array().unwrap().iter().collect();
    let names: Vec<_> = names
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["create", "status", "wait", "fetch", "list", "check"]
    );
    let checked = agent.done("check", &json!({"request": clip("fox"), "schema": true}));
    assert_eq!(
        (&checked["ok"], &checked["seconds"]),
        (&json!(true), &json!(5))
    );
    assert!(checked["json_schema"]["properties"]["Prompt"].is_object());
    let task = agent.done("create", &create("fox"));
    assert_eq!(
        (&task["state"], &task["seconds"]),
        (&json!("created"), &json!(5))
    );
    assert_eq!(
        agent.error("fetch", &json!({"key": "owl"})).0["kind"],
        "usage"
    );
    assert_eq!(agent.wait_until_done("fox")["state"], "done");
    let fetched = agent.done("fetch", &json!({"key": "fox"}));
    assert_eq!(fetched["state"], "fetched");
    let file = &fetched["files"][0];
    let path = Path::new(file["path"].as_str().unwrap());
    let folder = emulator.folder.path().join("clips").canonicalize().unwrap();
    assert_eq!(path.parent().unwrap().canonicalize().unwrap(), folder);
    let content = std::fs::read(path).unwrap();
    assert_eq!(file["bytes"], content.len());
    assert_eq!(file["sha256"], hex::encode(Sha256::digest(&content)));
    // Idempotent: the file is there.
    assert_eq!(
        agent.done("fetch", &json!({"key": "fox"}))["files"][0],
        *file
    );
    let listed = agent.done("list", &json!({"states": ["fetched"]}));
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(listed["cap"]["left_seconds"], 55);
    let run = agent.close();
    assert_eq!((run.exit, run.stdout.as_str()), (0, ""), "{run:?}");
    assert_eq!(tasks(&emulator, &[])[0]["batch"], "agents");
}

#[test]
fn a_create_whose_reply_was_lost_is_never_sent_again() {
    let emulator = Emulator::start("0s");
    let mut agent = Agent::start(&emulator, "60");
    lose_reply(&emulator);
    let (error, text) = agent.error("create", &create("fox"));
    assert_eq!(
        (&error["in_doubt"], &error["key"]),
        (&json!(true), &json!("fox"))
    );
    assert!(error["doubt"]["body_sha256"].is_string(), "{error}");
    assert!(text.contains("mps") && text.contains("resolve"), "{text}");
    // Under the same key, under another one, and from another process.
    assert_eq!(agent.error("create", &create("fox")).0["in_doubt"], true);
    let other = json!({"key": "fox-2", "request": clip("fox")});
    assert_eq!(agent.error("create", &other).0["in_doubt"], true);
    let mut second = Agent::start(&emulator, "60");
    assert_eq!(second.error("create", &create("fox")).0["in_doubt"], true);
    let task = agent.done("status", &json!({"key": "fox"}));
    assert_eq!(task["state"], "in_doubt");
    assert!(task["doubt"]["next_steps"].is_array(), "{task}");
    // It holds its seconds.
    assert_eq!(agent.done("list", &json!({}))["cap"]["used_seconds"], 5);
    assert_eq!(emulator.creates(), 1);
    // A person decides.
    let abandoned = emulator.record(&["resolve", "agents/fox", "--abandon"]);
    assert_eq!(abandoned.exit, 0, "{abandoned:?}");
    assert_eq!(agent.done("create", &create("fox"))["state"], "abandoned");
    assert_eq!(emulator.creates(), 1);
}

#[test]
fn a_key_is_one_task_and_a_request_is_not_made_twice_under_two_keys() {
    let emulator = Emulator::start("10m");
    let mut agent = Agent::start(&emulator, "60");
    let first = agent.done("create", &create("fox"));
    let again = agent.done("create", &create("fox"));
    assert_eq!(again["existing"], true);
    assert_eq!(again["task_id"], first["task_id"]);
    let mut longer = create("fox");
    longer["request"]["Duration"] = json!(10);
    let (_, text) = agent.error("create", &longer);
    assert!(text.contains("differs in Duration"), "{text}");
    let (error, text) = agent.error("create", &json!({"key": "owl", "request": clip("fox")}));
    assert_eq!(
        (&error["kind"], &error["key"]),
        (&json!("repeat"), &json!("fox"))
    );
    assert!(text.contains("wait"), "{text}");
    assert_eq!(emulator.creates(), 1);
}

#[test]
fn the_daily_cap_outlives_the_server() {
    let emulator = Emulator::start("10m");
    let mut agent = Agent::start(&emulator, "12");
    for key in ["1", "2"] {
        agent.done("create", &create(key));
    }
    let (error, text) = agent.error("create", &create("3"));
    assert_eq!(
        (&error["kind"], &error["created"]),
        (&json!("cap_reached"), &json!(false))
    );
    assert!(text.contains("10 of the 12 s"), "{text}");
    agent.signal("-KILL");
    drop(agent);
    let mut agent = Agent::start(&emulator, "12");
    assert_eq!(agent.error("create", &create("3")).0["kind"], "cap_reached");
    let mut richer = Agent::start(&emulator, "15");
    richer.done("create", &create("3"));
    assert_eq!(emulator.creates(), 3);
}

#[test]
fn calls_at_the_same_time_neither_exceed_the_cap_nor_bill_a_key_twice() {
    let emulator = Emulator::start("10m");
    let (mut one, mut two) = (Agent::start(&emulator, "20"), Agent::start(&emulator, "20"));
    let mut calls = Vec::new();
    for key in ["1", "2", "3", "1", "4", "5", "6", "2"] {
        let sent = (
            one.send_tool("create", &create(key)),
            two.send_tool("create", &create(key)),
        );
        calls.push(sent);
    }
    let mut results = Vec::new();
    for agent in [&mut one, &mut two] {
        let mut open = calls.len();
        while open > 0 {
            let message = agent.read();
            open -= usize::from(message["id"].is_u64());
            results.push(message["result"]["structuredContent"].clone());
        }
    }
    let refused = results
        .iter()
        .filter(|it| it["kind"] == "cap_reached")
        .count();
    let created = results.iter().filter(|it| it["state"] == "created").count();
    assert_eq!(refused + created, 16, "{results:?}");
    assert_eq!(emulator.creates(), 4);
    assert_eq!(emulator.bill()["duplicates"], 0);
}

#[test]
fn a_cancelled_create_is_recorded_and_a_cancelled_wait_ends() {
    let emulator = Emulator::start("10m");
    let mut agent = Agent::start(&emulator, "60");
    emulator.hold("CreateAigcVideoTask");
    let id = agent.send_tool("create", &create("fox"));
    eventually(|| {
        emulator
            .requests()
            .iter()
            .any(|it| it["action"] == "CreateAigcVideoTask")
    });
    agent.notify("notifications/cancelled", &json!({"requestId": id}));
    emulator.clear_faults();
    assert_eq!(agent.wait_until_created("fox")["state"], "created");
    let id = agent.send_tool("wait", &json!({"key": "fox", "seconds": 60}));
    agent.notify("notifications/cancelled", &json!({"requestId": id}));
    // It gets no answer, and nothing waits for it at the end.
    let run = agent.close();
    assert_eq!((run.exit, run.stdout.as_str()), (0, ""), "{run:?}");
    assert_eq!(emulator.creates(), 1);
}

#[test]
fn a_wait_reports_progress_if_it_is_asked_to() {
    let emulator = Emulator::start("1h");
    let mut agent = Agent::start(&emulator, "60");
    agent.done("create", &create("fox"));
    let id = agent.send(
        "tools/call",
        &json!({
            "name": "wait",
            "arguments": {"key": "fox", "seconds": 30},
            "_meta": {"progressToken": "p-1"},
        }),
    );
    let first = agent.read();
    assert_eq!(first["method"], "notifications/progress", "{first}");
    assert_eq!(first["params"]["progressToken"], "p-1");
    emulator.advance("2h");
    assert_eq!(
        agent.answer(id)["result"]["structuredContent"]["state"],
        "done"
    );
}

#[test]
fn lines_that_are_no_requests_are_refused_and_the_session_goes_on() {
    let emulator = Emulator::start("0s");
    let mut agent = Agent::start(&emulator, "60");
    agent.write("garbage \u{1b}[31m");
    assert_eq!(agent.read()["error"]["code"], -32700);
    agent.write("");
    agent.write("[]");
    assert_eq!(agent.read()["error"]["code"], -32600);
    agent.write(r#"{"jsonrpc":"1.0","id":77,"method":"tools/list"}"#);
    let refused = agent.read();
    assert_eq!(
        (&refused["error"]["code"], &refused["id"]),
        (&json!(-32600), &json!(77))
    );
    // The service accepts 10 MB, and the rules of the request 2,000 characters.
    let mut long = create("long");
    long["request"]["Prompt"] = json!("a".repeat(10_000_000));
    let (error, _) = agent.error("create", &long);
    assert_eq!(error["kind"], "preflight");
    // Longer than any message: skipped without being kept.
    agent.write(&"b".repeat(17 << 20));
    assert_eq!(agent.read()["error"]["code"], -32600);
    assert_eq!(agent.request("ping", &json!({})), json!({}));
    let run = agent.close();
    assert_eq!(run.exit, 0, "{run:?}");
    assert!(
        !run.stderr.contains("garbage") && !run.stderr.contains("bbb"),
        "{run:?}"
    );
    assert_eq!(emulator.creates(), 0);
}

#[test]
fn nothing_can_be_repeated_resolved_or_redirected() {
    let emulator = Emulator::start("0s");
    let mut agent = Agent::start(&emulator, "60");
    for tool in ["resolve", "recreate", "call", "retry"] {
        let id = agent.send_tool(tool, &json!({"key": "fox"}));
        assert_eq!(agent.answer(id)["error"]["code"], -32602, "{tool}");
    }
    for (name, value) in [
        ("again", json!(true)),
        ("endpoint", json!("http://127.0.0.1:1")),
        ("ledger", json!("off")),
        ("max_seconds", json!(1_000)),
        ("out", json!("/tmp")),
    ] {
        let mut arguments = create("fox");
        arguments[name] = value;
        let (_, text) = agent.error("create", &arguments);
        assert!(text.contains(name), "{text}");
    }
    let fetch = json!({"key": "fox", "path": "../fox.mp4"});
    assert_eq!(agent.error("fetch", &fetch).0["kind"], "usage");
    // Only an action that creates a task, and only seconds that can be counted.
    let read = json!({"key": "a", "action": "DescribeAigcVideoTask", "request": {"TaskId": "1"}});
    assert_eq!(agent.error("create", &read).0["kind"], "usage");
    let unknown = json!({"key": "a", "request": {"ModelName": "New", "Prompt": "a"}});
    assert_eq!(agent.error("create", &unknown).0["kind"], "spend_guard");
    assert_eq!(emulator.creates(), 0);
}

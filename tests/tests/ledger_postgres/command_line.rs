//! The command `mps` with its ledger in a server: keys, the guard against repeats, a create in doubt, and
//! two hosts that share the tasks.

use std::{path::Path, process::Command};

use mps_tests::{
    commands::{End, World, ended},
    postgres::{PostgresServer, Stop},
};
use serde_json::{Value, json};

use crate::store::new_location;

const DONE_AT_ONCE: [&str; 4] = ["--queue-time", "0s", "--render-time", "0s"];

/// Runs a command of a host, which has a home and a seal of its own, with its ledger at a location.
fn run(world: &World, host: &str, location: &str, arguments: &[&str]) -> End {
    let (server, _) = location.split_once("&seal=").unwrap();
    let home = world.path(host);
    std::fs::create_dir_all(&home).unwrap();
    let mut command: Command = world.mps(arguments);
    command
        .env("HOME", &home)
        .env("MPS_LEDGER", server)
        .current_dir(home);
    ended(command.spawn().unwrap())
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap()
}

fn bill(world: &World) -> (Value, Value) {
    let bill = world.control("bill");
    (bill["creates"].clone(), bill["duplicates"].clone())
}

#[test]
fn two_hosts_share_keys_the_guard_and_the_newest_task() {
    let Some(server) = PostgresServer::shared().unwrap() else {
        return;
    };
    let (world, location) = (World::start(&DONE_AT_ONCE), new_location(&server.url()));
    let cat = ["video", "create", "--prompt", "a cat", "--key", "cat"];
    let created = run(&world, "a", &location, &cat);
    assert_eq!(created.exit, Some(0), "{created:?}");
    let again = run(&world, "b", &location, &cat);
    assert_eq!(again.exit, Some(0), "{again:?}");
    let task = json_of(&created.stdout)["task_id"].clone();
    assert_eq!(json_of(&again.stdout)["task_id"], task);
    let other = ["video", "create", "--prompt", "a dog", "--key", "cat"];
    assert_eq!(run(&world, "b", &location, &other).exit, Some(2));
    assert_eq!(bill(&world), (json!(1), json!(0)));

    let wait = ["video", "wait", "--last", "--out", "cat.mp4"];
    let waited = run(&world, "b", &location, &wait);
    assert_eq!(waited.exit, Some(0), "{waited:?}");
    assert!(Path::new(&world.path("b/cat.mp4")).exists());
    let tasks = run(&world, "a", &location, &["tasks"]);
    assert_eq!(json_of(&tasks.stdout)["state"], "fetched", "{tasks:?}");
}

#[test]
fn a_create_in_doubt_on_one_host_is_resolved_on_another() {
    let Some(server) = PostgresServer::shared().unwrap() else {
        return;
    };
    let (world, location) = (World::start(&DONE_AT_ONCE), new_location(&server.url()));
    world.post("faults", &json!({"kind": "reply_lost", "times": 1}));
    let cat = ["video", "create", "--prompt", "a cat"];
    let lost = run(&world, "a", &location, &cat);
    assert_eq!(lost.exit, Some(9), "{lost:?}");
    let repeat = run(&world, "b", &location, &cat);
    assert_eq!(repeat.exit, Some(12), "{repeat:?}");
    let key = json_of(&repeat.stderr)["key"].as_str().unwrap().to_owned();
    let requests = world.control("requests");
    assert_eq!(
        requests["requests"].as_array().map(Vec::len),
        Some(1),
        "{requests}"
    );

    let resolve = ["resolve", &key, "--abandon"];
    let resolved = run(&world, "b", &location, &resolve);
    assert_eq!(resolved.exit, Some(0), "{resolved:?}");
    assert_eq!(run(&world, "a", &location, &cat).exit, Some(0));
    assert_eq!(bill(&world).0, json!(2));
}

#[test]
fn a_server_that_is_away_refuses_a_create_and_lets_reads_go_on() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    let (world, location) = (World::start(&DONE_AT_ONCE), new_location(&server.url()));
    let create = ["video", "create", "--prompt", "a cat"];
    let created = run(&world, "a", &location, &create);
    let task = json_of(&created.stdout)["task_id"]
        .as_str()
        .unwrap()
        .to_owned();
    server.stop(Stop::Orderly).unwrap();
    let refused = run(
        &world,
        "a",
        &location,
        &["video", "create", "--prompt", "a dog"],
    );
    assert_eq!(refused.exit, Some(6), "{refused:?}");
    let status = run(&world, "a", &location, &["video", "status", &task]);
    assert_eq!(status.exit, Some(0), "{status:?}");
    assert_eq!(run(&world, "a", &location, &["tasks"]).exit, Some(6));
    assert_eq!(bill(&world), (json!(1), json!(0)));
}

//! Ten thousand tasks, loaded from a snapshot over the control API.

use std::time::Duration;

use http::StatusCode;
use mps_emulator::RateLimit;
use serde_json::json;

use crate::call::{DESCRIBE, World};

const TASKS: usize = 10_000;

fn unlimited() -> World {
    World::with(|builder| builder.rate_limit(RateLimit::Off))
}

/// Files of the same size and duration are made once: else this test takes minutes.
#[test]
fn ten_thousand_running_tasks_are_restored_listed_described_and_served() {
    let world = unlimited();
    world.service.clock().freeze();
    let clip = |number: usize| {
        let resolution = ["720P", "1080P"][number % 2];
        let duration = 5 + number / 2 % 10;
        json!({ "Prompt": format!("clip {number}"), "Duration": duration,
            "ExtraParameters": { "Resolution": resolution } })
    };
    let ids: Vec<_> = (0..TASKS)
        .map(|number| world.create(&clip(number)))
        .collect();
    let snapshot = world.control("snapshot");

    let other = unlimited();
    let (status, answer) = other.post("restore", &snapshot);
    assert_eq!((status, &answer["tasks"]), (StatusCode::OK, &json!(TASKS)));
    // Page by page.
    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let page = other.control(&format!("tasks{after}"));
        let tasks = page["tasks"].as_array().unwrap();
        assert!(tasks.len() <= 1_000);
        let ids = tasks.iter().map(|task| task["task_id"].as_str().unwrap());
        listed.extend(ids.map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => after = format!("?after={next}"),
            None => break,
        }
    }
    assert_eq!(listed, ids);
    other.service.clock().advance(Duration::from_secs(3));
    let now = other.now() + 3;
    for id in &ids {
        let call = other.call(DESCRIBE, &json!({ "TaskId": id })).at(now);
        let described = crate::call::answer(&other.service, call.request());
        assert_eq!(described["Status"], "DONE");
        let file = other.download(&described["VideoUrls"][0]);
        assert_eq!(file.status(), StatusCode::OK);
    }
    assert_eq!(other.service.downloads().len(), TASKS);
}

//! Ten thousand tasks, loaded from a snapshot over the control API.

use std::time::Duration;

use http::StatusCode;
use mps_emulator::RateLimit;
use serde_json::{Value, json};

use crate::call::{DESCRIBE, World};

const TASKS: usize = 10_000;

fn unlimited() -> World {
    World::with(|builder| builder.rate_limit(RateLimit::Off))
}

/// Returns the ids of all tasks, page by page.
fn listed(world: &World) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = world.control(&format!("tasks{after}"));
        let tasks = page["tasks"].as_array().unwrap();
        assert!(tasks.len() <= 1_000);
        ids.extend(tasks.iter().map(|task| text(&task["task_id"])));
        match page["next"].as_str() {
            Some(next) => after = format!("?after={next}"),
            None => return ids,
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
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
    assert_eq!(listed(&other), ids);
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

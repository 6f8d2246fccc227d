//! The lifecycle of video tasks.

use std::time::Duration;

use mps_emulator::{Durations, Spread, TaskFamily};
use serde_json::{Value, json};

use crate::call::{CREATE, World, cat, code};

fn status(answer: &Value) -> &str {
    answer["Status"].as_str().unwrap()
}

#[test]
fn a_task_waits_runs_and_is_done() {
    let world =
        World::with(|builder| builder.task_times(Duration::from_secs(10), Duration::from_secs(50)));
    let task = world.create(&json!({ "Prompt": "a", "ExtraParameters": { "Resolution": "1080P", "AspectRatio": "9:16" } }));

    for (pass, expected) in [
        (0, "WAIT"),
        (9_999, "WAIT"),
        (1, "RUN"),
        (49_999, "RUN"),
        (1, "DONE"),
        (3_600_000, "DONE"),
    ] {
        world.pass(pass);
        assert_eq!(status(&world.describe(&task)), expected);
    }

    let done = world.describe(&task);
    assert_eq!(done["Resolution"], "1080x1920");
    assert_eq!(done["Message"], "ok");
    assert_eq!(
        done["VideoUrls"],
        json!([format!("https://mps.emulator.invalid/results/{task}/0.mp4")])
    );
}

#[test]
fn before_its_end_a_task_has_no_url() {
    let world = World::new();
    let waiting = world.describe(&world.create(&cat()));
    assert!(
        waiting["VideoUrls"].as_array().is_none_or(Vec::is_empty),
        "{waiting}"
    );
}

#[test]
fn ids_have_the_shape_of_the_real_ones_and_are_unique() {
    let world = World::with(|builder| builder.rate_limit(mps_emulator::RateLimit::Off));
    let ids: std::collections::HashSet<String> = (0..100).map(|_| world.create(&cat())).collect();
    assert_eq!(ids.len(), 100);
    for id in &ids {
        let parts: Vec<&str> = id.split('-').collect();
        assert!(parts[0].bytes().all(|byte| byte.is_ascii_digit()), "{id}");
        assert_eq!(
            (parts[1], parts[2].len(), parts.len()),
            ("AigcVideo", 32, 3),
            "{id}"
        );
    }
}

#[test]
fn a_marker_makes_a_task_fail_which_is_free() {
    let world = World::new();
    let task = world.create(&json!({ "Prompt": "a [emulator:fail=ret:1201] cat" }));
    world.pass(3_000);
    let failed = world.describe(&task);
    assert_eq!(
        (status(&failed), failed["Message"].as_str()),
        ("FAIL", Some("ret:1201"))
    );
    assert!(
        failed["VideoUrls"].as_array().is_none_or(Vec::is_empty),
        "{failed}"
    );

    let bill = world.service.bill();
    assert_eq!((bill.creates, bill.seconds), (1, 0));
}

#[test]
fn a_marker_makes_a_call_refused() {
    let world = World::new();
    let refused = world.answer(
        CREATE,
        &json!({ "Prompt": "[emulator:refuse=InvalidParameter.ViolationContent]" }),
    );
    assert_eq!(code(&refused), "InvalidParameter.ViolationContent");
    assert_eq!(
        code(&world.answer(CREATE, &json!({ "Prompt": "[emulator:refuze=X]" }))),
        "InvalidParameterValue"
    );
    assert_eq!(world.service.bill().creates, 0);
}

#[test]
fn the_bill_counts_seconds_and_finds_repetitions() {
    let world = World::new();
    let first = world.create(&json!({ "Prompt": "a", "ModelName": "Kling", "Duration": 10 }));
    world.create(&json!({ "Prompt": "b" }));
    let again = world.create(&json!({ "Duration": 10, "ModelName": "Kling", "Prompt": "a" }));

    let bill = world.service.bill();
    assert_eq!((bill.creates, bill.duplicates, bill.seconds), (3, 1, 25));
    let repetition = &bill.items[2];
    assert_eq!(
        (
            repetition.task_id.as_str(),
            repetition.duplicate_of.as_deref()
        ),
        (again.as_str(), Some(first.as_str()))
    );
    assert_eq!(repetition.model.as_deref(), Some("Kling"));
}

#[test]
fn a_run_with_the_same_seed_repeats_id_for_id() {
    let run = || {
        let world = World::new();
        (
            world.service.secret_id().to_owned(),
            world.create(&cat()),
            world.service.requests(),
        )
    };
    assert_eq!(run(), run());
}

#[test]
fn an_off_peak_video_waits_for_hours() {
    let world = World::new();
    let task = world.create(&json!({
        "Prompt": "a cat", "ModelName": "Vidu", "ModelVersion": "q2", "ExtraParameters": { "OffPeak": true },
    }));
    let waits = world.service.tasks()[0].wait_us / 1_000;
    assert!((3_600_000..=28_801_000).contains(&waits), "{waits} ms");
    for (pass, expected) in [(waits - 1, "WAIT"), (1_001, "RUN"), (2_000, "DONE")] {
        world.pass(pass);
        assert_eq!(status(&world.describe(&task)), expected);
    }
}

#[test]
fn each_model_takes_its_own_time_and_the_same_with_the_same_seed() {
    let seconds = |from, to| Duration::from_secs(from)..=Duration::from_secs(to);
    let times = || {
        let slow = Spread::new(seconds(10, 20), seconds(100, 900));
        let durations = Durations::default().model(TaskFamily::Video, "Kling", slow);
        let world = World::with(|builder| builder.durations(durations));
        for model in ["Kling", "Kling", "Vidu"] {
            world.create(&json!({ "Prompt": "a", "ModelName": model }));
        }
        let tasks = world.service.tasks();
        tasks
            .iter()
            .map(|task| (task.wait_us, task.run_us))
            .collect::<Vec<_>>()
    };
    let [first, second, vidu] = times()[..] else {
        panic!("three tasks were made")
    };
    for (wait, run) in [first, second] {
        assert!((10_000_000..=20_000_000).contains(&wait), "{wait}");
        assert!((100_000_000..=900_000_000).contains(&run), "{run}");
    }
    assert_ne!(first, second);
    assert_eq!(vidu, (1_000_000, 2_000_000));
    assert_eq!(times(), times());
}

#[test]
fn task_records_have_account_and_status() {
    let world = World::new();
    world.create(&json!({ "Prompt": "a", "ModelName": "Kling" }));
    world.pass(3_000);
    let shown = world.control("tasks");
    let task = &shown["tasks"][0];
    assert_eq!(world.control("state")["tasks"], shown["tasks"]);
    assert_eq!(task["family"], "video");
    assert_eq!(task["account"], world.service.secret_id());
    assert_eq!(task["model"], "Kling");
    assert_eq!(
        (&task["status"], &task["is_final"]),
        (&json!("DONE"), &json!(true))
    );
    assert_eq!(
        (&task["wait_us"], &task["run_us"]),
        (&json!(1_000_000), &json!(2_000_000))
    );
    assert_eq!(world.download(&task["urls"][0]).status(), 200);
}

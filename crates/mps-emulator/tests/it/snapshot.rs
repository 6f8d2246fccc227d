//! The state taken, put back, and refused.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use mps_emulator::Snapshot;
use serde_json::{Value, json};

use crate::call::{CREATE, DESCRIBE, World, cat, code};

/// Returns a snapshot as it is sent.
fn taken(world: &World) -> Value {
    world.control("snapshot")
}

fn put(world: &World, snapshot: &Value) -> (StatusCode, Value) {
    world.post("restore", snapshot)
}

/// One of everything, as a test sees it.
fn lived() -> World {
    let world = World::new();
    world.create(&cat());
    world.create(&cat());
    world.start(
        "CreateAigcImageTask",
        &json!({ "Prompt": "a", "OutputImageCount": 2, "StoreCosParam": {
            "CosBucketName": "b-1", "CosBucketRegion": "r", "CosBucketPath": "p" } }),
    );
    world.start(
        "CreateAigcAudioTask",
        &json!({ "Prompt": "a", "ModelName": "MiniMaxMusic" }),
    );
    world.start(
        "CreateDocToVideoTask",
        &json!({ "Input": { "FileUrl": ["https://example.com/a.pdf"], "Prompt": "secret wish", "Mode": "stage" } }),
    );
    world.start(
        "CreateVideoRedrawTask",
        &json!({ "Input": { "Url": "https://example.com/a.mp4" }, "TaskInfo": { "Style": "[emulator:stop]" } }),
    );
    world.answer("Nonsense", &json!({}));
    world.service.clock().advance(Duration::from_secs(60));
    world
}

#[test]
fn a_snapshot_continues_in_another_emulator() {
    let world = lived();
    world.service.clock().freeze();
    let other = World::with(|builder| builder.seed(99));
    let (status, answer) = put(&other, &taken(&world));
    assert_eq!(
        (status, answer),
        (StatusCode::OK, json!({ "restored": true, "tasks": 6 }))
    );
    for name in ["bill", "requests", "clock"] {
        assert_eq!(other.control(name), world.control(name), "{name}");
    }
    let shown = |world: &World| {
        let mut tasks = world.service.tasks();
        for task in &mut tasks {
            task.account = None;
        }
        tasks
    };
    assert_eq!(shown(&other), shown(&world));
    assert_eq!(taken(&other), taken(&world), "nothing was lost on the way");
}

#[test]
fn prompts_and_keys_are_not_written() {
    let world = lived();
    let text = world.service.snapshot().to_json();
    for secret in ["secret wish", world.service.secret_key()] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(!format!("{:?}", world.service.snapshot()).contains("AigcVideo"));
    let scenario = &world.service.tasks()[4].task_id;
    let other = World::new();
    other
        .service
        .restore(Snapshot::from_json(text.as_bytes()).unwrap());
    let now = other.now() + 60;
    let ask = other
        .call("DescribeAigcTaskStatus", &json!({ "TaskId": scenario }))
        .at(now);
    let told = crate::call::answer(&other.service, ask.request());
    assert_eq!(told["Stage"], "STAGE_1_FINISHED");
    assert_eq!(told.get("RequestBody"), None);
}

#[test]
fn restoring_a_snapshot_undoes_later_calls() {
    let world = World::new();
    world.service.clock().freeze();
    let task = world.create(&cat());
    let before = world.service.snapshot();
    world.service.clock().advance(Duration::from_secs(3));
    assert_eq!(world.describe(&task)["Status"], "DONE");
    let later = world.create(&cat());
    world.service.restore(before);
    assert_eq!(world.describe(&task)["Status"], "WAIT");
    assert_eq!(
        code(&world.describe(&later)),
        "ResourceNotFound.TaskNotFound"
    );
    assert_eq!(world.service.bill().creates, 1);
    let again = world.create(&cat());
    assert!(again != task && again != later, "no id comes twice");
}

#[test]
fn limit_counts_survive_a_restore() {
    let world = World::new();
    for _ in 0..10 {
        world.create(&cat());
    }
    world.service.restore(world.service.snapshot());
    assert_eq!(
        world.code(&world.call(CREATE, &cat())),
        "RequestLimitExceeded"
    );
    world.pass(1_000);
    assert_eq!(world.code(&world.call(CREATE, &cat())), "");
}

#[test]
fn a_running_clock_has_gone_on_meanwhile() {
    let world = World::new();
    let task = world.create(&cat());
    let snapshot = world.service.snapshot();
    world.pass(3_000);
    let other = World::new();
    other.clock.set_wall(u64::try_from(world.now()).unwrap());
    other.service.restore(snapshot);
    assert_eq!(other.ask(DESCRIBE, &task)["Status"], "DONE");
    assert_eq!(other.service.clock().now(), Duration::from_secs(3));
}

#[test]
fn an_invalid_snapshot_is_refused_with_the_place_of_the_mistake() {
    let world = lived();
    let before = taken(&world);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut snapshot = before.clone();
        change(&mut snapshot);
        snapshot
    };
    for (snapshot, says) in [
        (json!(7), "no snapshot"),
        (json!({}), "missing field `schema`"),
        (
            json!({ "schema": "mps.emulator-state/2" }),
            "another version",
        ),
        (
            json!({ "schema": "mps.video/1" }),
            "not written by an emulator",
        ),
        (changed(&|s| s["seed"] = json!(-1)), "`seed`"),
        (
            changed(&|s| s["tasks"][2]["outputs"] = json!(1_000)),
            "`tasks[2]`",
        ),
        (
            changed(&|s| s["tasks"][0]["work"]["video"]["seconds"] = json!(4_294_967_295_u32)),
            "`tasks[0]`",
        ),
        (
            changed(&|s| s["tasks"][0]["work"]["video"]["size"]["width"] = json!(65_535)),
            "`tasks[0]`",
        ),
        (
            changed(&|s| s["tasks"][1]["fate"] = json!("unknown")),
            "`tasks[1].fate`",
        ),
        (
            changed(&|s| s["tasks"][1]["id"] = s["tasks"][0]["id"].clone()),
            "`tasks[1]`",
        ),
        (changed(&|s| s["ids"] = json!(u64::MAX)), "`ids`"),
        (changed(&|s| s["clock"]["rate"] = json!(0.0)), "`clock`"),
        (
            changed(&|s| s["bill"]["entries"][0]["item"]["action"] = json!("Nonsense")),
            "`bill.entries[0].item.action`",
        ),
    ] {
        let (status, answer) = put(&world, &snapshot);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{says}");
        let error = answer["error"].as_str().unwrap();
        assert!(
            error.contains(says) && !error.contains('\n'),
            "{says}: {error}"
        );
    }
    assert_eq!(
        taken(&world)["tasks"],
        before["tasks"],
        "nothing has changed"
    );
}

#[test]
fn noise_is_refused_and_never_a_panic() {
    let text = lived().service.snapshot().to_json().into_bytes();
    for cut in (0..text.len()).step_by(97) {
        assert!(Snapshot::from_json(&text[..cut]).is_err());
        let mut bent = text.clone();
        bent[cut] ^= 0x10;
        if let Ok(snapshot) = Snapshot::from_json(&bent) {
            let world = World::new();
            world.service.restore(snapshot);
            assert!(world.service.tasks().len() <= 6);
            world.answer(CREATE, &cat());
        }
    }
}

#[test]
fn every_accepted_size_can_be_made() {
    let world = World::new();
    let task = world.create(&cat());
    world.pass(3_000);
    let before = taken(&world);
    for (width, height) in [
        (16, 16),
        (17, 33),
        (8_640, 2_160),
        (4_319, 4_319),
        (16, 8_640),
    ] {
        let mut snapshot = before.clone();
        snapshot["tasks"][0]["work"]["video"]["size"] = json!({ "width": width, "height": height });
        assert_eq!(put(&world, &snapshot).0, StatusCode::OK, "{width}x{height}");
        let file = world.get(&format!("/results/{task}/0.mp4"));
        assert_eq!(file.status(), StatusCode::OK, "{width}x{height}");
    }
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    let world = World::new();
    let body = Bytes::from(vec![b' '; 128 * 1024 * 1024 + 1]);
    let request = Request::post("/_emulator/v1/restore").body(body).unwrap();
    let response = world.service.handle(request);
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(String::from_utf8_lossy(response.body()).contains("state file"));
}

/// Later versions must read the format: this text was written by the first one.
#[test]
fn a_snapshot_of_the_first_version_is_still_read() {
    let golden = include_bytes!("../fixtures/state-1.json");
    let world = World::new();
    world.service.restore(Snapshot::from_json(golden).unwrap());
    let tasks = world.service.tasks();
    assert_eq!(tasks.len(), 6);
    assert_eq!(tasks[2].urls.len(), 2);
    assert_eq!(world.service.bill().creates, 6);
    assert_eq!(world.service.requests().len(), 7);
}

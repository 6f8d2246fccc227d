//! Documents that become a video in steps.

use serde_json::{Value, json};

use crate::{
    call::{World, code},
    families::STATUS,
};

const MODIFY: &str = "ModifyDocToVideoTaskStatus";

fn document(mode: &str) -> Value {
    json!({ "Input": {
        "FileUrl": ["https://example.com/a.pdf"],
        "Prompt": "explain it",
        "Mode": mode,
        "Ratio": "9:16",
        "ReferenceDuration": 120,
    } })
}

fn confirm(task: &str, step: &str) -> Value {
    json!({ "Input": { "Action": "confirm", "Stage": step, "SourceTaskId": task } })
}

fn regenerate(task: &str, step: &str, prompt: &str) -> Value {
    json!({ "Input": {
        "Action": "regenerate",
        "Stage": step,
        "SourceTaskId": task,
        "Regenerate": { "Scope": "full", "Prompt": prompt },
    } })
}

/// A task that waits for its outline to be confirmed.
fn outlined(world: &World) -> String {
    let task = world.start("CreateDocToVideoTask", &document("stage"));
    world.pass(3_000);
    task
}

/// Status, stage, and the stage in the task's information.
fn told(world: &World, task: &str) -> (Value, Value, Value) {
    let mut told = world.ask(STATUS, task);
    (
        told["TaskStatus"].take(),
        told["Stage"].take(),
        told["TaskInfo"].take(),
    )
}

fn step(status: &str, stage: &str, current: &str) -> (Value, Value, Value) {
    let info = format!("{{\"current_stage\":\"{current}\"}}");
    (json!(status), json!(stage), json!(info))
}

#[test]
fn without_steps_one_task_makes_the_film() {
    for request in [document("auto"), {
        let mut request = document("auto");
        request["Input"].as_object_mut().unwrap().remove("Mode");
        request
    }] {
        let world = World::new();
        let task = world.start("CreateDocToVideoTask", &request);
        world.pass(3_000);
        assert_eq!(
            told(&world, &task),
            (json!("FINISHED"), Value::Null, Value::Null)
        );
        assert_eq!(world.service.bill().seconds, 120);
    }
}

#[test]
fn it_stops_after_each_step_until_that_is_confirmed() {
    let world = World::new();
    let outline = world.start("CreateDocToVideoTask", &document("stage"));
    assert_eq!(
        told(&world, &outline),
        step("PENDING", "STAGE_1", "STAGE_1")
    );
    world.pass(1_000);
    assert_eq!(
        told(&world, &outline),
        step("RUNNING", "STAGE_1", "STAGE_1")
    );
    world.pass(86_400_000);
    let stopped = step("RUNNING", "STAGE_1_FINISHED", "STAGE_1");
    assert_eq!(told(&world, &outline), stopped);

    let scenes = world.start(MODIFY, &confirm(&outline, "STAGE_1"));
    assert_ne!(scenes, outline);
    assert_eq!(told(&world, &scenes), step("PENDING", "STAGE_2", "STAGE_2"));
    world.pass(3_000);
    let stopped = step("RUNNING", "STAGE_2_FINISHED", "STAGE_2");
    assert_eq!(told(&world, &scenes), stopped);
    assert_eq!(
        world.service.bill().seconds,
        0,
        "nothing to be charged for yet"
    );

    let film = world.start(MODIFY, &confirm(&scenes, "STAGE_2"));
    world.pass(3_000);
    let done = world.ask(STATUS, &film);
    assert_eq!(done["TaskStatus"], "FINISHED");
    assert_eq!(world.download(&done["OutputUrl"]).status(), 200);
    assert_eq!(done.get("Stage"), None);
    let bill = world.service.bill();
    assert_eq!((bill.creates, bill.seconds), (3, 120));
    for task in [outline, scenes] {
        assert_eq!(world.get(&format!("/results/{task}/0.mp4")).status(), 404);
    }
}

#[test]
fn a_step_can_be_done_again() {
    let world = World::new();
    let outline = outlined(&world);
    let again = world.start(MODIFY, &regenerate(&outline, "STAGE_1", "shorter"));
    world.pass(3_000);
    let stopped = step("RUNNING", "STAGE_1_FINISHED", "STAGE_1");
    assert_eq!(told(&world, &again), stopped);
    assert_eq!(code(&world.answer(MODIFY, &confirm(&again, "STAGE_1"))), "");
}

#[test]
fn doing_it_again_can_fail_or_be_refused_on_demand() {
    let world = World::new();
    let outline = outlined(&world);
    let refused = world.answer(
        MODIFY,
        &regenerate(&outline, "STAGE_1", "[emulator:refuse=InternalError]"),
    );
    assert_eq!(code(&refused), "InternalError");
    let again = world.start(
        MODIFY,
        &regenerate(&outline, "STAGE_1", "[emulator:fail=no]"),
    );
    world.pass(3_000);
    assert_eq!(world.ask(STATUS, &again)["TaskResultMsg"], "no");
}

#[test]
fn only_a_paused_step_can_be_continued_and_only_once() {
    let world = World::new();
    let refused = |body: &Value| code(&world.answer(MODIFY, body));
    let outline = world.start("CreateDocToVideoTask", &document("stage"));
    let whole = world.start("CreateDocToVideoTask", &document("auto"));
    assert_eq!(refused(&confirm(&outline, "STAGE_1")), "InvalidParameter");
    world.pass(3_000);
    assert_eq!(refused(&confirm(&whole, "STAGE_1")), "InvalidParameter");
    assert_eq!(refused(&confirm(&outline, "STAGE_2")), "InvalidParameter");
    assert_eq!(refused(&confirm(&outline, "STAGE_1")), "");
    assert_eq!(refused(&confirm(&outline, "STAGE_1")), "InvalidParameter");
    assert_eq!(world.service.bill().creates, 3);
}

#[test]
fn only_documents_can_be_modified() {
    let world = World::new();
    let redrawn = world.start(
        "CreateVideoRedrawTask",
        &json!({ "Input": { "Url": "https://example.com/a.mp4" } }),
    );
    world.pass(3_000);
    for task in [redrawn.as_str(), "nobody"] {
        let refused = world.answer(MODIFY, &confirm(task, "STAGE_1"));
        assert_eq!(code(&refused), "ResourceNotFound.TaskNotFound");
    }
}

#[test]
fn to_do_it_again_it_must_be_said_how() {
    let world = World::new();
    let mut request = confirm(&outlined(&world), "STAGE_1");
    request["Input"]["Action"] = json!("regenerate");
    assert_eq!(code(&world.answer(MODIFY, &request)), "MissingParameter");
}

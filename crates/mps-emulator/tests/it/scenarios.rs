//! The description of scenario tasks.

use serde_json::{Value, json};

use crate::{
    call::World,
    families::{FAMILIES, STATUS},
};

fn comic() -> Value {
    json!({ "Input": {
        "Script": "a \"hare\"\nand a tortoise",
        "Style": "chinese_ink_wash",
        "Ratio": "9:16",
        "Resolution": "1080p",
    } })
}

#[test]
fn times_appear_one_by_one_eight_hours_ahead() {
    let world = World::new();
    let task = world.start("CreateAiDramaTask", &comic());
    let times = || {
        let told = world.ask(STATUS, &task);
        ["CreateTime", "ScheduledTime", "FinishedTime"].map(|name| told[name].clone())
    };
    let [created, scheduled, finished] = [
        "2026-02-15 20:00:00",
        "2026-02-15 20:00:01",
        "2026-02-15 20:00:03",
    ]
    .map(Value::from);
    assert_eq!(times(), [created.clone(), Value::Null, Value::Null]);
    world.pass(1_000);
    assert_eq!(times(), [created.clone(), scheduled.clone(), Value::Null]);
    world.pass(2_000);
    assert_eq!(times(), [created, scheduled, finished]);
}

#[test]
fn the_result_is_one_video_of_the_size_that_was_asked_for() {
    let world = World::new();
    let task = world.start("CreateAiDramaTask", &comic());
    assert_eq!(world.ask(STATUS, &task).get("OutputUrl"), None);
    world.pass(3_000);
    let done = world.ask(STATUS, &task);
    assert_eq!(done["TaskId"], task);
    let file = world.download(&done["OutputUrl"]);
    assert_eq!(file.body()[4..8], *b"ftyp");
    let shown = world.control("state");
    assert_eq!(shown["tasks"][0]["resolution"], "1080x1920");
    assert_eq!(shown["tasks"][0]["status"], "FINISHED");
}

#[test]
fn each_scenario_has_its_type() {
    let world = World::new();
    let types: Vec<Value> = FAMILIES
        .iter()
        .filter(|family| family.describe == STATUS)
        .map(|family| world.start(family.create, &(family.request)("a")))
        .map(|task| world.ask(STATUS, &task)["TaskType"].take())
        .collect();
    assert_eq!(
        types,
        ["RedrawVideo", "AIDrama", "FissionVideo", "DocGenVideo"]
    );
}

#[test]
fn a_failure_has_a_number_and_words() {
    let world = World::new();
    let mut request = comic();
    request["Input"]["Script"] = json!("[emulator:fail=Save to cos failed]");
    let task = world.start("CreateAiDramaTask", &request);
    world.pass(3_000);
    let failed = world.ask(STATUS, &task);
    assert_eq!(failed["TaskStatus"], "FAILED");
    assert!(
        failed["TaskResultCode"]
            .as_i64()
            .is_some_and(|code| code < 0)
    );
    assert_eq!(failed["TaskResultMsg"], "Save to cos failed");
    assert_eq!(failed["FinishedTime"], "2026-02-15 20:00:03");
}

#[test]
fn the_request_body_is_shown_with_its_account() {
    let world = World::new();
    let task = world.start("CreateAiDramaTask", &comic());
    let told = world.ask(STATUS, &task);
    let request: Value = serde_json::from_str(told["RequestBody"].as_str().unwrap()).unwrap();
    assert_eq!(request["Input"], comic()["Input"]);
    assert_eq!(request["Action"], "CreateAiDramaTask");
    assert_eq!(request["Timestamp"], "1771156800");
    assert_eq!(request["RequestId"], world.service.requests()[0].request_id);
    for shown in ["requests", "bill", "state"] {
        assert!(
            !world.control(shown).to_string().contains("tortoise"),
            "{shown}"
        );
    }
}

#[test]
fn a_scenario_can_be_stopped_or_take_too_long() {
    let world = World::new();
    for (marker, status) in [("stop", "STOP"), ("timeout", "TIMEOUT")] {
        let mut request = comic();
        request["Input"]["Script"] = json!(format!("[emulator:{marker}]"));
        let task = world.start("CreateAiDramaTask", &request);
        world.pass(3_000);
        let ended = world.ask(STATUS, &task);
        assert_eq!(ended["TaskStatus"], status);
        assert!(ended["FinishedTime"].is_string(), "{ended}");
        assert_eq!(ended.get("OutputUrl"), None);
    }
    assert_eq!(world.service.bill().seconds, 0);
    let video = world.answer(
        "CreateAigcVideoTask",
        &json!({ "Prompt": "[emulator:stop]" }),
    );
    assert_eq!(video["Error"]["Code"], "InvalidParameterValue");
}

//! Results: kind, size, length, expiry and place, and tasks that stop after a stage.

use std::path::Path;

use serde_json::json;

use crate::support::Emulator;

#[test]
fn results_state_kind_size_length_and_expiry() {
    let emulator = Emulator::start("0s");
    let create = |arguments: &[&str]| {
        let run = emulator.run(&[&["--output", "json"], arguments, &["--wait"]].concat());
        assert_eq!(run.exit, 0, "{run:?}");
        run.json()
    };
    let video = create(&["video", "create", "--prompt", "a fox"]);
    let result = &video["results"][0];
    assert_eq!(
        [
            &result["kind"],
            &result["width"],
            &result["height"],
            &result["url"]
        ],
        [
            &json!("video"),
            &json!(1280),
            &json!(720),
            &video["urls"][0]
        ],
        "{video}"
    );
    let expires_at = result["expires_at"].as_str().unwrap();
    assert!(
        expires_at.ends_with('Z') && expires_at.len() == 20,
        "{expires_at}"
    );

    let scene = create(&[
        "video",
        "create",
        "--model",
        "Hunyuan",
        "--scene",
        "3d_scene",
        "--image",
        "https://e.com/a.png",
        "--preflight",
        "warn",
    ]);
    let result = &scene["results"][0];
    assert_eq!(
        (&result["kind"], &result["width"]),
        (&json!("scene"), &json!(null)),
        "{scene}"
    );

    let sound = create(&["audio", "create", "--model", "Mureka", "--prompt", "rain"]);
    let result = &sound["results"][0];
    assert_eq!(
        (&result["kind"], &result["duration_ms"]),
        (&json!("audio"), &json!(8_000)),
        "{sound}"
    );

    // The expiry of a task of another process is not known, so none is stated.
    let id = video["task_id"].as_str().unwrap();
    let status = emulator
        .run(&["--output", "json", "video", "status", id])
        .json();
    assert_eq!(status["results"][0]["kind"], "video");
    assert_eq!(status["results"][0].get("expires_at"), None);
}

#[test]
fn a_result_in_a_bucket_is_stated_as_an_object() {
    let emulator = Emulator::start("0s");
    let run = emulator.run(&[
        "--output",
        "json",
        "image",
        "create",
        "--model",
        "Hunyuan",
        "--prompt",
        "a fox",
        "--cos",
        "bucket=b-1,region=ap-guangzhou,path=out",
        "--wait",
    ]);
    assert_eq!(run.exit, 0, "{run:?}");
    let result = &run.json()["results"][0];
    let cos = &result["cos"];
    assert_eq!(
        (&cos["bucket"], &cos["region"]),
        (&json!("b-1"), &json!("ap-guangzhou"))
    );
    let key = cos["key"].as_str().unwrap();
    assert!(key.starts_with("out/") && key.ends_with("_0.png"), "{key}");
    assert_eq!(
        (&result["kind"], result.get("expires_at")),
        (&json!("image"), None)
    );
}

#[test]
fn a_stored_result_without_a_url_is_done_and_cannot_be_saved() {
    let emulator = Emulator::start("0s");
    emulator.add_fault(&json!({"kind": "done_without_url"}));
    let create = |more: &[&str]| {
        let arguments = [
            "--output",
            "json",
            "video",
            "create",
            "--prompt",
            "a fox",
            "--cos",
            "bucket=b-1,region=ap-guangzhou",
            "--wait",
        ];
        emulator.run(&[&arguments, more].concat())
    };
    let done = create(&[]);
    assert_eq!(done.exit, 0, "{done:?}");
    assert_eq!(done.json()["results"][0]["cos"]["bucket"], "b-1");

    let unsaved = create(&["--out", "fox.mp4"]);
    assert_eq!(unsaved.exit, 10, "{unsaved:?}");
    let error = unsaved.error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("is stored as cos://b-1/"), "{message}");
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains("coscli cp -r cos://b-1/ ."),
        "{error}"
    );
    assert!(error["task_id"].is_string());
}

#[test]
fn a_stage_to_confirm_ends_the_wait_with_the_line_that_confirms_it() {
    let emulator = Emulator::start("0s");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/examples");
    let request = examples.join("CreateDocToVideoTask/staged.request.json");
    let run = emulator.run(&[
        "--output",
        "json",
        "scenario",
        "create",
        "doc-to-video",
        "--request",
        request.to_str().unwrap(),
        "--wait",
    ]);
    assert_eq!(run.exit, 5, "{run:?}");
    let error = run.error();
    assert_eq!(error["kind"], "awaits_confirmation");
    assert_eq!(error["retryable"], false);
    let resume: Vec<&str> = error["resume"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    let id = error["task_id"].as_str().unwrap();
    let status = emulator.run(&["scenario", "status", id]);
    assert_eq!(
        status.stdout,
        "RUNNING: waits for confirmation of STAGE_1\n"
    );

    // The line starts a task. `run` adds the endpoint itself.
    assert_eq!(resume[..2], ["mps", "--endpoint"]);
    let words = resume.get(3..).unwrap();
    let confirmed = emulator.run(words);
    assert_eq!(confirmed.exit, 0, "{words:?}: {confirmed:?}");
    assert!(confirmed.stdout.contains("TaskId"), "{confirmed:?}");
}

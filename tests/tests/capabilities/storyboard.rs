//! Storyboards, which travel as JSON inside a text.

use mps_models::{CreateAigcVideoTask, preflight::Preflight};
use serde_json::{Value, json};

use crate::request::{accepts, ask, finds, found};

fn told(version: &str, parameters: &Value) -> CreateAigcVideoTask {
    ask("Kling", version).additional_parameters(parameters.to_string())
}

fn shot(seconds: i64) -> Value {
    json!({ "index": 1, "prompt": "a cat", "duration": seconds })
}

fn shots(version: &str, seconds: i64, shots: &[Value]) -> CreateAigcVideoTask {
    let board = json!({ "multi_shot": true, "multi_prompt": shots });
    told(version, &board).duration(seconds)
}

#[test]
fn shots_that_add_up() {
    accepts(&shots("3.0", 6, &[shot(1), shot(2), shot(3)]));
    accepts(&shots("3.0-Omni", 6, &vec![shot(1); 6]));
    let texts = json!({ "prompt": "a cat", "duration": "5" });
    accepts(&shots("3.0", 5, &[texts]));
}

#[test]
fn the_model_can_split_the_prompt_itself() {
    accepts(&told(
        "3.0",
        &json!({ "multi_shot": true, "shot_type": "intelligence" }),
    ));
    accepts(&told("2.1", &json!({ "multi_shot": false })));
}

/// Only a script of the vendor states these rules, so breaking them is a warning.
#[test]
fn each_mistake_is_found_at_its_path() {
    let long = json!({ "prompt": "x".repeat(513), "duration": 2 });
    let none = json!({ "prompt": "a cat", "duration": 0 });
    let nothing = json!({});
    let request = shots("3.0", 5, &[long, none, nothing]);
    assert_eq!(
        found(&request),
        [
            "warning storyboard-prompt AdditionalParameters.multi_prompt[0].prompt",
            "warning storyboard-duration AdditionalParameters.multi_prompt[1].duration",
            "warning storyboard-duration AdditionalParameters.multi_prompt[2].duration",
            "warning storyboard-duration AdditionalParameters.multi_prompt",
        ]
    );
    let report = request.preflight().to_string();
    assert!(
        report.contains("the shots last 2 seconds, the video 5"),
        "{report}"
    );
    assert!(!report.contains("xxx"), "{report}");
}

#[test]
fn the_number_of_shots() {
    let place = "AdditionalParameters.multi_prompt";
    let expected = format!("warning storyboard-shots {place}");
    finds(&shots("3.0", 7, &vec![shot(1); 7]), &expected);
    finds(&shots("3.0", 5, &[]), &expected);
}

#[test]
fn without_a_duration_shots_add_up_to_the_default() {
    let mut request = shots("3.0", 0, &[shot(2), shot(3)]);
    request.duration = None;
    accepts(&request);
}

#[test]
fn versions_without_storyboards() {
    finds(
        &shots("2.1", 5, &[shot(5)]),
        "warning storyboard AdditionalParameters",
    );
    let other = ask("Vidu", "q2").additional_parameters("{\"multi_shot\":true}");
    finds(&other, "warning storyboard AdditionalParameters");
}

#[test]
fn parameters_without_a_storyboard_are_not_checked() {
    accepts(&told(
        "2.1",
        &json!({ "camera_control": { "type": "simple" } }),
    ));
    accepts(&told("3.0", &json!({ "note": "no multi_prompt here" })));
    finds(
        &ask("Kling", "3.0").additional_parameters("{\"multi_prompt\": ["),
        "error format-json AdditionalParameters",
    );
}

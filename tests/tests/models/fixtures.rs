//! The examples of the specification, value for value.

use std::{fs, path::Path};

use mps_models::preflight::rules;
use serde_json::{Value, json};

use crate::typed::{Message, messages, read};

/// The example files of a message, each with its contents.
fn examples(message: Message) -> Vec<(String, Value)> {
    let suffix = if message.is_request {
        ".request.json"
    } else {
        ".response.json"
    };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../spec/examples")
        .join(message.action.name);
    let entries = fs::read_dir(dir).expect("every action has examples");
    let paths = entries.map(|entry| entry.expect("entry").path());
    let wanted = paths.filter(|path| path.to_string_lossy().ends_with(suffix));
    wanted
        .map(|path| (path.display().to_string(), parse(&path)))
        .collect()
}

fn parse(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("text")).expect("JSON")
}

/// The body inside the envelope of an answer, whose request id is not part of the model.
fn body(message: Message, json: &Value) -> Value {
    if message.is_request {
        return json.clone();
    }
    let mut body = json.get("Response").cloned().expect("an envelope");
    body.as_object_mut()
        .and_then(|body| body.remove("RequestId"))
        .expect("a request id");
    body
}

#[test]
fn every_example_round_trips() {
    for message in messages() {
        let examples = examples(message);
        assert!(!examples.is_empty(), "{message:?}");
        for (path, json) in examples {
            let body = body(message, &json);
            let typed = read(message, &body).unwrap_or_else(|fault| panic!("{path}: {fault}"));
            assert_eq!(typed.json, without_empty_lists(body), "{path}");
        }
    }
}

/// A list without items is the same as none, and is not written.
fn without_empty_lists(json: Value) -> Value {
    match json {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| value.as_array().is_none_or(|items| !items.is_empty()))
            .map(|(name, value)| (name, without_empty_lists(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_empty_lists).collect(),
        other => other,
    }
}

/// The documentation's examples may name a model that is gone, and do; nothing else is amiss.
#[test]
fn no_example_breaks_a_rule() {
    for message in messages().into_iter().filter(|message| message.is_request) {
        for (path, json) in examples(message) {
            let report = read(message, &json).expect("a request").report;
            let rules = report.findings().iter().map(|finding| finding.rule);
            let mut unexpected = rules.filter(|rule| !MODELS_OF_THEIR_TIME.contains(rule));
            assert_eq!(unexpected.next(), None, "{path}: {report}");
            assert!(report.is_ok(), "{path}: {report}");
        }
    }
}

const MODELS_OF_THEIR_TIME: [&str; 3] = [
    rules::WITHDRAWN_MODEL,
    rules::UNKNOWN_MODEL,
    // The newer example of a video gives Hunyuan a last frame, which no list of models has.
    rules::LAST_FRAME,
];

/// The values in the documentation, so that an accidental edit of a fixture is found.
#[test]
fn the_documentations_request_is_untouched() {
    let path = "../spec/examples/CreateAigcVideoTask/documentation.request.json";
    let json = parse(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    let expected = json!({
        "ModelName": "GV",
        "Prompt": "move the picture",
        "NegativePrompt": "Top lighting,bright colors",
        "EnhancePrompt": false,
        "ImageUrl": "https://1500039689.vod-**.com/6cd2c44bvodcq1500039689/179cafb25145403699605999621/**oxE6jcA.png",
        "LastImageUrl": "https://aigc-**-image-1303333058.cos.ap-guangzhou.myqcloud.com/xxx_8655.png",
        "Duration": 8,
        "ExtraParameters": { "Resolution": "720P", "AspectRatio": "16:9" },
        "StoreCosParam": {
            "CosBucketName": "aigc-***-video-1**58",
            "CosBucketRegion": "ap-guangzhou",
            "CosBucketPath": "my_cos_file"
        },
        "Operator": "admin"
    });
    assert_eq!(json, expected);
}

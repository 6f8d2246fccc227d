//! Refused calls and their codes.

use mps_core::endpoint::Site;
use serde_json::{Value, json};

use crate::call::{CREATE, Call, DESCRIBE, World, cat, code};

/// The code after one thing about a right call was changed.
fn after(change: impl FnOnce(&mut Call)) -> String {
    let world = World::new();
    let mut call = world.call(CREATE, &cat());
    change(&mut call);
    world.code(&call)
}

fn refusal(action: &'static str, body: &Value) -> (String, String) {
    let answer = World::new().answer(action, body);
    (
        code(&answer),
        answer["Error"]["Message"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    )
}

#[test]
fn unknown_actions_and_versions_have_their_own_codes() {
    assert_eq!(
        after(|call| call.action = "CreateAigcVideoTasks"),
        "InvalidAction"
    );
    assert_eq!(
        after(|call| call.action = "createaigcvideotask"),
        "InvalidAction"
    );
    assert_eq!(after(|call| call.version = "2018-07-17"), "NoSuchVersion");
}

#[test]
fn only_posted_json_is_read() {
    assert_eq!(after(|call| call.method = "GET"), "UnsupportedProtocol");
    assert_eq!(after(|call| call.method = "PUT"), "UnsupportedProtocol");
    assert_eq!(
        after(|call| call.content_type = "application/x-www-form-urlencoded"),
        "UnsupportedProtocol"
    );
    assert_eq!(
        after(|call| call.content_type = "application/jsonp"),
        "UnsupportedProtocol"
    );
}

#[test]
fn ten_megabytes_is_the_longest_body() {
    let padded = |length: usize| {
        let text = cat().to_string();
        let padding = " ".repeat(length - text.len());
        after(|call| call.body = text + &padding)
    };
    assert_eq!(padded(10 * 1024 * 1024), "");
    assert_eq!(padded(10 * 1024 * 1024 + 1), "RequestSizeLimitExceeded");
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"text\"",
        "{\"Prompt\":\"a\"}x",
        "\u{feff}{}",
    ] {
        assert_eq!(
            after(|call| call.body = body.to_owned()),
            "InvalidParameter",
            "{body}"
        );
    }
    let deep = "[".repeat(100_000);
    assert_eq!(after(|call| call.body = deep), "InvalidParameter");
}

#[test]
fn an_unknown_member_is_refused_by_name_at_every_depth() {
    for (body, path) in [
        (json!({ "Prompt": "a", "Promt": "b" }), "`Promt`"),
        (
            json!({ "Prompt": "a", "ExtraParameters": { "resolution": "720P" } }),
            "`ExtraParameters.resolution`",
        ),
        (
            json!({ "Prompt": "a", "ImageInfos": [{}, { "Url": "b" }] }),
            "`ImageInfos[1].Url`",
        ),
    ] {
        let (code, message) = refusal(CREATE, &body);
        assert_eq!(code, "UnknownParameter", "{body}");
        assert!(message.contains(path), "{message}");
    }
}

#[test]
fn a_wrong_type_is_refused_by_name_and_its_value_is_not_shown() {
    for (body, path) in [
        (json!({ "Prompt": "a", "Duration": "secret" }), "`Duration`"),
        (json!({ "Prompt": "a", "Duration": 5.5 }), "`Duration`"),
        (json!({ "Prompt": "a", "Duration": u64::MAX }), "`Duration`"),
        (json!({ "Prompt": ["secret"] }), "`Prompt`"),
        (
            json!({ "Prompt": "a", "EnhancePrompt": "secret" }),
            "`EnhancePrompt`",
        ),
        (
            json!({ "Prompt": "a", "ExtraParameters": "secret" }),
            "`ExtraParameters`",
        ),
        (
            json!({ "Prompt": "a", "ImageInfos": { "0": "secret" } }),
            "`ImageInfos`",
        ),
        (
            json!({ "Prompt": "a", "ImageInfos": [{}, "secret"] }),
            "`ImageInfos[1]`",
        ),
    ] {
        let (code, message) = refusal(CREATE, &body);
        assert_eq!(code, "InvalidParameter", "{body}");
        assert!(
            message.contains(path) && !message.contains("secret"),
            "{message}"
        );
    }
}

#[test]
fn null_counts_as_absent() {
    let body =
        json!({ "Prompt": "a", "Duration": null, "ExtraParameters": null, "ImageInfos": [null] });
    assert_eq!(refusal(CREATE, &body).0, "");
    assert_eq!(
        refusal(CREATE, &json!({ "Prompt": null })).0,
        "MissingParameter"
    );
}

#[test]
fn the_rules_of_the_specification_are_kept() {
    for (action, body, expected) in [
        (CREATE, json!({}), "MissingParameter"),
        (CREATE, json!({ "Prompt": "" }), "MissingParameter"),
        // The descriptions of both sites have dropped these two bounds of the base contract.
        (CREATE, json!({ "Prompt": "x".repeat(2_001) }), ""),
        (
            CREATE,
            json!({ "Prompt": "a", "ImageInfos": [{}, {}, {}, {}] }),
            "",
        ),
        (
            CREATE,
            json!({ "Prompt": "a", "Duration": 0 }),
            "InvalidParameterValue",
        ),
        (DESCRIBE, json!({}), "MissingParameter"),
        (DESCRIBE, json!({ "TaskId": "" }), "MissingParameter"),
        (
            DESCRIBE,
            json!({ "TaskId": "1-AigcVideo-0" }),
            "ResourceNotFound.TaskNotFound",
        ),
    ] {
        assert_eq!(refusal(action, &body).0, expected, "{action}");
    }
}

#[test]
fn an_emulator_refuses_what_the_description_of_its_site_states() {
    let mainland = json!({ "ModelName": "wand-vega-video", "Prompt": "a" });
    let short = json!({
        "Input": { "ImageUrls": ["https://example.com/a.png"] },
        "TaskInfo": { "Duration": 3 },
    });
    for (site, of_mainland, of_short) in [
        (Site::Intl, "InvalidParameterValue", ""),
        (Site::Cn, "", "InvalidParameterValue"),
    ] {
        let world = World::with(|builder| builder.site(site));
        let refusal = |action, body| code(&world.answer(action, body)).clone();
        assert_eq!(refusal(CREATE, &mainland), of_mainland, "{site}");
        assert_eq!(refusal("CreateAiFissionTask", &short), of_short, "{site}");
    }
}

#[test]
fn a_request_without_a_possible_file_is_refused() {
    for body in [
        json!({ "Prompt": "a", "Duration": 1_000_000 }),
        json!({ "Prompt": "a", "ExtraParameters": { "Resolution": "huge" } }),
        json!({ "Prompt": "a", "ExtraParameters": { "AspectRatio": "16/9" } }),
    ] {
        assert_eq!(refusal(CREATE, &body).0, "InvalidParameterValue", "{body}");
    }
}

#[test]
fn every_answer_has_its_own_request_id_and_the_clocks_date() {
    let world = World::new();
    let response = world.service.handle(world.call(CREATE, &cat()).request());
    assert_eq!(response.headers()["date"], "Sun, 15 Feb 2026 12:00:00 GMT");
    let first = world.answer(CREATE, &cat())["RequestId"].take();
    let second = world.answer("Nonsense", &cat())["RequestId"].take();
    assert_ne!(first, second);
    let logged: Vec<String> = world
        .service
        .requests()
        .into_iter()
        .map(|request| request.request_id)
        .collect();
    assert_eq!(json!(logged[1..]), json!([first, second]));
}

#[test]
fn a_prompt_is_in_no_message_and_no_log() {
    let world = World::new();
    for body in [
        json!({ "Prompt": "hush".repeat(1_000) }),
        json!({ "Prompt": "hush", "hush!": 1, "Duration": "hush" }),
        json!({ "Prompt": "hush", "Duration": 5 }),
    ] {
        let answer = world.answer(
            CREATE,
            &json!({ "Prompt": body["Prompt"], "Duration": body["Duration"] }),
        );
        assert!(!answer.to_string().contains("hush"), "{answer}");
    }
    for shown in ["requests", "bill", "state"] {
        assert!(
            !world.control(shown).to_string().contains("hush"),
            "{shown}"
        );
    }
}

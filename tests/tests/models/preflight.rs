//! The rules of the specification, each with a request that keeps it and one that does not.

use std::path::Path;

use mps_models::{
    CreateAigcVideoTask,
    preflight::{Preflight, Report, Severity},
};
use serde_json::{Value, json};

use crate::typed::preflight;

/// A request that breaks nothing, with some members on top.
fn create(members: &Value) -> Report {
    let mut json = json!({ "Prompt": "a cat" });
    let object = json.as_object_mut().expect("an object");
    object.extend(members.as_object().expect("an object").clone());
    preflight("CreateAigcVideoTask", &json)
}

/// Returns the findings as `severity rule path`.
fn found(report: &Report) -> Vec<String> {
    let line = |finding: &mps_models::preflight::Finding| {
        format!(
            "{} {} {}",
            finding.severity.as_str(),
            finding.rule,
            finding.path
        )
    };
    report.findings().iter().map(line).collect()
}

fn accepts(members: &Value) {
    let report = create(members);
    assert_eq!(report.findings(), [], "{members}: {report}");
}

fn finds(members: &Value, expected: &str) {
    assert_eq!(found(&create(members)), [expected], "{members}");
}

#[test]
fn a_prompt_is_required_without_an_image_or_a_video() {
    let bare = |json: &Value| found(&preflight("CreateAigcVideoTask", json));
    let missing = ["error required-unless-any Prompt"];
    assert_eq!(bare(&json!({})), missing);
    assert_eq!(bare(&json!({ "Prompt": "" })), missing);
    assert_eq!(bare(&json!({ "Prompt": null, "ImageInfos": [] })), missing);
    for given in [
        json!({ "Prompt": "a cat" }),
        json!({ "ImageUrl": "https://example.com/a.png" }),
        json!({ "ImageInfos": [{ "ImageUrl": "https://example.com/a.png" }] }),
        json!({ "VideoInfos": [{ "VideoUrl": "https://example.com/a.mp4" }] }),
    ] {
        assert!(bare(&given).is_empty(), "{given}");
    }
}

#[test]
fn a_prompt_has_at_most_2000_characters_whatever_their_bytes() {
    accepts(&json!({ "Prompt": "猫".repeat(2000) }));
    let report = create(&json!({ "Prompt": "猫".repeat(2001) }));
    let [finding] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(
        (finding.rule, finding.path.as_str()),
        ("max-chars", "Prompt")
    );
    assert_eq!(finding.value, Some(json!(2001)));
    assert_eq!(finding.bound, Some(json!(2000)));
    let hint = finding.hint.as_deref();
    assert!(hint.is_some_and(|hint| hint.starts_with("shorten it by 1, or send it anyway with")));
    assert!(
        finding
            .source
            .is_some_and(|source| source.contains("2026-03-10"))
    );
}

#[test]
fn more_than_three_reference_images_break_the_base_contract() {
    let images = |count: usize| json!({ "ImageInfos": vec![json!({ "ImageUrl": "https://example.com/a.png" }); count] });
    accepts(&images(3));
    finds(&images(4), "error max-items ImageInfos");
}

#[test]
fn a_last_frame_without_a_first_one_is_doubtful() {
    let last = "https://example.com/b.png";
    accepts(&json!({ "LastImageUrl": last, "ImageUrl": "https://example.com/a.png" }));
    finds(
        &json!({ "LastImageUrl": last }),
        "warning requires LastImageUrl",
    );
}

#[test]
fn a_duration_is_at_least_a_second() {
    accepts(&json!({ "Duration": 1 }));
    finds(&json!({ "Duration": 0 }), "error min Duration");
    finds(&json!({ "Duration": i64::MIN }), "error min Duration");
}

#[test]
fn urls_are_checked_at_every_depth() {
    for (place, member) in [
        ("ImageUrl", json!({ "ImageUrl": "a.png" })),
        (
            "ImageInfos[1].ImageUrl",
            json!({ "ImageInfos": [{}, { "ImageUrl": "/a.png" }] }),
        ),
        (
            "VideoInfos[0].VideoUrl",
            json!({ "VideoInfos": [{ "VideoUrl": "file:///a.mp4" }] }),
        ),
        (
            "AudioInfos[0].AudioUrl",
            json!({ "AudioInfos": [{ "AudioUrl": "ftp://a/b.mp3" }] }),
        ),
        (
            "SubjectInfos[0].ImageUrls[1]",
            json!({ "SubjectInfos": [{ "ImageUrls": ["https://a.example/b", "c"] }] }),
        ),
        (
            "SubjectInfos[0].VideoUrls[0]",
            json!({ "SubjectInfos": [{ "VideoUrls": ["https://"] }] }),
        ),
    ] {
        finds(&member, &format!("error format-url {place}"));
    }
}

#[test]
fn additional_parameters_are_json() {
    accepts(&json!({ "AdditionalParameters": "{\"camera_control\":{\"type\":\"simple\"}}" }));
    finds(
        &json!({ "AdditionalParameters": "{" }),
        "error format-json AdditionalParameters",
    );
    finds(
        &json!({ "AdditionalParameters": "" }),
        "error format-json AdditionalParameters",
    );
}

#[test]
fn closed_sets_refuse_and_open_sets_warn() {
    accepts(&json!({ "VideoInfos": [{ "ReferType": "base", "KeepOriginalSound": "yes" }] }));
    finds(
        &json!({ "VideoInfos": [{ "ReferType": "Base" }] }),
        "error one-of VideoInfos[0].ReferType",
    );
    finds(
        &json!({ "VideoInfos": [{ "KeepOriginalSound": "true" }] }),
        "error one-of VideoInfos[0].KeepOriginalSound",
    );
    accepts(&json!({ "ExtraParameters": { "LogoAdd": 0 } }));
    finds(
        &json!({ "ExtraParameters": { "LogoAdd": 2 } }),
        "error one-of ExtraParameters.LogoAdd",
    );
    finds(
        &json!({ "ExtraParameters": { "Resolution": "720p" } }),
        "warning one-of ExtraParameters.Resolution",
    );
    finds(
        &json!({ "SceneType": "2d_scene" }),
        "warning one-of SceneType",
    );
}

#[test]
fn the_closest_known_value_is_named() {
    let report = create(&json!({ "ExtraParameters": { "Resolution": "720p" } }));
    let hint = report.findings()[0].hint.as_deref();
    assert_eq!(hint, Some("did you mean `720P`?"));
}

#[test]
fn a_bucket_has_a_name_and_a_region() {
    let whole = json!({ "CosBucketName": "b-1", "CosBucketRegion": "ap-guangzhou" });
    accepts(&json!({ "StoreCosParam": whole }));
    let report = create(&json!({ "StoreCosParam": {} }));
    assert_eq!(
        found(&report),
        [
            "error required StoreCosParam.CosBucketName",
            "error required StoreCosParam.CosBucketRegion",
        ]
    );
}

#[test]
fn a_task_id_is_required() {
    assert!(preflight("DescribeAigcVideoTask", &json!({ "TaskId": "1" })).is_ok());
    let report = preflight("DescribeAigcVideoTask", &json!({}));
    assert_eq!(found(&report), ["error required TaskId"]);
}

#[test]
fn repeated_members_are_errors() {
    let request = CreateAigcVideoTask::new()
        .prompt("a cat")
        .extra("Prompt", "a dog");
    assert_eq!(
        found(&request.preflight()),
        ["error duplicate-member Prompt"]
    );
}

#[test]
fn unknown_members_name_the_closest_known_one() {
    let report = create(&json!({ "ExtraParameters": { "Resolutoin": "720P" } }));
    assert_eq!(
        found(&report),
        ["warning unknown-member ExtraParameters.Resolutoin"]
    );
    assert_eq!(
        report.findings()[0].hint.as_deref(),
        Some("did you mean `Resolution`?")
    );
}

#[test]
fn all_findings_are_reported_in_the_order_of_the_documentation() {
    let report = create(&json!({
        "Typo": 1,
        "StoreCosParam": { "CosBucketName": "b" },
        "Duration": 0,
        "ImageUrl": "a.png",
    }));
    assert_eq!(
        found(&report),
        [
            "error format-url ImageUrl",
            "error min Duration",
            "error required StoreCosParam.CosBucketRegion",
            "warning unknown-member Typo",
        ]
    );
    assert_eq!((report.errors().count(), report.warnings().count()), (3, 1));
}

#[test]
fn a_report_displays_like_compiler_messages() {
    let report = create(&json!({ "Duration": 0, "ExtraParameters": { "Resolution": "8K" } }));
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("preflight-report", report.to_string());
    });
}

#[test]
fn findings_omit_absent_values() {
    let report = create(&json!({ "Typo": 1 }));
    let json = serde_json::to_value(report.findings()).expect("JSON");
    assert_eq!(
        json,
        json!([{
            "path": "Typo",
            "rule": "unknown-member",
            "severity": "warning",
            "message": "no such member is documented; it is sent unchanged",
        }])
    );
    assert_eq!(report.findings()[0].severity, Severity::Warning);
}

/// Every list and struct is filled, so nearly every rule has something to look at.
#[test]
fn a_valid_request_is_inspected_without_allocating() {
    let path = "../spec/examples/CreateAigcVideoTask/references.request.json";
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    let mut request: CreateAigcVideoTask =
        serde_json::from_str(&text.expect("text")).expect("JSON");
    let inspect = |request: &CreateAigcVideoTask| {
        allocation_counter::measure(|| assert!(request.preflight().is_ok())).count_total
    };
    assert_eq!(
        inspect(&request),
        1,
        "the scratch space for JSON inside a text"
    );
    request.additional_parameters = None;
    assert_eq!(inspect(&request), 0);
}

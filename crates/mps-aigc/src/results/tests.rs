//! Answers with anything in their texts.

use mps_models::{
    DescribeAigcAudioTaskResponse, DescribeAigcTaskStatusResponse, ScenarioTaskStatus,
};
use proptest::{option, prelude::*, sample::select};
use serde_json::{Value, json};

use super::{JsonText, ResultFile};
use crate::{Family, MediaKind, Scenario, TaskFamily};

/// Returns any JSON value, in which members that are read are frequent.
fn json() -> impl Strategy<Value = Value> {
    let names = select(vec![
        "Input",
        "Mode",
        "CosInfo",
        "CosBucketName",
        "CosBucketRegion",
        "CosBucketPath",
        "SceneType",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        select(vec!["stage", "auto", "b-1", "ap-guangzhou", ""]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        let members = prop::collection::vec((names.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| {
                let members = members.into_iter();
                members
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

/// Returns any text: JSON, JSON inside JSON text, JSON that is cut, or no JSON at all.
fn text() -> impl Strategy<Value = String> {
    let written = || json().prop_map(|value| value.to_string());
    let cut = (written(), any::<prop::sample::Index>()).prop_map(|(text, at)| {
        let most = at.index(text.len().max(1));
        text.chars().take(most).collect()
    });
    prop_oneof![
        written(),
        written().prop_map(|text| json!(text).to_string()),
        cut,
        "\\PC{0,40}",
        "[\\[{\"]{0,2000}",
    ]
}

proptest! {
    #[test]
    fn no_text_in_an_answer_breaks_reading_it(
        request in option::of(text()),
        details in option::of(text()),
        stage in option::of(prop_oneof![Just("STAGE_1_FINISHED".to_owned()), text()]),
        finished in option::of(prop_oneof!["[0-9]{1,5}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", text()]),
        url in option::of(prop_oneof!["https://b-1\\.cos\\.ap-guangzhou\\.myqcloud\\.com/\\PC{0,9}", text()]),
        status in select(vec![ScenarioTaskStatus::Running, ScenarioTaskStatus::Finished]),
    ) {
        let mut answer = DescribeAigcTaskStatusResponse::default();
        answer.task_status = Some(status);
        answer.request_body.clone_from(&request);
        answer.task_info = details;
        answer.stage = stage;
        answer.finished_time = finished;
        answer.output_url = url;
        let snapshot = Scenario::snapshot(answer);
        for text in [&snapshot.request, &snapshot.details].into_iter().flatten() {
            let is_json = serde_json::from_str::<Value>(text.as_str()).is_ok();
            prop_assert_eq!(text.value().is_ok(), is_json);
            if let Err(error) = text.value() {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
        // Snapshots can be stored, and show no query of a URL.
        let stored = serde_json::to_string(&snapshot).unwrap();
        prop_assert_eq!(serde_json::from_str::<crate::Snapshot>(&stored).unwrap(), snapshot);
    }

    #[test]
    fn no_size_length_or_url_breaks_a_result(
        size in prop_oneof!["[0-9]{0,12}[xX*][0-9]{0,12}", "\\PC{0,12}"],
        url in "\\PC{0,40}",
        seconds in option::of(any::<i64>()),
    ) {
        let file = ResultFile::described(MediaKind::Video, Some(&size), url.clone(), seconds);
        prop_assert_eq!(file.width.is_some(), file.height.is_some());
        prop_assert_ne!(file.width, Some(0));
        prop_assert_eq!(file.url(), Some(&*url));
        for family in TaskFamily::ALL {
            let _ = file.expiry(*family, std::time::SystemTime::UNIX_EPOCH);
        }
    }
}

#[test]
fn both_documented_forms_of_a_size_are_read() {
    for (size, expected) in [
        ("1920x1088", Some((1920, 1088))),
        ("1080*720", Some((1080, 720))),
        (" 1080 X 720 ", Some((1080, 720))),
        ("0x720", None),
        ("720P", None),
        ("", None),
    ] {
        let file = ResultFile::described(MediaKind::Video, Some(size), String::new(), None);
        assert_eq!(file.width.zip(file.height), expected, "{size}");
    }
}

#[test]
fn json_text_is_unwrapped_and_errors_show_none_of_it() {
    let twice = JsonText::new(json!(json!({"Input": {}}).to_string()).to_string());
    assert_eq!(twice.value().unwrap(), json!({"Input": {}}));
    assert_eq!(JsonText::new("\"plain\"").value().unwrap(), "plain");
    let secret = JsonText::new("{\"Prompt\": \"a secret fox");
    let error = secret.value().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the text of the answer is not JSON: line 1, column 24"
    );
    let other = JsonText::new("\"secret\"").parse::<u8>().unwrap_err();
    assert!(other.is_of_other_type() && !error.is_of_other_type());
    assert_eq!(
        other.to_string(),
        "the JSON text of the answer has another type"
    );
    assert!(!format!("{secret:?} {error:?}").contains("fox"));
}

#[test]
fn a_list_of_sounds_without_urls_has_no_results() {
    let answer = r#"{"Status": "DONE", "AudioInfos": [{"Duration": 8}, {"Url": ""}]}"#;
    let answer: DescribeAigcAudioTaskResponse = serde_json::from_str(answer).unwrap();
    assert!(crate::Audio::snapshot(answer).results.is_empty());
}

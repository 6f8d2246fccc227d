//! Open enums keep unknown values.

use mps_models::{
    AigcTaskStatus, DescribeAigcVideoTaskResponse, ScenarioTaskStatus, ScenarioTaskType, TaskPhase,
};
use serde_json::json;

#[test]
fn every_known_value_has_a_variant_of_its_own() {
    for value in AigcTaskStatus::VALUES {
        let status = AigcTaskStatus::from(*value);
        assert!(!matches!(status, AigcTaskStatus::Unknown(_)), "{value}");
        assert_eq!(status.as_str(), *value);
        assert_eq!(status.to_string(), *value);
    }
}

#[test]
fn an_unknown_value_is_kept() {
    let json = json!({ "Status": "PAUSED" });
    let answer: DescribeAigcVideoTaskResponse =
        serde_json::from_value(json.clone()).expect("an answer");
    let status = answer.status.clone().expect("a status");
    assert!(matches!(&status, AigcTaskStatus::Unknown(value) if value.as_str() == "PAUSED"));
    assert_eq!(status.to_string(), "PAUSED");
    assert_eq!(serde_json::to_value(&answer).expect("JSON"), json);
}

#[test]
fn letter_case_matters() {
    assert_ne!(AigcTaskStatus::from("done"), AigcTaskStatus::Done);
    assert_eq!(
        AigcTaskStatus::from("DONE".to_owned()),
        AigcTaskStatus::Done
    );
}

#[test]
fn an_unknown_status_counts_as_pending() {
    let phase = |value: &str| AigcTaskStatus::from(value).phase();
    assert_eq!(phase("WAIT"), TaskPhase::Pending);
    assert_eq!(phase("RUN"), TaskPhase::Pending);
    assert_eq!(phase("DONE"), TaskPhase::Succeeded);
    assert_eq!(phase("FAIL"), TaskPhase::Failed);
    assert_eq!(phase("PAUSED"), TaskPhase::Pending);
}

#[test]
fn scenarios_have_status_values_of_their_own() {
    let phase = |value: &str| ScenarioTaskStatus::from(value).phase();
    assert_eq!(phase("PENDING"), TaskPhase::Pending);
    assert_eq!(phase("RUNNING"), TaskPhase::Pending);
    assert_eq!(phase("FINISHED"), TaskPhase::Succeeded);
    for failed in ["FAILED", "STOP", "TIMEOUT"] {
        assert_eq!(phase(failed), TaskPhase::Failed);
    }
    assert_eq!(phase("DONE"), TaskPhase::Pending);
    for value in ScenarioTaskStatus::VALUES {
        assert_eq!(ScenarioTaskStatus::from(*value).as_str(), *value);
    }
}

/// The documentation asks for one spelling and answers another.
#[test]
fn both_spellings_of_a_redrawn_video_are_known() {
    for value in ["RedrawVideo", "VideoRedraw"] {
        let kind = ScenarioTaskType::from(value);
        assert!(!matches!(kind, ScenarioTaskType::Unknown(_)));
        assert_eq!(kind.as_str(), value);
    }
}

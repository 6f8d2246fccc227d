//! Requests that leave the version to the service.

use mps_models::{
    CreateAigcImageTask, CreateAigcVideoTask,
    preflight::{Preflight, Severity},
    service::Site,
};
use serde_json::json;

use crate::request::{FRAME, accepts, extra, finds, images, video};

fn kling() -> CreateAigcVideoTask {
    CreateAigcVideoTask::new()
        .model_name("Kling")
        .prompt("a cat")
}

#[test]
fn a_feature_of_every_version_passes() {
    accepts(&kling().duration(5));
    accepts(&kling().extra_parameters(extra().resolution("1080P").aspect_ratio("1:1")));
}

#[test]
fn a_feature_of_no_version_is_refused() {
    finds(&kling().duration(16), "error duration Duration");
    finds(&kling().scene_type("land2port"), "error scene SceneType");
    let late = kling().extra_parameters(extra().off_peak(true));
    finds(&late, "error off-peak ExtraParameters.OffPeak");
}

#[test]
fn a_feature_of_some_versions_is_a_warning_that_names_them() {
    let report = kling().duration(12).preflight();
    let [finding] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(finding.severity, Severity::Warning);
    let hint = "name a ModelVersion that allows it: 3.0, 3.0-Omni";
    assert_eq!(finding.hint.as_deref(), Some(hint));
    assert!(
        finding
            .message
            .contains("the request names no ModelVersion"),
        "{finding}"
    );
    let large = kling().extra_parameters(extra().resolution("4K"));
    finds(&large, "warning resolution ExtraParameters.Resolution");
    let edited = kling().video_infos(video("base"));
    finds(&edited, "warning reference-video VideoInfos");
}

/// No document says how many of its kind H2 or `MiniMaxMusic` make; some versions say what they take.
#[test]
fn versions_without_the_fact_do_not_count() {
    let hunyuan = CreateAigcImageTask::new()
        .model_name("Hunyuan")
        .prompt("a cat")
        .additional_parameters_json(&json!({"size": "1024x1024"}));
    assert_eq!(hunyuan.preflight_on(Some(Site::Cn)).findings(), []);
}

/// The service selects the version, so a finding must not say that it is one of them.
#[test]
fn a_refusal_by_every_version_names_the_model_alone_where_all_are_alike() {
    let message = |request: CreateAigcVideoTask| {
        let report = request.preflight();
        report.findings()[0].message.clone()
    };
    let late = kling().extra_parameters(extra().off_peak(true));
    assert_eq!(message(late), "Kling takes no off-peak task");
    let named = kling()
        .model_version("2.6")
        .extra_parameters(extra().off_peak(true));
    assert_eq!(message(named), "Kling 2.6 takes no off-peak task");
    assert_eq!(
        message(kling().duration(16)),
        "16 seconds, Kling 3.0-Omni takes 3 to 15; no other version allows it either"
    );
}

#[test]
fn a_withdrawn_version_is_not_a_candidate_unless_all_are() {
    let gv = CreateAigcVideoTask::new().model_name("GV").prompt("a cat");
    accepts(&gv.clone().duration(8));
    finds(&gv.clone().duration(5), "error duration Duration");
    let both = gv.image_url(FRAME).image_infos(images(1));
    finds(&both, "error reference-images-exclude-frames ImageInfos");
}

//! Requests that leave the version to the service.

use mps_models::{
    CreateAigcVideoTask,
    preflight::{Preflight, Severity},
};

use crate::request::{FRAME, accepts, extra, finds, images, video};

fn kling() -> CreateAigcVideoTask {
    CreateAigcVideoTask::new()
        .model_name("Kling")
        .prompt("a cat")
}

#[test]
fn what_every_version_takes_is_taken() {
    accepts(&kling().duration(5));
    accepts(&kling().extra_parameters(extra().resolution("1080P").aspect_ratio("1:1")));
}

#[test]
fn what_no_version_takes_is_refused() {
    finds(&kling().duration(16), "error duration Duration");
    finds(&kling().scene_type("land2port"), "error scene SceneType");
    let late = kling().extra_parameters(extra().off_peak(true));
    finds(&late, "error off-peak ExtraParameters.OffPeak");
}

#[test]
fn what_some_versions_take_is_doubtful_and_they_are_named() {
    let report = kling().duration(12).preflight();
    let [finding] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(finding.severity, Severity::Warning);
    let hint = "name a ModelVersion that allows it: 3.0, 3.0-Omni";
    assert_eq!(finding.hint.as_deref(), Some(hint));
    let large = kling().extra_parameters(extra().resolution("4K"));
    finds(&large, "warning resolution ExtraParameters.Resolution");
    let edited = kling().video_infos(video("base"));
    finds(&edited, "warning reference-video VideoInfos");
}

/// Some versions take reference images; of the others nobody knows.
#[test]
fn silence_of_some_versions_says_nothing() {
    accepts(&kling().image_infos(images(3)));
}

#[test]
fn a_version_that_was_withdrawn_is_not_picked_unless_all_were() {
    let gv = CreateAigcVideoTask::new().model_name("GV").prompt("a cat");
    accepts(&gv.clone().duration(8));
    finds(&gv.clone().duration(5), "error duration Duration");
    let both = gv.image_url(FRAME).image_infos(images(1));
    finds(&both, "error reference-images-exclude-frames ImageInfos");
}

//! The seconds for which a request is billed, and the names to offer for an unknown model.

use mps_models::{
    Action, AiFissionInput, CreateAiFissionTask, CreateAigcAudioTask, CreateAigcImageTask,
    CreateAigcVideoTask, DescribeAigcVideoTask, FissionTaskInfo, action,
    capabilities::{self, Row},
};

use crate::request::{to, video};

#[test]
fn a_named_duration_is_billed_for_every_row() {
    for row in capabilities::video().rows() {
        assert_eq!(to(row).duration(7).billable_seconds(), Some(7), "{row}");
    }
}

#[test]
fn the_default_of_the_row_is_billed_without_a_duration() {
    for row in capabilities::video().rows() {
        let expected = row.duration_default();
        let expected = expected.and_then(|seconds| u64::try_from(seconds).ok());
        assert_eq!(to(row).billable_seconds(), expected, "{row}");
    }
    let stated = capabilities::video()
        .rows()
        .filter_map(Row::duration_default);
    assert!(stated.count() > 20);
}

#[test]
fn versions_that_differ_leave_the_seconds_unknown() {
    for model in capabilities::video().models {
        let request = CreateAigcVideoTask::new().model_name(model.name);
        let current = model.rows.iter();
        let current = current.filter(|row| model.is_withdrawn() || !row.is_withdrawn());
        let mut defaults: Vec<_> = current.map(Row::duration_default).collect();
        defaults.dedup();
        let [default] = defaults.as_slice() else {
            assert_eq!(request.billable_seconds(), None, "{}", model.name);
            continue;
        };
        let expected = default.and_then(|seconds| u64::try_from(seconds).ok());
        assert_eq!(request.billable_seconds(), expected, "{}", model.name);
    }
}

#[test]
fn an_unknown_model_leaves_the_seconds_to_the_request() {
    let request = CreateAigcVideoTask::new().model_name("Sora");
    assert_eq!(request.billable_seconds(), None);
    assert_eq!(request.duration(9).billable_seconds(), Some(9));
    assert_eq!(CreateAigcVideoTask::new().billable_seconds(), None);
}

#[test]
fn a_result_as_long_as_its_input_has_unknown_seconds() {
    let kling = || {
        CreateAigcVideoTask::new()
            .model_name("Kling")
            .model_version("2.1")
    };
    assert_eq!(kling().billable_seconds(), Some(5));
    assert_eq!(kling().scene_type("lip_sync").billable_seconds(), None);
    assert_eq!(kling().video_infos(video("base")).billable_seconds(), None);
    assert_eq!(
        kling().video_infos(video("feature")).billable_seconds(),
        Some(5)
    );
}

#[test]
fn a_duration_that_is_not_positive_is_unknown() {
    let request = CreateAigcVideoTask::new().model_name("Kling");
    for seconds in [0, -1, i64::MIN] {
        assert_eq!(request.clone().duration(seconds).billable_seconds(), None);
    }
}

#[test]
fn other_actions() {
    let advertisement = CreateAiFissionTask::new(AiFissionInput::new(["https://example.com/a"]));
    assert_eq!(advertisement.billable_seconds(), Some(15));
    let short = advertisement.task_info(FissionTaskInfo::new().duration(4));
    assert_eq!(short.billable_seconds(), Some(4));
    assert_eq!(
        CreateAigcImageTask::new()
            .model_name("MJ")
            .billable_seconds(),
        None
    );
    assert_eq!(
        CreateAigcAudioTask::new()
            .model_name("GL")
            .billable_seconds(),
        None
    );
    assert_eq!(DescribeAigcVideoTask::new("1").billable_seconds(), None);
}

#[test]
fn an_action_leads_to_its_capability_table() {
    let table = |name: &str| action(name).and_then(|info| info.capabilities);
    assert_eq!(table("CreateAigcVideoTask"), Some(capabilities::video()));
    assert_eq!(table("CreateAigcImageTask"), Some(capabilities::image()));
    assert_eq!(table("DescribeAigcVideoTask"), None);
    assert_eq!(capabilities::family("audio"), Some(capabilities::audio()));
    assert_eq!(capabilities::family("film"), None);
}

#[test]
fn an_unknown_model_has_current_models_near_it() {
    let family = capabilities::video();
    let names = family.closest_models("Klng", 3);
    assert_eq!(names.first(), Some(&"Kling"));
    assert_eq!(names.len(), 3);
    let all = family.closest_models("x", usize::MAX);
    for model in family.models {
        assert_eq!(
            all.contains(&model.name),
            !model.is_withdrawn(),
            "{}",
            model.name
        );
    }
    assert!(family.closest_models(&"Kling".repeat(1000), 3).is_empty());
    let kling = family.model("Kling").expect("Kling");
    assert_eq!(kling.closest_versions("3.0-omni", 1), ["3.0-Omni"]);
    let hidden = family
        .models
        .iter()
        .flat_map(|model| model.closest_versions("1", 99));
    assert!(hidden.count() > 20);
}

//! The rules that are easy to get wrong, case by case, from the documents rather than the tables.

use std::path::Path;

use mps_models::{
    CreateAigcVideoTask, capabilities,
    preflight::{Preflight, Severity, rules},
};
use serde_json::json;

use crate::request::{FRAME, accepts, ask, extra, finds, found, images, subjects, video};

/// It names a model that has been withdrawn since, and is otherwise right.
#[test]
fn the_documentations_example_passes_with_one_warning() {
    let path = "../spec/examples/CreateAigcVideoTask/documentation.request.json";
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    let request: CreateAigcVideoTask = serde_json::from_str(&text.expect("text")).expect("JSON");
    let report = request.preflight();
    assert!(report.is_ok());
    let [finding] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(
        (finding.rule, finding.severity),
        (rules::WITHDRAWN_MODEL, Severity::Warning)
    );
    assert!(finding.message.contains("2026-07-06 (intl)"), "{finding}");
}

#[test]
fn an_unknown_model_is_checked_against_the_base_contract() {
    let unknown = ask("Sora", "1").duration(1_000);
    finds(&unknown, "warning unknown-model ModelName");
    let unknown = ask("Kling", "9").duration(1_000);
    finds(&unknown, "warning unknown-version ModelVersion");
    let long = ask("Sora", "1")
        .prompt("x".repeat(2_001))
        .image_infos(images(4));
    assert_eq!(
        found(&long),
        [
            "error max-chars Prompt",
            "error max-items ImageInfos",
            "warning unknown-model ModelName",
        ]
    );
}

#[test]
fn a_wrong_letter_case_gets_the_right_one_as_hint() {
    let hint = |model: &str, version: &str| {
        let report = ask(model, version).preflight();
        report.findings()[0].hint.clone()
    };
    assert_eq!(
        hint("pixverse", "v6").as_deref(),
        Some("did you mean `PixVerse`?")
    );
    assert_eq!(
        hint("Kling", "3.0-omni").as_deref(),
        Some("did you mean `3.0-Omni`?")
    );
}

#[test]
fn without_a_model_only_the_base_contract_is_checked() {
    let request = CreateAigcVideoTask::new().prompt("a cat");
    accepts(&request.clone().duration(59).model_version("9"));
    finds(
        &request.image_infos(images(4)),
        "error max-items ImageInfos",
    );
}

/// The page allows three images, the row of the model is dated later and allows seven.
#[test]
fn the_row_of_the_model_overrides_the_base_contract() {
    accepts(&ask("Vidu", "q2").image_infos(images(7)));
    finds(
        &ask("Vidu", "q2").image_infos(images(8)),
        "error reference-images ImageInfos",
    );
    finds(&ask("Kling", "1.6").duration(0), "error duration Duration");
    let at = |resolution| ask("Kling", "1.6").extra_parameters(extra().resolution(resolution));
    finds(&at("8K"), "error resolution ExtraParameters.Resolution");
    finds(
        &ask("Kling", "1.6").scene_type("3d_scene"),
        "error scene SceneType",
    );
}

#[test]
fn a_finding_has_value_bound_source_and_hint() {
    let report = ask("Kling", "2.6").duration(7).preflight();
    let finding = serde_json::to_value(&report.findings()[0]).expect("JSON");
    assert_eq!(
        finding,
        json!({
            "path": "Duration",
            "rule": "duration",
            "severity": "error",
            "message": "7 seconds, Kling 2.6 takes 5 or 10",
            "hint": "use 5 or 10",
            "value": 7,
            "bound": [5, 10],
            "source": "API description of 2026-10-26",
        })
    );
}

#[test]
fn four_kling_versions_accept_a_last_frame_at_1080p_only() {
    for (version, needs) in [
        ("1.6", true),
        ("2.0", false),
        ("2.1", true),
        ("2.5", true),
        ("O1", false),
        ("2.6", true),
        ("3.0", false),
        ("3.0-Omni", false),
    ] {
        let request = ask("Kling", version).image_url(FRAME).last_image_url(FRAME);
        accepts(
            &request
                .clone()
                .extra_parameters(extra().resolution("1080P")),
        );
        let at_720 = request.clone().extra_parameters(extra().resolution("720P"));
        for request in [request, at_720] {
            if needs {
                finds(&request, "error last-frame-resolution LastImageUrl");
            } else {
                accepts(&request);
            }
        }
    }
}

#[test]
fn a_reference_video_limits_duration_and_images_of_omni() {
    let omni = || ask("Kling", "3.0-Omni").duration(12).image_infos(images(5));
    accepts(&omni());
    assert_eq!(
        found(&omni().video_infos(video("feature"))),
        [
            "error reference-images ImageInfos",
            "error duration Duration"
        ]
    );
    accepts(
        &ask("H2", "1.0")
            .image_infos(images(5))
            .video_infos(video("feature")),
    );
    let six = ask("H2", "1.0").image_infos(images(6));
    accepts(&six);
    finds(
        &six.video_infos(video("feature")),
        "error reference-images ImageInfos",
    );
}

#[test]
fn only_four_models_accept_a_reference_video() {
    let takes = |model: &str, version: &str| {
        found(&ask(model, version).video_infos(video("feature"))).is_empty()
    };
    assert!(takes("Kling", "O1") && takes("Kling", "3.0-Omni"));
    assert!(takes("Vidu", "q2-pro") && takes("H2", "1.0"));
    assert!(!takes("Kling", "3.0") && !takes("Vidu", "q2") && !takes("Hailuo", "02"));
}

#[test]
fn a_video_to_edit_excludes_frames_for_every_model() {
    let both = |request: CreateAigcVideoTask| request.image_url(FRAME).last_image_url(FRAME);
    let conflict = [
        "error base-video-excludes-frames ImageUrl",
        "error base-video-excludes-frames LastImageUrl",
    ];
    let mut unsaid = video("base");
    unsaid[0].refer_type = None;
    for videos in [video("base"), unsaid] {
        let of_kling = both(ask("Kling", "O1")).video_infos(videos.clone());
        assert_eq!(found(&of_kling), conflict);
        let of_nobody = both(CreateAigcVideoTask::new()).video_infos(videos);
        assert_eq!(found(&of_nobody), conflict);
    }
    accepts(&both(ask("Kling", "O1")).video_infos(video("feature")));
    accepts(&ask("Kling", "O1").video_infos(video("base")));
}

#[test]
fn gv_accepts_frames_or_references_and_no_last_frame_alone() {
    let gv = || ask("GV", "3.1");
    accepts(&gv().image_url(FRAME).last_image_url(FRAME));
    accepts(&gv().image_infos(images(3)));
    finds(
        &gv().image_infos(images(1)).image_url(FRAME),
        "error reference-images-exclude-frames ImageInfos",
    );
    finds(
        &gv().last_image_url(FRAME),
        "error last-frame-needs-first-frame LastImageUrl",
    );
}

#[test]
fn hailuo_accepts_no_aspect_ratio_and_doubtful_ten_seconds() {
    let wide = ask("Hailuo", "2.3").extra_parameters(extra().aspect_ratio("16:9"));
    finds(&wide, "error aspect-ratio ExtraParameters.AspectRatio");
    accepts(&ask("Hailuo", "2.3").duration(6));
    finds(
        &ask("Hailuo", "2.3").duration(10),
        "warning duration Duration",
    );
}

/// The description gives most models two resolutions, then says that 2K and 4K exist besides.
#[test]
fn a_contradiction_between_documents_is_a_warning() {
    let at = |version, resolution| {
        ask("Kling", version).extra_parameters(extra().resolution(resolution))
    };
    finds(
        &at("2.1", "4K"),
        "warning resolution ExtraParameters.Resolution",
    );
    accepts(&at("3.0", "4K"));
    finds(
        &at("3.0", "2K"),
        "warning resolution ExtraParameters.Resolution",
    );
}

/// The service may well take no notice of the ratio.
#[test]
fn an_aspect_ratio_beside_a_frame_is_a_warning() {
    let wide = || ask("Kling", "2.6").extra_parameters(extra().aspect_ratio("16:9"));
    accepts(&wide());
    finds(
        &wide().image_url(FRAME),
        "warning aspect-ratio-mode ExtraParameters.AspectRatio",
    );
}

#[test]
fn vidu_q3_pixverse_and_kling_generate_sound() {
    let loud =
        |model, version| found(&ask(model, version).extra_parameters(extra().enable_audio(true)));
    for (model, version) in [("Vidu", "q3"), ("PixVerse", "c1"), ("Kling", "1.6")] {
        assert!(loud(model, version).is_empty(), "{model}");
    }
    // The list of models that support it is read as closed.
    for (model, version) in [("Vidu", "q2-pro"), ("Hailuo", "02"), ("H2", "1.0")] {
        assert_eq!(
            loud(model, version),
            ["error audio ExtraParameters.EnableAudio"]
        );
    }
}

#[test]
fn only_vidu_has_off_peak_hours() {
    for row in capabilities::video()
        .rows()
        .filter(|row| !row.is_withdrawn())
    {
        assert_eq!(row.off_peak(), Some(row.model == "Vidu"), "{row}");
    }
}

#[test]
fn a_model_without_versions_is_checked_for_any_version() {
    let request = CreateAigcVideoTask::new().model_name("Mingmou");
    let request = request
        .scene_type("land2port")
        .video_infos(video("feature"));
    accepts(&request);
    let request = request.model_version("1.0");
    finds(&request, "warning unknown-version ModelVersion");
    let request = request.scene_type("lip_sync");
    let both = [
        "warning unknown-version ModelVersion",
        "error scene SceneType",
    ];
    assert_eq!(found(&request), both);
}

#[test]
fn six_mistakes_give_six_findings() {
    let request = ask("Kling", "2.1")
        .scene_type("land2port")
        .image_url(FRAME)
        .last_image_url(FRAME)
        .video_infos(video("feature"))
        .duration(7)
        .extra_parameters(extra().resolution("540P").off_peak(true));
    assert_eq!(
        found(&request),
        [
            "error scene SceneType",
            "error last-frame-resolution LastImageUrl",
            "error reference-video VideoInfos",
            "error duration Duration",
            "error resolution ExtraParameters.Resolution",
            "error off-peak ExtraParameters.OffPeak",
        ]
    );
}

/// All that a model has, within its bounds: the tables are looked at, nothing is allocated.
#[test]
fn a_valid_request_is_checked_without_allocating() {
    let full = || {
        ask("Kling", "3.0-Omni")
            .scene_type("lip_sync")
            .image_url(FRAME)
            .last_image_url(FRAME)
            .image_infos(images(4))
            .video_infos(video("feature"))
            .subject_infos(subjects())
            .duration(10)
            .extra_parameters(extra().resolution("1080P").logo_add(1).enable_audio(true))
    };
    let mut without_version = full();
    without_version.model_version = None;
    without_version.video_infos.clear();
    without_version.image_infos.clear();
    for request in [
        full(),
        without_version,
        ask("Vidu", "q2").image_infos(images(7)),
    ] {
        let allocations = allocation_counter::measure(|| {
            assert_eq!(request.preflight().findings(), []);
        });
        assert_eq!(allocations.count_total, 0, "{request:?}");
    }
}

//! Whatever is asked of a model that exists, preflight has an answer and no panic.

use std::collections::BTreeSet;

use mps_models::{
    CreateAigcVideoTask,
    capabilities::{self, Row},
    preflight::{Preflight, rules::RULES},
    service::Site,
};
use proptest::prelude::*;

use crate::request::{extra, images, subjects, to, video};

fn row() -> impl Strategy<Value = &'static Row> {
    proptest::sample::select(capabilities::video().rows().collect::<Vec<_>>())
}

/// JSON that may be a storyboard, and text that is neither.
fn parameters() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|it| it.to_string()),
        "[0-9a-z\"]{0,4}"
    ];
    let shot = (number, ".{0,5}")
        .prop_map(|(seconds, prompt)| format!("{{\"duration\":{seconds},\"prompt\":{prompt:?}}}"));
    let shots = proptest::collection::vec(shot, 0..9);
    prop_oneof![
        shots.prop_map(|shots| format!("{{\"multi_prompt\":[{}]}}", shots.join(","))),
        "\\PC*multi_prompt\\PC*",
        "\\{\"(multi_shot|multi_prompt|size)\":(true|null|5|\"[0-9x]{0,9}\"|\\[\\])\\}",
    ]
}

fn request() -> impl Strategy<Value = CreateAigcVideoTask> {
    let texts = (
        ".{0,5}",
        "([0-9]{0,4}[PK]?)|.{0,5}",
        "([0-9]:[0-9])|.{0,5}",
        parameters(),
    );
    let kinds = proptest::sample::select(vec!["base", "feature", "", "else"]);
    let numbers = (any::<i64>(), 0..12_usize, any::<bool>(), kinds);
    (row(), texts, numbers).prop_map(|(row, texts, (seconds, count, wish, kind))| {
        let (scene, resolution, ratio, parameters) = texts;
        let extra = extra()
            .resolution(resolution)
            .aspect_ratio(ratio)
            .off_peak(wish);
        let mut request = to(row)
            .scene_type(scene)
            .duration(seconds)
            .image_infos(images(count))
            .video_infos(video(kind))
            .subject_infos(subjects())
            .additional_parameters(parameters)
            .extra_parameters(extra.enable_audio(wish).logo_add(i64::from(wish)));
        if wish {
            request.model_version = None;
        }
        request
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_finding_names_a_known_rule_and_a_source(request in request()) {
        let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        let report = request.preflight();
        for finding in report.findings() {
            prop_assert!(known.contains(finding.rule), "{}", finding);
            prop_assert!(finding.source.is_some(), "{}", finding);
        }
        let _ = report.to_string();
    }

    #[test]
    fn a_request_is_ok_exactly_if_its_report_is(request in request()) {
        for site in [None, Some(Site::Intl), Some(Site::Cn)] {
            let report = request.preflight_on(site);
            prop_assert_eq!(request.is_ok_on(site), report.is_ok(), "{:?} {}", site, report);
        }
    }
}

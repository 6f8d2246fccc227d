//! The tables as a program asks them.

use std::collections::BTreeSet;

use mps_models::{
    capabilities::{self, Column, FAMILIES, Mode, Row},
    preflight::rules::RULES,
};
use serde_json::json;

#[test]
fn every_row_is_found_by_its_names() {
    for family in FAMILIES {
        for row in family.rows() {
            let model = family.model(row.model).expect("a model");
            let found = match row.version {
                Some(version) => model.version(version),
                None => model.rows.first(),
            };
            assert_eq!(found, Some(row));
            assert_eq!(row.family, family.name);
            assert!(!row.source.is_empty() && !row.since.is_empty(), "{row}");
        }
    }
    let names: Vec<_> = FAMILIES.iter().map(|family| family.name).collect();
    assert_eq!(names, ["audio", "image", "video"]);
}

#[test]
fn a_lookup_allocates_nothing() {
    let allocations = allocation_counter::measure(|| {
        let omni = capabilities::video()
            .model("Kling")
            .and_then(|model| model.version("3.0-Omni"));
        let durations = omni.and_then(Row::durations);
        assert!(durations.is_some_and(|durations| durations.contains(15)));
        assert!(capabilities::audio().rows().count() > 10);
    });
    assert_eq!(allocations.count_total, 0);
}

#[test]
fn names_are_exact_and_the_closest_is_known() {
    let video = capabilities::video();
    assert_eq!(video.model("kling"), None);
    assert_eq!(video.closest("kling"), Some("Kling"));
    assert_eq!(video.closest("Something"), None);
    let audio = capabilities::audio();
    assert_eq!(audio.closest("MinimaxMusic"), Some("MiniMaxMusic"));
    let kling = video.model("Kling").expect("Kling");
    assert_eq!(kling.closest("o1"), Some("O1"));
}

#[test]
fn a_withdrawn_model_keeps_a_row_with_the_day() {
    let video = capabilities::video();
    for name in ["GV", "OS", "Jimeng"] {
        let model = video.model(name).expect(name);
        assert!(model.is_withdrawn());
    }
    assert!(!video.model("Kling").expect("Kling").is_withdrawn());
    let days = video.model("GV").expect("GV").rows[0].until;
    let days: Vec<String> = days.iter().map(ToString::to_string).collect();
    assert_eq!(days, ["2026-05-26 (cn)", "2026-07-06 (intl)"]);
}

#[test]
fn a_row_serializes_its_stated_facts() {
    let row = capabilities::video()
        .model("Vidu")
        .and_then(|model| model.version("q2-pro"));
    let row = row.expect("a row");
    assert!(row.states(Column::Durations) && !row.states(Column::Storyboard));
    assert_eq!(
        serde_json::to_value(row).expect("JSON"),
        json!({
            "family": "video",
            "model": "Vidu",
            "version": "q2-pro",
            "since": { "cn": "2025-12-30", "intl": "2026-01-09" },
            "source": "API description of 2026-10-26",
            "scenes": ["template_effect"],
            "durations": { "min": 1, "max": 10 },
            "duration_default": 5,
            "resolutions": ["540P", "720P", "1080P"],
            "doubtful_resolutions": ["2K", "4K"],
            "resolution_default": "720P",
            "aspect_ratios": ["16:9", "9:16", "1:1"],
            "doubtful_aspect_ratios": ["4:3", "3:4"],
            "aspect_ratio_modes": ["text", "reference-images"],
            "first_frame": true,
            "last_frame": true,
            "reference_images": { "min": 1, "max": 7 },
            "reference_video": true,
            "audio": false,
            "watermark": true,
            "off_peak": true,
            "subjects": true,
        })
    );
    assert_eq!(
        row.aspect_ratio_modes(),
        Some(&[Mode::Text, Mode::ReferenceImages][..])
    );
}

#[test]
fn images_and_sounds() {
    let image = capabilities::image();
    let of = |model: &str, version: &str| image.model(model)?.version(version)?.reference_images();
    assert_eq!(of("Kling", "3.0").map(|count| count.max), Some(1));
    assert_eq!(of("Kling", "3.0-Omni").map(|count| count.max), Some(10));
    assert_eq!(of("MJ", "v7").map(|count| count.max), Some(3));
    let hunyuan = image
        .model("Hunyuan")
        .and_then(|model| model.version("3.0"));
    let size = hunyuan.and_then(Row::size).expect("a size");
    assert_eq!(
        (size.min_side, size.max_side, size.max_pixels),
        (512, 2048, 1_048_576)
    );
    let gl = capabilities::audio().model("GL").expect("GL");
    let gone = gl.rows.iter().filter(|row| row.is_withdrawn());
    assert_eq!(
        gone.filter_map(|row| row.version).collect::<Vec<_>>(),
        ["2.0"]
    );
}

#[test]
fn every_rule_has_an_id_of_its_own() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
}

//! Every row of the tables of pictures and sounds, as `matrix` does it for videos.

use mps_models::{
    AigcAudioReferenceAudioInfo, AigcAudioReferenceVideoInfo, AigcImageExtraParam, AigcImageInfo,
    CreateAigcAudioTask, CreateAigcImageTask,
    capabilities::{self, Column, Row},
    preflight::{Preflight, Severity, rules},
};

use crate::request::FRAME;

/// Returns the severity of a finding of one rule, if there is one.
fn severity(request: &impl Preflight, rule: &str) -> Option<Severity> {
    let report = request.preflight();
    let found = report
        .findings()
        .iter()
        .find(|finding| finding.rule == rule)?;
    assert!(found.source.is_some(), "{found}");
    Some(found.severity)
}

/// Returns the severity of a feature that the row denies or does not state.
fn weight(row: &Row, column: Column, answer: Option<bool>) -> Option<Severity> {
    match answer {
        Some(true) => None,
        Some(false) if !row.only_warns(column) => Some(Severity::Error),
        _ => Some(Severity::Warning),
    }
}

fn picture(row: &Row) -> CreateAigcImageTask {
    let request = CreateAigcImageTask::new()
        .model_name(row.model)
        .prompt("a cat");
    match row.version {
        Some(version) => request.model_version(version),
        None => request,
    }
}

fn sound(row: &Row) -> CreateAigcAudioTask {
    let request = CreateAigcAudioTask::new()
        .model_name(row.model)
        .prompt("a song");
    match row.version {
        Some(version) => request.model_version(version),
        None => request,
    }
}

#[test]
fn a_plain_request_passes_for_every_row() {
    for row in capabilities::image().rows() {
        assert!(picture(row).preflight().is_ok(), "{row}");
    }
    for row in capabilities::audio().rows() {
        assert!(sound(row).preflight().is_ok(), "{row}");
    }
}

#[test]
fn shapes_of_pictures() {
    let mut tried = 0;
    for row in capabilities::image().rows() {
        let shaped = |ratio: &str| {
            picture(row).extra_parameters(AigcImageExtraParam::new().aspect_ratio(ratio))
        };
        if let Some(ratios) = row.aspect_ratios() {
            for ratio in ratios {
                assert_eq!(
                    severity(&shaped(ratio), rules::ASPECT_RATIO),
                    None,
                    "{row} {ratio}"
                );
            }
            assert_eq!(
                severity(&shaped("99:1"), rules::ASPECT_RATIO),
                Some(Severity::Error),
                "{row}"
            );
            tried += 1;
        }
    }
    assert!(tried > 5, "only {tried} rows");
}

#[test]
fn resolutions_of_pictures() {
    let mut tried = 0;
    for row in capabilities::image().rows() {
        let at = |resolution: &str| {
            picture(row).extra_parameters(AigcImageExtraParam::new().resolution(resolution))
        };
        if let Some(resolutions) = row.resolutions() {
            for resolution in resolutions {
                assert_eq!(
                    severity(&at(resolution), rules::RESOLUTION),
                    None,
                    "{row} {resolution}"
                );
            }
            assert_eq!(
                severity(&at("240P"), rules::RESOLUTION),
                Some(Severity::Error),
                "{row}"
            );
            tried += 1;
        }
    }
    assert!(tried > 0);
}

#[test]
fn references_of_pictures() {
    let mut tried = 0;
    for row in capabilities::image().rows() {
        let with = |count: usize| {
            picture(row).image_infos(vec![AigcImageInfo::new().image_url(FRAME); count])
        };
        if let Some(count) = row.reference_images() {
            assert_eq!(
                severity(&with(count.max), rules::REFERENCE_IMAGES),
                None,
                "{row}"
            );
            let beyond = severity(&with(count.max + 1), rules::REFERENCE_IMAGES);
            assert_eq!(
                beyond,
                weight(row, Column::ReferenceImages, Some(false)),
                "{row}"
            );
            tried += 1;
        }
    }
    assert!(tried > 5, "only {tried} rows");
}

#[test]
fn sizes_of_pictures() {
    let mut tried = 0;
    for row in capabilities::image()
        .rows()
        .filter(|row| row.size().is_some())
    {
        let sized =
            |size: &str| picture(row).additional_parameters(format!(r#"{{"size":"{size}"}}"#));
        assert_eq!(severity(&sized("1024x1024"), rules::SIZE), None, "{row}");
        for wrong in ["9000x9000", "16x16"] {
            assert_eq!(
                severity(&sized(wrong), rules::SIZE),
                Some(Severity::Error),
                "{row} {wrong}"
            );
        }
        tried += 1;
    }
    assert_eq!(tried, 2, "Hunyuan 3.0 and Qwen 0925");
}

#[test]
fn references_of_sounds() {
    for row in capabilities::audio().rows() {
        let video = sound(row).video_infos([AigcAudioReferenceVideoInfo::new().video_url(FRAME)]);
        let expected = weight(row, Column::ReferenceVideo, row.reference_video());
        assert_eq!(severity(&video, rules::REFERENCE_VIDEO), expected, "{row}");
        let audio = sound(row).audio_infos([AigcAudioReferenceAudioInfo::new().audio_url(FRAME)]);
        let expected = weight(row, Column::ReferenceAudio, row.reference_audio());
        assert_eq!(severity(&audio, rules::REFERENCE_AUDIO), expected, "{row}");
    }
}

#[test]
fn unknown_and_withdrawn_models_get_a_warning_and_pass() {
    let unknown = CreateAigcImageTask::new()
        .model_name("Sora")
        .prompt("a cat");
    assert_eq!(
        severity(&unknown, rules::UNKNOWN_MODEL),
        Some(Severity::Warning)
    );
    let unknown = CreateAigcAudioTask::new()
        .model_name("mureka")
        .prompt("a song");
    assert_eq!(
        severity(&unknown, rules::UNKNOWN_MODEL),
        Some(Severity::Warning)
    );
    let mut gone = 0;
    for row in capabilities::image()
        .rows()
        .filter(|row| row.is_withdrawn())
    {
        assert_eq!(
            severity(&picture(row), rules::WITHDRAWN_MODEL),
            Some(Severity::Warning),
            "{row}"
        );
        gone += 1;
    }
    assert!(gone > 0);
}

//! Every row of the table of videos: for each capability a request that is accepted, for each
//! bound one that is refused. Made from the tables, so it grows with them.

use mps_models::{
    CreateAigcVideoTask,
    capabilities::{self, Column, Durations, Mode, Row},
    preflight::{Severity, rules},
};

use crate::request::{FRAME, accepts, extra, images, severity, subjects, to, video};

/// Tries every row, and sees to it that the test has tried something.
fn every_row(test: impl Fn(&'static Row) -> usize) {
    let tried: usize = capabilities::video().rows().map(test).sum();
    assert!(tried > 5, "only {tried} cases");
}

fn refuses(request: &CreateAigcVideoTask, rule: &str) {
    assert_eq!(
        severity(request, rule),
        Some(Severity::Error),
        "{request:?}"
    );
}

fn doubts(request: &CreateAigcVideoTask, rule: &str) {
    assert_eq!(
        severity(request, rule),
        Some(Severity::Warning),
        "{request:?}"
    );
}

/// Checks the finding for a feature that a row allows, denies or does not state.
fn supports(answer: Option<bool>, request: &CreateAigcVideoTask, rule: &str) -> usize {
    match answer {
        Some(true) => accepts(request),
        Some(false) => refuses(request, rule),
        None => doubts(request, rule),
    }
    1
}

#[test]
fn a_request_without_features_is_not_refused() {
    every_row(|row| {
        accepts(&to(row));
        1
    });
}

fn within(durations: Durations) -> Vec<i64> {
    match durations {
        Durations::Set(known) => known.to_vec(),
        Durations::Range { min, max } => vec![min, i64::midpoint(min, max), max],
        other => panic!("{other:?}"),
    }
}

fn beyond(row: &Row, durations: Durations) -> Vec<i64> {
    let (shortest, longest) = durations.ends();
    let doubtful = row.doubtful_durations().unwrap_or_default();
    let gap = within(durations)[0] + 1;
    let all = [i64::MIN, 0, shortest - 1, gap, longest + 1, i64::MAX].into_iter();
    all.filter(|seconds| !durations.contains(*seconds) && !doubtful.contains(seconds))
        .collect()
}

#[test]
fn durations() {
    every_row(|row| {
        let Some(durations) = row.durations() else {
            return 0;
        };
        for seconds in within(durations) {
            accepts(&to(row).duration(seconds));
        }
        for seconds in beyond(row, durations) {
            refuses(&to(row).duration(seconds), rules::DURATION);
        }
        for seconds in row.doubtful_durations().unwrap_or_default() {
            doubts(&to(row).duration(*seconds), rules::DURATION);
        }
        accepts(&to(row).duration(row.duration_default().unwrap_or(durations.ends().0)));
        1
    });
}

#[test]
fn durations_beside_a_reference_video() {
    let mut tried = 0;
    for row in capabilities::video().rows() {
        if let Some(durations) = row.durations_with_video() {
            let with_video = |seconds| to(row).duration(seconds).video_infos(video("feature"));
            for seconds in within(durations) {
                accepts(&with_video(seconds));
            }
            for seconds in beyond(row, durations) {
                refuses(&with_video(seconds), rules::DURATION);
            }
            tried += 1;
        }
    }
    assert!(tried > 0);
}

#[test]
fn resolutions() {
    every_row(|row| {
        let Some(known) = row.resolutions() else {
            return 0;
        };
        let at = |resolution: &str| to(row).extra_parameters(extra().resolution(resolution));
        for it in known {
            accepts(&at(it));
        }
        doubts(&at(&known[0].to_lowercase()), rules::RESOLUTION);
        for resolution in ["1P", "720", "8K"] {
            refuses(&at(resolution), rules::RESOLUTION);
        }
        for resolution in row.doubtful_resolutions().unwrap_or_default() {
            doubts(&at(resolution), rules::RESOLUTION);
        }
        accepts(&at(row.resolution_default().unwrap_or(known[0])));
        1
    });
}

#[test]
fn aspect_ratios() {
    every_row(|row| {
        let Some(known) = row.aspect_ratios() else {
            return 0;
        };
        let of = |ratio: &str| to(row).extra_parameters(extra().aspect_ratio(ratio));
        for it in known {
            accepts(&of(it));
        }
        refuses(&of("7:5"), rules::ASPECT_RATIO);
        refuses(&of("16x9"), rules::ASPECT_RATIO);
        for ratio in row.doubtful_aspect_ratios().unwrap_or_default() {
            doubts(&of(ratio), rules::ASPECT_RATIO);
        }
        1
    });
}

#[test]
fn aspect_ratios_of_videos_from_images() {
    every_row(|row| {
        let (Some([ratio, ..]), Some(modes)) = (row.aspect_ratios(), row.aspect_ratio_modes())
        else {
            return 0;
        };
        let request = to(row).extra_parameters(extra().aspect_ratio(*ratio));
        doubts(&request.clone().image_url(FRAME), rules::ASPECT_RATIO_MODE);
        let from_references = severity(&request.image_infos(images(1)), rules::ASPECT_RATIO_MODE);
        let refers = modes.contains(&Mode::ReferenceImages);
        assert_eq!(from_references.is_none(), refers, "{row}");
        1
    });
}

#[test]
fn scenes() {
    every_row(|row| {
        let Some(known) = row.scenes() else {
            doubts(&to(row).scene_type("lip_sync"), rules::SCENE);
            return 1;
        };
        for it in known {
            accepts(&to(row).scene_type(*it));
        }
        refuses(&to(row).scene_type("no_such_scene"), rules::SCENE);
        1
    });
}

#[test]
fn first_frames() {
    every_row(|row| {
        accepts(&to(row).image_url(FRAME));
        usize::from(row.first_frame() == Some(true))
    });
}

/// A request with a last frame and all that the row asks for besides.
fn with_last_frame(row: &Row) -> CreateAigcVideoTask {
    let request = to(row).image_url(FRAME).last_image_url(FRAME);
    match row.last_frame_resolution() {
        Some(needed) => request.extra_parameters(extra().resolution(needed)),
        None => request,
    }
}

#[test]
fn last_frames() {
    every_row(|row| {
        // A doubtful no is warned of, like silence.
        let firm = !row.only_warns(Column::LastFrame);
        let answer = row.last_frame().filter(|answer| *answer || firm);
        supports(answer, &with_last_frame(row), rules::LAST_FRAME)
    });
}

#[test]
fn last_frames_at_one_resolution_only() {
    let mut tried = 0;
    for row in capabilities::video().rows() {
        let Some(needed) = row.last_frame_resolution() else {
            continue;
        };
        let without = with_last_frame(row).extra_parameters(extra());
        refuses(&without, rules::LAST_FRAME_RESOLUTION);
        for other in row
            .resolutions()
            .unwrap_or_default()
            .iter()
            .filter(|it| **it != needed)
        {
            let at = extra().resolution(*other);
            let request = with_last_frame(row).extra_parameters(at);
            refuses(&request, rules::LAST_FRAME_RESOLUTION);
        }
        tried += 1;
    }
    assert_eq!(tried, 4, "Kling 1.6, 2.1, 2.5 and 2.6");
}

#[test]
fn last_frames_without_a_first_one() {
    for row in capabilities::video()
        .rows()
        .filter(|row| row.last_frame() == Some(true))
    {
        let mut request = with_last_frame(row);
        request.image_url = None;
        let rule = rules::LAST_FRAME_NEEDS_FIRST_FRAME;
        if row.last_frame_needs_first() == Some(true) {
            refuses(&request, rule);
        } else {
            assert_eq!(severity(&request, rule), None);
            doubts(&request, rules::REQUIRES);
        }
    }
}

#[test]
fn reference_images() {
    every_row(|row| {
        let with = |count| to(row).image_infos(images(count));
        let Some(count) = row.reference_images() else {
            doubts(&with(1), rules::REFERENCE_IMAGES);
            return 1;
        };
        if count.max == 0 {
            refuses(&with(1), rules::REFERENCE_IMAGES);
            return 1;
        }
        accepts(&with(count.min.max(1)));
        accepts(&with(count.max));
        refuses(&with(count.max + 1), rules::REFERENCE_IMAGES);
        if let Some(beside) = row.reference_images_with_video() {
            let with = |count| with(count).video_infos(video("feature"));
            accepts(&with(beside.max));
            refuses(&with(beside.max + 1), rules::REFERENCE_IMAGES);
        }
        1
    });
}

#[test]
fn reference_images_or_frames() {
    let rule = rules::REFERENCE_IMAGES_EXCLUDE_FRAMES;
    every_row(|row| {
        let both = to(row).image_infos(images(1)).image_url(FRAME);
        if row.reference_images_exclude_frames() == Some(true) {
            refuses(&both, rule);
            refuses(&to(row).image_infos(images(1)).last_image_url(FRAME), rule);
        } else {
            assert_eq!(severity(&both, rule), None);
        }
        1
    });
}

#[test]
fn types_of_reference_images() {
    for row in capabilities::video().rows() {
        let of = |kind: &str| to(row).image_infos([images(1)[0].clone().reference_type(kind)]);
        match row.reference_types() {
            Some(known) => {
                for kind in known {
                    accepts(&of(kind));
                }
                refuses(&of("subject-1"), rules::REFERENCE_TYPE);
            }
            None => assert_eq!(severity(&of("subject-1"), rules::REFERENCE_TYPE), None),
        }
    }
}

#[test]
fn reference_videos() {
    every_row(|row| {
        let request = to(row).video_infos(video("feature"));
        supports(row.reference_video(), &request, rules::REFERENCE_VIDEO)
    });
}

#[test]
fn sound_watermark_and_off_peak_hours() {
    every_row(|row| {
        let with = |extra| to(row).extra_parameters(extra);
        let on = extra().enable_audio(true);
        supports(row.audio(), &with(on), rules::AUDIO);
        supports(
            row.watermark(),
            &with(extra().logo_add(1)),
            rules::WATERMARK,
        );
        supports(
            row.off_peak(),
            &with(extra().off_peak(true)),
            rules::OFF_PEAK,
        );
        accepts(&with(
            extra().enable_audio(false).logo_add(0).off_peak(false),
        ));
        4
    });
}

#[test]
fn subjects_by_name() {
    every_row(|row| {
        let request = to(row).subject_infos(subjects());
        supports(row.subjects(), &request, rules::SUBJECTS)
    });
}

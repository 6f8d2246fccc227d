//! Checks a request against the capability row of its model.
//!
//! A request type takes part by its [`ToCapabilityQuery`]. The checks depend on no request type, so
//! all families share them. Each check looks at one row; [`candidates`] selects the rows and
//! combines their results.

mod audio;
mod candidates;
mod frames;
mod image;
mod model;
mod options;
mod output_format;
mod parameters;
mod references;
mod row_fact;
mod video;

pub(crate) use candidates::Candidates;
use candidates::Subject;

use super::{Finding, Path, Report};
use crate::{
    billing,
    capabilities::{Column, Family, Mode},
};

/// The features that a request asks of a model: the members that the capability tables cover.
///
/// An empty text asks for nothing, and neither does a value that is the default anyway.
#[derive(Clone, Copy)]
pub(crate) struct CapabilityQuery<'a> {
    pub(super) family: &'static Family,
    pub(super) model: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) scene: Option<&'a str>,
    pub(super) prompt: Option<&'a str>,
    /// Duration in seconds.
    pub(super) duration: Option<i64>,
    pub(super) resolution: Option<&'a str>,
    pub(super) aspect_ratio: Option<&'a str>,
    pub(super) first_frame: Option<&'a str>,
    pub(super) last_frame: Option<&'a str>,
    pub(super) images: &'a dyn References,
    /// Number of reference videos.
    pub(super) videos: usize,
    /// Index of the first reference video that is to be edited.
    pub(super) edited: Option<usize>,
    /// Number of reference audio files.
    pub(super) sounds: usize,
    pub(super) subjects: usize,
    pub(super) audio: Option<bool>,
    /// Watermark: 1 adds one.
    pub(super) watermark: Option<i64>,
    pub(super) off_peak: Option<bool>,
    /// `AdditionalParameters`, JSON as text.
    pub(super) parameters: Option<&'a str>,
}

/// Reference images.
pub(crate) trait References {
    /// Returns the number of images.
    fn count(&self) -> usize;
    /// Returns the `ReferenceType` of the image at this index, if it has one.
    fn kind(&self, index: usize) -> Option<&str>;
    /// Returns whether the image at this index has a name, by which the prompt refers to it.
    fn is_named(&self, index: usize) -> bool;
}

/// A request that asks for features of a model.
pub(crate) trait ToCapabilityQuery {
    fn capability_query(&self) -> CapabilityQuery<'_>;
}

impl CapabilityQuery<'_> {
    /// Returns a query that asks for nothing.
    pub(crate) const fn new(family: &'static Family) -> Self {
        Self {
            family,
            model: None,
            version: None,
            scene: None,
            prompt: None,
            duration: None,
            resolution: None,
            aspect_ratio: None,
            first_frame: None,
            last_frame: None,
            images: &(),
            videos: 0,
            edited: None,
            sounds: 0,
            subjects: 0,
            audio: None,
            watermark: None,
            off_peak: None,
            parameters: None,
        }
    }

    /// Returns the seconds of video that the service bills for the request, if they are known.
    pub(crate) fn billable_seconds(&self) -> Option<u64> {
        // A scene and the editing of a video take their length from their input.
        let takes_length_from_input = self.scene.is_some() || self.edited.is_some();
        let assumed = if takes_length_from_input {
            None
        } else {
            Candidates::of(self, None).duration_default()
        };
        billing::seconds(self.duration, assumed)
    }

    /// Returns the input that the result is generated from, if it is a single one.
    fn mode(&self) -> Option<Mode> {
        if self.first_frame.or(self.last_frame).is_some() {
            None
        } else if self.images.count() > 0 {
            Some(Mode::ReferenceImages)
        } else if self.videos > 0 {
            None
        } else {
            Some(Mode::Text)
        }
    }
}

impl References for () {
    fn count(&self) -> usize {
        0
    }

    fn kind(&self, _: usize) -> Option<&str> {
        None
    }

    fn is_named(&self, _: usize) -> bool {
        false
    }
}

/// Returns a text unless it is empty.
pub(super) fn non_empty(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// Checks a query against a row; the path is that of the request.
type Check = fn(&CapabilityQuery<'_>, Subject, &Path<'_>) -> Option<Finding>;

/// Returns whether a query asks for anything that a check is about. If not, the check finds nothing.
type IsAsked = fn(&CapabilityQuery<'_>) -> bool;

/// Each check, when it is made, and the column that a row needs to answer it. Without a column, a row
/// that states nothing has no objection.
const CHECKS: &[(IsAsked, Check, Option<Column>)] = &[
    (
        |it| it.scene.is_some(),
        options::scene,
        Some(Column::Scenes),
    ),
    (|it| it.prompt.is_some(), options::prompt_length, None),
    (|it| it.first_frame.is_some(), frames::first, None),
    (has_last_frame, frames::last, Some(Column::LastFrame)),
    (has_last_frame, frames::last_needs_resolution, None),
    (has_last_frame, frames::last_needs_first, None),
    (
        has_images,
        references::images,
        Some(Column::ReferenceImages),
    ),
    (has_images, references::images_or_frames, None),
    (has_images, references::image_type, None),
    (has_images, references::image_name, None),
    (
        |it| it.videos > 0,
        references::video,
        Some(Column::ReferenceVideo),
    ),
    (
        |it| it.sounds > 0,
        references::audio,
        Some(Column::ReferenceAudio),
    ),
    (
        |it| it.subjects > 0,
        references::subjects,
        Some(Column::Subjects),
    ),
    (|it| it.duration.is_some(), output_format::duration, None),
    (
        |it| it.resolution.is_some(),
        output_format::resolution,
        None,
    ),
    (has_aspect_ratio, output_format::aspect_ratio, None),
    (has_aspect_ratio, output_format::aspect_ratio_mode, None),
    (
        |it| it.watermark.is_some(),
        options::watermark,
        Some(Column::Watermark),
    ),
    (|it| it.audio.is_some(), options::audio, Some(Column::Audio)),
    (
        |it| it.off_peak.is_some(),
        options::off_peak,
        Some(Column::OffPeak),
    ),
    (
        has_parameters,
        parameters::storyboard,
        Some(Column::Storyboard),
    ),
    (has_parameters, parameters::size, None),
];

fn has_last_frame(query: &CapabilityQuery<'_>) -> bool {
    query.last_frame.is_some()
}

fn has_images(query: &CapabilityQuery<'_>) -> bool {
    query.images.count() > 0
}

fn has_aspect_ratio(query: &CapabilityQuery<'_>) -> bool {
    query.aspect_ratio.is_some()
}

fn has_parameters(query: &CapabilityQuery<'_>) -> bool {
    query.parameters.is_some()
}

impl Report {
    /// Looks up the model of a request. Until [`check_model`](Self::check_model), its row overrides
    /// the bounds of members.
    pub(crate) fn choose_model(&mut self, query: &CapabilityQuery<'_>) {
        self.candidates = Candidates::of(query, Some(self.site));
    }

    /// Returns whether every candidate row states this column.
    pub(crate) fn model_states(&self, column: Column) -> bool {
        self.candidates.states(column)
    }

    /// Checks a request against the rows of its model.
    pub(crate) fn check_model(&mut self, at: &Path<'_>, query: &CapabilityQuery<'_>) {
        let candidates = std::mem::take(&mut self.candidates);
        model::check(query, candidates, at, self);
        let only = candidates.only();
        for (is_asked, check, column) in CHECKS {
            if !is_asked(query) {
                continue;
            }
            let finding = match only {
                Some(row) => check(query, row, at),
                None => candidates.combine(*check, *column, query, at, self.has_warnings()),
            };
            if let Some(finding) = finding {
                self.add(finding);
            }
        }
        frames::beside_base_video(query, at, self);
        parameters::shots(query, candidates, at, self);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::capabilities::FAMILIES;

    struct ManyImages;

    impl References for ManyImages {
        fn count(&self) -> usize {
            1_000
        }

        fn kind(&self, _: usize) -> Option<&str> {
            Some("unheard of")
        }

        fn is_named(&self, _: usize) -> bool {
            true
        }
    }

    static LONG: LazyLock<String> = LazyLock::new(|| "a".repeat(100_000));

    /// A query for nothing, and one for each member alone, with a value that few models allow.
    fn queries(empty: CapabilityQuery<'static>) -> [CapabilityQuery<'static>; 16] {
        let with = |set: fn(&mut CapabilityQuery<'static>)| {
            let mut query = empty;
            set(&mut query);
            query
        };
        [
            empty,
            with(|it| it.scene = Some("unheard of")),
            with(|it| it.prompt = Some(&LONG)),
            with(|it| it.duration = Some(1_000_000)),
            with(|it| it.resolution = Some("unheard of")),
            with(|it| it.aspect_ratio = Some("unheard of")),
            with(|it| it.first_frame = Some("https://a.example/1.png")),
            with(|it| it.last_frame = Some("https://a.example/2.png")),
            with(|it| it.images = &ManyImages),
            with(|it| (it.videos, it.edited) = (1_000, Some(0))),
            with(|it| it.sounds = 1_000),
            with(|it| it.subjects = 1_000),
            with(|it| it.audio = Some(true)),
            with(|it| it.watermark = Some(1)),
            with(|it| it.off_peak = Some(true)),
            with(|it| it.parameters = Some("{\"multi_shot\":true,\"size\":\"1x1\"}")),
        ]
    }

    #[test]
    fn a_check_that_is_not_made_would_find_nothing() {
        for family in FAMILIES {
            let empty = CapabilityQuery::new(family);
            let mut found = [false; CHECKS.len()];
            for model in family.models {
                assert!(model.rows.len() <= Candidates::MAX_ROWS);
                for (nth, query) in queries(empty).into_iter().enumerate() {
                    let query = CapabilityQuery {
                        model: Some(model.name),
                        ..query
                    };
                    for ((is_asked, check, _), found) in CHECKS.iter().zip(&mut found) {
                        for row in Candidates::of(&query, None).rows() {
                            let finding = check(&query, row, &Path::ROOT);
                            *found |= finding.is_some();
                            assert!(is_asked(&query) || finding.is_none(), "{nth} {row}");
                        }
                    }
                }
            }
            assert!(found.contains(&true) || family.models.is_empty());
        }
    }
}

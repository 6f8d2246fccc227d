//! Checks a request against what the capability tables say of its model.
//!
//! A request type takes part by saying what it asks for ([`ToCapabilityQuery`]); the checks know no request
//! type, so all families share them. Each check looks at one row; [`choice`] decides which rows
//! those are and what their answers amount to together.

mod audio;
mod breach;
mod choice;
mod extras;
mod frames;
mod image;
mod model;
mod parameters;
mod picture;
mod references;
mod video;

pub(crate) use choice::Choice;

use super::{Finding, Path, Report};
use crate::{
    billing,
    capabilities::{Column, Family, Mode, Row},
};

/// What a request asks of a model: the members that the tables speak of.
///
/// An empty text asks for nothing, and neither does a wish for what happens anyway.
#[derive(Clone, Copy)]
pub(crate) struct CapabilityQuery<'a> {
    pub(super) family: &'static Family,
    pub(super) model: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) scene: Option<&'a str>,
    pub(super) prompt: Option<&'a str>,
    /// Seconds.
    pub(super) duration: Option<i64>,
    pub(super) resolution: Option<&'a str>,
    pub(super) aspect_ratio: Option<&'a str>,
    pub(super) first_frame: Option<&'a str>,
    pub(super) last_frame: Option<&'a str>,
    pub(super) images: &'a dyn References,
    /// Reference videos.
    pub(super) videos: usize,
    /// Index of the first of them that is to be edited.
    pub(super) edited: Option<usize>,
    /// Reference sounds.
    pub(super) sounds: usize,
    pub(super) subjects: usize,
    pub(super) audio: Option<bool>,
    /// `1` for yes.
    pub(super) watermark: Option<i64>,
    pub(super) off_peak: Option<bool>,
    /// JSON as text.
    pub(super) parameters: Option<&'a str>,
}

/// Reference images.
pub(crate) trait References {
    /// How many there are.
    fn count(&self) -> usize;
    /// What the image at this index stands for, if it says.
    fn kind(&self, index: usize) -> Option<&str>;
}

/// A request that asks something of a model.
pub(crate) trait ToCapabilityQuery {
    fn capability_query(&self) -> CapabilityQuery<'_>;
}

impl CapabilityQuery<'_> {
    /// One that asks for nothing.
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
            Choice::of(self).duration_default()
        };
        billing::seconds(self.duration, assumed)
    }

    /// What the result is made from, if there is a word for it.
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
}

/// A text that says something.
pub(super) fn set(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// Whether a row allows what is asked; the path is that of the request.
type Check = fn(&CapabilityQuery<'_>, &'static Row, &Path<'_>) -> Option<Finding>;

/// Each check, and the column without which a row leaves the answer open. Of the others, a row
/// that says nothing asks for nothing.
const CHECKS: &[(Check, Option<Column>)] = &[
    (extras::scene, Some(Column::Scenes)),
    (extras::prompt_length, None),
    (frames::first, None),
    (frames::last, Some(Column::LastFrame)),
    (frames::last_needs_resolution, None),
    (frames::last_needs_first, None),
    (references::images, Some(Column::ReferenceImages)),
    (references::images_or_frames, None),
    (references::image_type, None),
    (references::video, Some(Column::ReferenceVideo)),
    (references::audio, Some(Column::ReferenceAudio)),
    (references::subjects, Some(Column::Subjects)),
    (picture::duration, None),
    (picture::resolution, None),
    (picture::aspect_ratio, None),
    (picture::aspect_ratio_mode, None),
    (extras::watermark, Some(Column::Watermark)),
    (extras::audio, Some(Column::Audio)),
    (extras::off_peak, Some(Column::OffPeak)),
    (parameters::storyboard, Some(Column::Storyboard)),
    (parameters::size, None),
];

impl Report {
    /// Looks up the model that a request asks for; until [`check_model`](Self::check_model),
    /// bounds of members give way to what is stated of it.
    pub(crate) fn choose_model(&mut self, query: &CapabilityQuery<'_>) {
        self.choice = Choice::of(query);
    }

    /// Whether the model that is asked for has a say in this column.
    pub(crate) fn model_states(&self, column: Column) -> bool {
        self.choice.states(column)
    }

    /// Checks a request against what is stated of its model.
    pub(crate) fn check_model(&mut self, at: &Path<'_>, query: &CapabilityQuery<'_>) {
        let choice = std::mem::take(&mut self.choice);
        model::check(query, choice, at, self);
        for (check, column) in CHECKS {
            self.extend(choice.judge(*check, *column, query, at));
        }
        frames::beside_base_video(query, at, self);
        parameters::shots(query, choice, at, self);
    }
}

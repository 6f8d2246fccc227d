use std::fmt;

use serde::Serialize;

use super::{
    column::Column,
    values::{Count, Day, Durations, Mode, Size, Storyboard, by_site},
};

/// What one version of a model can do.
///
/// Serializes as an object with a member for each fact that is stated.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// Name of the family.
    pub family: &'static str,
    /// Name of the model.
    pub model: &'static str,
    /// The version, unless no document names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<&'static str>,
    /// Since when each site has it.
    #[serde(serialize_with = "by_site", skip_serializing_if = "<[Day]>::is_empty")]
    pub since: &'static [Day],
    /// Since when each site has it no more.
    #[serde(serialize_with = "by_site", skip_serializing_if = "<[Day]>::is_empty")]
    pub until: &'static [Day],
    /// Where its facts come from.
    pub source: &'static str,
    /// Where the fact of one column comes from, if not from there.
    #[serde(skip)]
    pub(crate) sources: &'static [(Column, &'static str)],
    /// Columns of which a breach is only a warning.
    #[serde(skip)]
    pub(crate) warn_only: &'static [Column],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scenes: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) durations: Option<Durations>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) durations_with_video: Option<Durations>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) doubtful_durations: Option<&'static [i64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_default: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resolutions: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) doubtful_resolutions: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resolution_default: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aspect_ratios: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) doubtful_aspect_ratios: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aspect_ratio_default: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aspect_ratio_modes: Option<&'static [Mode]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_frame: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_frame: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_frame_resolution: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_frame_needs_first: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference_images: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference_images_with_video: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference_images_exclude_frames: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference_types: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference_video: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference_audio: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_default: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) watermark: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) off_peak: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subjects: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prompt_chars: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storyboard: Option<Storyboard>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameters: Option<&'static [&'static str]>,
}

impl Row {
    pub(crate) const fn new(
        family: &'static str,
        model: &'static str,
        version: Option<&'static str>,
        source: &'static str,
    ) -> Self {
        Self {
            family,
            model,
            version,
            source,
            since: &[],
            until: &[],
            sources: &[],
            warn_only: &[],
            scenes: None,
            durations: None,
            durations_with_video: None,
            doubtful_durations: None,
            duration_default: None,
            resolutions: None,
            doubtful_resolutions: None,
            resolution_default: None,
            aspect_ratios: None,
            doubtful_aspect_ratios: None,
            aspect_ratio_default: None,
            aspect_ratio_modes: None,
            first_frame: None,
            last_frame: None,
            last_frame_resolution: None,
            last_frame_needs_first: None,
            reference_images: None,
            reference_images_with_video: None,
            reference_images_exclude_frames: None,
            reference_types: None,
            reference_video: None,
            reference_audio: None,
            audio: None,
            audio_default: None,
            watermark: None,
            off_peak: None,
            subjects: None,
            prompt_chars: None,
            storyboard: None,
            size: None,
            parameters: None,
        }
    }

    /// Whether a site does not list it any more.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        !self.until.is_empty()
    }

    /// Whether breaking the fact in a column is only a warning, since documents disagree on it.
    #[must_use]
    pub fn only_warns(&self, column: Column) -> bool {
        self.warn_only.contains(&column)
    }

    /// Where the fact in a column comes from.
    #[must_use]
    pub fn source_of(&self, column: Column) -> &'static str {
        let own = self.sources.iter().find(|(other, _)| *other == column);
        own.map_or(self.source, |(_, source)| source)
    }
}

/// The model and its version, as people call them: `Kling 3.0-Omni`.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model)?;
        match self.version {
            Some(version) => write!(f, " {version}"),
            None => Ok(()),
        }
    }
}

/// What is stated; `None` where nothing is.
impl Row {
    /// Special scenes it knows.
    #[must_use]
    pub const fn scenes(&self) -> Option<&'static [&'static str]> {
        self.scenes
    }

    /// Durations it takes, in seconds.
    #[must_use]
    pub const fn durations(&self) -> Option<Durations> {
        self.durations
    }

    /// Durations it takes beside a reference video, if those differ.
    #[must_use]
    pub const fn durations_with_video(&self) -> Option<Durations> {
        self.durations_with_video
    }

    /// Durations it takes under conditions that no document explains.
    #[must_use]
    pub const fn doubtful_durations(&self) -> Option<&'static [i64]> {
        self.doubtful_durations
    }

    /// Seconds of a request that does not say.
    #[must_use]
    pub const fn duration_default(&self) -> Option<i64> {
        self.duration_default
    }

    /// Resolutions it has.
    #[must_use]
    pub const fn resolutions(&self) -> Option<&'static [&'static str]> {
        self.resolutions
    }

    /// Resolutions that one document gives it and another does not.
    #[must_use]
    pub const fn doubtful_resolutions(&self) -> Option<&'static [&'static str]> {
        self.doubtful_resolutions
    }

    /// Resolution of a request that does not say.
    #[must_use]
    pub const fn resolution_default(&self) -> Option<&'static str> {
        self.resolution_default
    }

    /// Aspect ratios it has.
    #[must_use]
    pub const fn aspect_ratios(&self) -> Option<&'static [&'static str]> {
        self.aspect_ratios
    }

    /// Aspect ratios of which it is unclear whether it has them.
    #[must_use]
    pub const fn doubtful_aspect_ratios(&self) -> Option<&'static [&'static str]> {
        self.doubtful_aspect_ratios
    }

    /// Aspect ratio of a request that does not say.
    #[must_use]
    pub const fn aspect_ratio_default(&self) -> Option<&'static str> {
        self.aspect_ratio_default
    }

    /// What a video has to be made from for an aspect ratio to be taken; without it, anything.
    #[must_use]
    pub const fn aspect_ratio_modes(&self) -> Option<&'static [Mode]> {
        self.aspect_ratio_modes
    }

    /// Whether it takes a first frame.
    #[must_use]
    pub const fn first_frame(&self) -> Option<bool> {
        self.first_frame
    }

    /// Whether it takes a last frame.
    #[must_use]
    pub const fn last_frame(&self) -> Option<bool> {
        self.last_frame
    }

    /// The one resolution at which it takes a last frame, if there is only one.
    #[must_use]
    pub const fn last_frame_resolution(&self) -> Option<&'static str> {
        self.last_frame_resolution
    }

    /// Whether a last frame needs a first one.
    #[must_use]
    pub const fn last_frame_needs_first(&self) -> Option<bool> {
        self.last_frame_needs_first
    }

    /// How many reference images it takes.
    #[must_use]
    pub const fn reference_images(&self) -> Option<Count> {
        self.reference_images
    }

    /// How many reference images it takes beside a reference video, if those differ.
    #[must_use]
    pub const fn reference_images_with_video(&self) -> Option<Count> {
        self.reference_images_with_video
    }

    /// Whether reference images exclude a first and a last frame.
    #[must_use]
    pub const fn reference_images_exclude_frames(&self) -> Option<bool> {
        self.reference_images_exclude_frames
    }

    /// What a reference image can stand for, if only these.
    #[must_use]
    pub const fn reference_types(&self) -> Option<&'static [&'static str]> {
        self.reference_types
    }

    /// Whether it takes a reference video.
    #[must_use]
    pub const fn reference_video(&self) -> Option<bool> {
        self.reference_video
    }

    /// Whether it takes a reference sound.
    #[must_use]
    pub const fn reference_audio(&self) -> Option<bool> {
        self.reference_audio
    }

    /// Whether it generates sound.
    #[must_use]
    pub const fn audio(&self) -> Option<bool> {
        self.audio
    }

    /// Whether it generates sound for a request that does not say.
    #[must_use]
    pub const fn audio_default(&self) -> Option<bool> {
        self.audio_default
    }

    /// Whether it can add a watermark.
    #[must_use]
    pub const fn watermark(&self) -> Option<bool> {
        self.watermark
    }

    /// Whether a task may wait for idle hours.
    #[must_use]
    pub const fn off_peak(&self) -> Option<bool> {
        self.off_peak
    }

    /// Whether the prompt can call subjects by name.
    #[must_use]
    pub const fn subjects(&self) -> Option<bool> {
        self.subjects
    }

    /// The most characters of a prompt.
    #[must_use]
    pub const fn prompt_chars(&self) -> Option<i64> {
        self.prompt_chars
    }

    /// Whether and how a video can be told shot by shot.
    #[must_use]
    pub const fn storyboard(&self) -> Option<Storyboard> {
        self.storyboard
    }

    /// The pixels an image may have.
    #[must_use]
    pub const fn size(&self) -> Option<Size> {
        self.size
    }

    /// Keys it knows in `AdditionalParameters`.
    #[must_use]
    pub const fn parameters(&self) -> Option<&'static [&'static str]> {
        self.parameters
    }
}

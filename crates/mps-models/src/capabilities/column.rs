use super::Row;

/// One thing that can be said of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Column {
    /// Special scenes it knows.
    Scenes,
    /// Durations it takes, in seconds.
    Durations,
    /// Durations it takes beside a reference video, if those differ.
    DurationsWithVideo,
    /// Durations it takes under conditions that no document explains.
    DoubtfulDurations,
    /// Seconds of a request that does not say.
    DurationDefault,
    /// Resolutions it has.
    Resolutions,
    /// Resolutions that one document gives it and another does not.
    DoubtfulResolutions,
    /// Resolution of a request that does not say.
    ResolutionDefault,
    /// Aspect ratios it has.
    AspectRatios,
    /// Aspect ratios of which it is unclear whether it has them.
    DoubtfulAspectRatios,
    /// Aspect ratio of a request that does not say.
    AspectRatioDefault,
    /// What a video has to be made from for an aspect ratio to be taken; without it, anything.
    AspectRatioModes,
    /// Whether it takes a first frame.
    FirstFrame,
    /// Whether it takes a last frame.
    LastFrame,
    /// The one resolution at which it takes a last frame, if there is only one.
    LastFrameResolution,
    /// Whether a last frame needs a first one.
    LastFrameNeedsFirst,
    /// How many reference images it takes.
    ReferenceImages,
    /// How many reference images it takes beside a reference video, if those differ.
    ReferenceImagesWithVideo,
    /// Whether reference images exclude a first and a last frame.
    ReferenceImagesExcludeFrames,
    /// What a reference image can stand for, if only these.
    ReferenceTypes,
    /// Whether it takes a reference video.
    ReferenceVideo,
    /// Whether it takes a reference sound.
    ReferenceAudio,
    /// Whether it generates sound.
    Audio,
    /// Whether it generates sound for a request that does not say.
    AudioDefault,
    /// Whether it can add a watermark.
    Watermark,
    /// Whether a task may wait for idle hours.
    OffPeak,
    /// Whether the prompt can call subjects by name.
    Subjects,
    /// The most characters of a prompt.
    PromptChars,
    /// Whether and how a video can be told shot by shot.
    Storyboard,
    /// The pixels an image may have.
    Size,
    /// Keys it knows in `AdditionalParameters`.
    Parameters,
}

impl Row {
    /// Whether any document states what the column asks.
    #[must_use]
    pub const fn states(&self, column: Column) -> bool {
        match column {
            Column::Scenes => self.scenes.is_some(),
            Column::Durations => self.durations.is_some(),
            Column::DurationsWithVideo => self.durations_with_video.is_some(),
            Column::DoubtfulDurations => self.doubtful_durations.is_some(),
            Column::DurationDefault => self.duration_default.is_some(),
            Column::Resolutions => self.resolutions.is_some(),
            Column::DoubtfulResolutions => self.doubtful_resolutions.is_some(),
            Column::ResolutionDefault => self.resolution_default.is_some(),
            Column::AspectRatios => self.aspect_ratios.is_some(),
            Column::DoubtfulAspectRatios => self.doubtful_aspect_ratios.is_some(),
            Column::AspectRatioDefault => self.aspect_ratio_default.is_some(),
            Column::AspectRatioModes => self.aspect_ratio_modes.is_some(),
            Column::FirstFrame => self.first_frame.is_some(),
            Column::LastFrame => self.last_frame.is_some(),
            Column::LastFrameResolution => self.last_frame_resolution.is_some(),
            Column::LastFrameNeedsFirst => self.last_frame_needs_first.is_some(),
            Column::ReferenceImages => self.reference_images.is_some(),
            Column::ReferenceImagesWithVideo => self.reference_images_with_video.is_some(),
            Column::ReferenceImagesExcludeFrames => self.reference_images_exclude_frames.is_some(),
            Column::ReferenceTypes => self.reference_types.is_some(),
            Column::ReferenceVideo => self.reference_video.is_some(),
            Column::ReferenceAudio => self.reference_audio.is_some(),
            Column::Audio => self.audio.is_some(),
            Column::AudioDefault => self.audio_default.is_some(),
            Column::Watermark => self.watermark.is_some(),
            Column::OffPeak => self.off_peak.is_some(),
            Column::Subjects => self.subjects.is_some(),
            Column::PromptChars => self.prompt_chars.is_some(),
            Column::Storyboard => self.storyboard.is_some(),
            Column::Size => self.size.is_some(),
            Column::Parameters => self.parameters.is_some(),
        }
    }
}

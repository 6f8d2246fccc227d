//! The request options of `mps video create`.

use clap::Args;
use mps_aigc::models::{
    AigcVideoReferenceAudioInfo, AigcVideoReferenceImageInfo, AigcVideoReferenceVideoInfo,
    CreateAigcVideoTask,
};

use super::{
    RequestFields,
    common::{JobFields, ModelFields, PromptFields, RewriteFields},
    set, set_list, set_object, url_and_options,
};
use crate::failure::Failure;

/// The members of a video request as options, in the order of the API's documentation.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each member that is a boolean"
)]
#[command(next_help_heading = "Request members")]
pub(crate) struct VideoFields {
    #[command(flatten)]
    pub(crate) model: ModelFields,
    #[command(flatten)]
    pub(crate) prompt: PromptFields,
    #[command(flatten)]
    pub(crate) rewrite: RewriteFields,
    /// First frame
    #[arg(long, value_name = "URL")]
    pub(crate) image: Option<String>,
    /// Last frame
    #[arg(long, value_name = "URL")]
    pub(crate) last_image: Option<String>,
    /// Reference image; may be repeated
    #[arg(long, value_name = "URL[,type=T]")]
    pub(crate) ref_image: Vec<String>,
    /// Reference video; may be repeated
    #[arg(long, value_name = "URL[,refer=feature|base][,sound=yes|no]")]
    pub(crate) ref_video: Vec<String>,
    /// Reference sound; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) ref_audio: Vec<String>,
    /// Length in seconds
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) duration: Option<i64>,
    /// Resolution, such as 720P
    #[arg(long, value_name = "RESOLUTION")]
    pub(crate) resolution: Option<String>,
    /// Aspect ratio, such as 16:9
    #[arg(long, value_name = "W:H")]
    pub(crate) aspect_ratio: Option<String>,
    /// With a sound track
    #[arg(long)]
    pub(crate) audio: bool,
    /// With background music
    #[arg(long)]
    pub(crate) bgm: bool,
    /// With a watermark
    #[arg(long)]
    pub(crate) logo: bool,
    /// Off-peak: cheaper, done within 48 hours or cancelled
    #[arg(long)]
    pub(crate) off_peak: bool,
    #[command(flatten)]
    pub(crate) job: JobFields,
}

impl RequestFields for VideoFields {
    type Request = CreateAigcVideoTask;

    fn apply(&self, request: &mut CreateAigcVideoTask) -> Result<(), Failure> {
        self.model.apply(
            &mut request.model_name,
            &mut request.model_version,
            &mut request.scene_type,
        );
        self.prompt.apply(&mut request.prompt)?;
        self.rewrite
            .apply(&mut request.negative_prompt, &mut request.enhance_prompt);
        set(&mut request.image_url, self.image.as_ref());
        set(&mut request.last_image_url, self.last_image.as_ref());
        set_list(&mut request.image_infos, &self.ref_image, image)?;
        set_list(&mut request.video_infos, &self.ref_video, video)?;
        set_list(&mut request.audio_infos, &self.ref_audio, audio)?;
        set(&mut request.duration, self.duration.as_ref());
        set_object(&mut request.extra_parameters, |extra| {
            set(&mut extra.resolution, self.resolution.as_ref());
            set(&mut extra.aspect_ratio, self.aspect_ratio.as_ref());
            set(&mut extra.enable_audio, self.audio.then_some(&true));
            set(&mut extra.enable_bgm, self.bgm.then_some(&true));
            set(&mut extra.logo_add, self.logo.then_some(&1));
            set(&mut extra.off_peak, self.off_peak.then_some(&true));
        });
        self.job.apply(
            &mut request.store_cos_param,
            &mut request.additional_parameters,
            &mut request.operator,
        )
    }
}

fn image(text: &str) -> Result<AigcVideoReferenceImageInfo, Failure> {
    let (url, options) = url_and_options("--ref-image", text, &["type"])?;
    let image = AigcVideoReferenceImageInfo::new().image_url(url);
    Ok(options
        .into_iter()
        .fold(image, |image, (_, kind)| image.reference_type(kind)))
}

fn video(text: &str) -> Result<AigcVideoReferenceVideoInfo, Failure> {
    let (url, options) = url_and_options("--ref-video", text, &["refer", "sound"])?;
    let video = AigcVideoReferenceVideoInfo::new().video_url(url);
    Ok(options
        .into_iter()
        .fold(video, |video, (key, value)| match key {
            "refer" => video.refer_type(value),
            _ => video.keep_original_sound(value),
        }))
}

fn audio(text: &str) -> Result<AigcVideoReferenceAudioInfo, Failure> {
    let (url, _) = url_and_options("--ref-audio", text, &[])?;
    Ok(AigcVideoReferenceAudioInfo::new().audio_url(url))
}

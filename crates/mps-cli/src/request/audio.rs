//! The request options of `mps audio create`.

use clap::Args;
use mps_aigc::models::{
    AigcAudioReferenceAudioInfo, AigcAudioReferenceVideoInfo, CreateAigcAudioTask,
};

use super::{
    RequestFields,
    common::{JobFields, ModelFields, PromptFields},
    set, set_list, set_object, url_and_options,
};
use crate::failure::Failure;

/// The members of a sound request as options, in the order of the API's documentation.
#[derive(Args, Debug)]
#[command(next_help_heading = "Request members")]
pub(crate) struct AudioFields {
    #[command(flatten)]
    pub(crate) model: ModelFields,
    #[command(flatten)]
    pub(crate) prompt: PromptFields,
    /// Video to make sound for; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) ref_video: Vec<String>,
    /// Reference sound; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) ref_audio: Vec<String>,
    /// Format of the file, such as mp3
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    #[command(flatten)]
    pub(crate) job: JobFields,
}

impl RequestFields for AudioFields {
    type Request = CreateAigcAudioTask;

    fn apply(&self, request: &mut CreateAigcAudioTask) -> Result<(), Failure> {
        self.model.apply(
            &mut request.model_name,
            &mut request.model_version,
            &mut request.scene_type,
        );
        self.prompt.apply(&mut request.prompt)?;
        set_list(&mut request.video_infos, &self.ref_video, video)?;
        set_list(&mut request.audio_infos, &self.ref_audio, audio)?;
        set_object(&mut request.extra_parameters, |extra| {
            set(&mut extra.output_audio_format, self.format.as_ref());
        });
        self.job.apply(
            &mut request.store_cos_param,
            &mut request.additional_parameters,
            &mut request.operator,
        )
    }
}

fn video(text: &str) -> Result<AigcAudioReferenceVideoInfo, Failure> {
    let (url, _) = url_and_options("--ref-video", text, &[])?;
    Ok(AigcAudioReferenceVideoInfo::new().video_url(url))
}

fn audio(text: &str) -> Result<AigcAudioReferenceAudioInfo, Failure> {
    let (url, _) = url_and_options("--ref-audio", text, &[])?;
    Ok(AigcAudioReferenceAudioInfo::new().audio_url(url))
}

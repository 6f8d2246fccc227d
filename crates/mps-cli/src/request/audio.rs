//! The options of `mps audio create`.

use mps_aigc::models::{
    AigcAudioReferenceAudioInfo, AigcAudioReferenceVideoInfo, CreateAigcAudioTask,
};

use super::{Fields, set, set_cos, set_list, set_object, set_prompt, url_and_options};
use crate::{args::AudioFields, failure::Failure};

impl Fields for AudioFields {
    type Request = CreateAigcAudioTask;

    fn apply(&self, request: &mut CreateAigcAudioTask) -> Result<(), Failure> {
        set(&mut request.model_name, self.model.as_ref());
        set(&mut request.model_version, self.model_version.as_ref());
        set(&mut request.scene_type, self.scene.as_ref());
        set_prompt(
            &mut request.prompt,
            self.prompt.as_ref(),
            self.prompt_file.as_deref(),
        )?;
        set_list(&mut request.video_infos, &self.ref_video, video)?;
        set_list(&mut request.audio_infos, &self.ref_audio, audio)?;
        set_cos(&mut request.store_cos_param, self.cos.as_ref())?;
        set_object(&mut request.extra_parameters, |extra| {
            set(&mut extra.output_audio_format, self.format.as_ref());
        });
        set(&mut request.additional_parameters, self.additional.as_ref());
        set(&mut request.operator, self.operator.as_ref());
        Ok(())
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

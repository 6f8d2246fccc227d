//! The options of `mps video create`.

use mps_aigc::models::{
    AigcVideoReferenceAudioInfo, AigcVideoReferenceImageInfo, AigcVideoReferenceVideoInfo,
    CreateAigcVideoTask,
};

use super::{Fields, set, set_cos, set_list, set_object, set_prompt, url_and_options};
use crate::{args::VideoFields, failure::Failure};

impl Fields for VideoFields {
    type Request = CreateAigcVideoTask;

    fn apply(&self, request: &mut CreateAigcVideoTask) -> Result<(), Failure> {
        set(&mut request.model_name, self.model.as_ref());
        set(&mut request.model_version, self.model_version.as_ref());
        set(&mut request.scene_type, self.scene.as_ref());
        set_prompt(
            &mut request.prompt,
            self.prompt.as_ref(),
            self.prompt_file.as_deref(),
        )?;
        set(&mut request.negative_prompt, self.negative_prompt.as_ref());
        set(
            &mut request.enhance_prompt,
            self.enhance_prompt.then_some(&true),
        );
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
        set_cos(&mut request.store_cos_param, self.cos.as_ref())?;
        set(&mut request.additional_parameters, self.additional.as_ref());
        set(&mut request.operator, self.operator.as_ref());
        Ok(())
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

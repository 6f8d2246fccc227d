//! The options of `mps video create`.

use mps_aigc::models::{
    AigcVideoReferenceAudioInfo, AigcVideoReferenceImageInfo, AigcVideoReferenceVideoInfo,
    CreateAigcVideoTask,
};

use super::{Fields, set, set_list, set_object, url_and_options};
use crate::{args::VideoFields, failure::Failure};

impl Fields for VideoFields {
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

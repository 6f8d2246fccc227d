//! From the options of `mps video create` to its request.

use mps_aigc::models::{
    AigcStoreCosParam, AigcVideoReferenceAudioInfo, AigcVideoReferenceImageInfo,
    AigcVideoReferenceVideoInfo, CreateAigcVideoTask,
};

use crate::{
    args::{VideoCreate, VideoFields},
    failure::Failure,
    input::Source,
};

/// The request of the file, where there is one, with the options written over it.
pub(crate) fn build(args: &VideoCreate) -> Result<CreateAigcVideoTask, Failure> {
    let mut request = match &args.request {
        Some(path) => Source::file_or_stdin(path)?.parse()?,
        None => CreateAigcVideoTask::new(),
    };
    text_members(&args.fields, &mut request)?;
    references(&args.fields, &mut request)?;
    extras(&args.fields, &mut request);
    if let Some(cos) = &args.fields.cos {
        request.store_cos_param = Some(cos_target(cos)?);
    }
    Ok(request)
}

fn text_members(fields: &VideoFields, request: &mut CreateAigcVideoTask) -> Result<(), Failure> {
    set(&mut request.model_name, fields.model.as_ref());
    set(&mut request.model_version, fields.model_version.as_ref());
    set(&mut request.scene_type, fields.scene.as_ref());
    set(&mut request.prompt, fields.prompt.as_ref());
    if let Some(file) = &fields.prompt_file {
        let text = Source::file_or_stdin(file)?.into_text();
        request.prompt = Some(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    set(
        &mut request.negative_prompt,
        fields.negative_prompt.as_ref(),
    );
    set(
        &mut request.enhance_prompt,
        fields.enhance_prompt.then_some(&true),
    );
    set(&mut request.image_url, fields.image.as_ref());
    set(&mut request.last_image_url, fields.last_image.as_ref());
    set(&mut request.duration, fields.duration.as_ref());
    set(
        &mut request.additional_parameters,
        fields.additional.as_ref(),
    );
    set(&mut request.operator, fields.operator.as_ref());
    Ok(())
}

/// References given as options replace those of the file: a list has no members to override.
fn references(fields: &VideoFields, request: &mut CreateAigcVideoTask) -> Result<(), Failure> {
    if !fields.ref_image.is_empty() {
        request.image_infos = fields
            .ref_image
            .iter()
            .map(|text| image(text))
            .collect::<Result<_, _>>()?;
    }
    if !fields.ref_video.is_empty() {
        request.video_infos = fields
            .ref_video
            .iter()
            .map(|text| video(text))
            .collect::<Result<_, _>>()?;
    }
    if !fields.ref_audio.is_empty() {
        let audio = |url: &String| AigcVideoReferenceAudioInfo::new().audio_url(url);
        request.audio_infos = fields.ref_audio.iter().map(audio).collect();
    }
    Ok(())
}

fn extras(fields: &VideoFields, request: &mut CreateAigcVideoTask) {
    let mut extra = request.extra_parameters.take().unwrap_or_default();
    set(&mut extra.resolution, fields.resolution.as_ref());
    set(&mut extra.aspect_ratio, fields.aspect_ratio.as_ref());
    set(&mut extra.enable_audio, fields.audio.then_some(&true));
    set(&mut extra.enable_bgm, fields.bgm.then_some(&true));
    set(&mut extra.logo_add, fields.logo.then_some(&1));
    set(&mut extra.off_peak, fields.off_peak.then_some(&true));
    let given = extra != mps_aigc::models::AigcVideoExtraParam::default();
    request.extra_parameters = given.then_some(extra);
}

fn set<T: Clone>(member: &mut Option<T>, option: Option<&T>) {
    if let Some(value) = option {
        *member = Some(value.clone());
    }
}

fn image(text: &str) -> Result<AigcVideoReferenceImageInfo, Failure> {
    let (url, options) = url_and_options("--ref-image", text, &["type"])?;
    let mut image = AigcVideoReferenceImageInfo::new().image_url(url);
    for (_, value) in options {
        image = image.reference_type(value);
    }
    Ok(image)
}

fn video(text: &str) -> Result<AigcVideoReferenceVideoInfo, Failure> {
    let (url, options) = url_and_options("--ref-video", text, &["refer", "sound"])?;
    let mut video = AigcVideoReferenceVideoInfo::new().video_url(url);
    for (key, value) in options {
        video = match key {
            "refer" => video.refer_type(value),
            _ => video.keep_original_sound(value),
        };
    }
    Ok(video)
}

type Options<'a> = Vec<(&'a str, &'a str)>;

/// Splits `URL,key=value,…`. A URL may hold commas, so options are taken from the end for as long
/// as they have a known key.
fn url_and_options<'a>(
    option: &str,
    text: &'a str,
    keys: &[&str],
) -> Result<(&'a str, Options<'a>), Failure> {
    let mut url = text;
    let mut found = Vec::new();
    while let Some((before, last)) = url.rsplit_once(',')
        && let Some((key, value)) = last.split_once('=')
        && keys.contains(&key)
    {
        found.push((key, value));
        url = before;
    }
    if url.is_empty() {
        return Err(
            Failure::usage(format!("{option}: there is no URL in {text:?}")).hint(format!(
                "write the URL first, then options: URL,{}=…",
                keys.join("=…,")
            )),
        );
    }
    Ok((url, found))
}

fn cos_target(text: &str) -> Result<AigcStoreCosParam, Failure> {
    let mut target = AigcStoreCosParam::default();
    for part in text.split(',') {
        target = match part.split_once('=') {
            Some(("bucket", value)) => target.cos_bucket_name(value),
            Some(("region", value)) => target.cos_bucket_region(value),
            Some(("path", value)) => target.cos_bucket_path(value),
            _ => {
                return Err(Failure::usage(format!(
                    "--cos: {part:?} is none of bucket=…, region=… and path=…"
                ))
                .hint("write --cos bucket=NAME-1250000000,region=ap-guangzhou,path=folder"));
            }
        };
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_from_the_end_and_commas_stay_in_the_url() {
        let video = video("https://a.example/x,y.mp4?s=1,2,refer=base,sound=no").unwrap();
        assert_eq!(
            video.video_url.as_deref(),
            Some("https://a.example/x,y.mp4?s=1,2")
        );
        assert_eq!(
            (
                video.refer_type.as_deref(),
                video.keep_original_sound.as_deref()
            ),
            (Some("base"), Some("no"))
        );
        assert_eq!(
            image("https://a.example/x.png").unwrap().reference_type,
            None
        );
        assert!(image(",type=style").is_err());
    }

    #[test]
    fn a_bucket_needs_known_parts() {
        let target = cos_target("bucket=b-1,region=r,path=p").unwrap();
        assert_eq!(target.cos_bucket_name, "b-1");
        assert!(cos_target("bucket").is_err());
        assert!(cos_target("bucket=b,host=h").is_err());
    }
}

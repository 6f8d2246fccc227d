//! Reads the requested media from a request.

use mps_models::{MediaKind, TaskFamily};
use serde_json::Value;

use super::{super::invalid_value, text};
use crate::{
    engine::{
        refusal::Refusal,
        tasks::{MAX_OUTPUTS, Work},
    },
    media::{Clip, FrameSize, Picture, PictureFormat, Scene, Sound, SoundFormat},
};

const DEFAULT_VIDEO_SECONDS: i64 = 5;
/// Far more than any model makes. Without a bound, a typing error would ask for a file of years.
const MAX_VIDEO_SECONDS: i64 = 3_600;
const DEFAULT_IMAGE_RESOLUTION: &str = "1024P";
const DEFAULT_IMAGE_RATIO: &str = "1:1";
/// A request cannot set the length of a song. The documentation's example answer has 8 s.
const AUDIO_SECONDS: u32 = 8;

/// Returns the output of a task; for a family without a medium of its own, a video.
pub(super) fn work(family: TaskFamily, request: &Value) -> Result<Work, Refusal> {
    Ok(match family {
        TaskFamily::Video if is_scene(request) => Work::Scene(scene(request)?),
        TaskFamily::Video => Work::Video(clip(request)?),
        TaskFamily::Image => Work::Image(picture(request)?),
        TaskFamily::Audio => Work::Audio(sound(request)),
        other => Work::Other(other, clip(request)?),
    })
}

/// Returns whether the scene that a request names makes something else than a video, by the
/// specification.
fn is_scene(request: &Value) -> bool {
    let mut kinds = TaskFamily::Video.info().kinds.iter();
    kinds.any(|kind| {
        let pointer = format!("/{}", kind.member.replace('.', "/"));
        kind.kind == MediaKind::Scene && text(request, &pointer) == Some(kind.value)
    })
}

fn scene(request: &Value) -> Result<Scene, Refusal> {
    let seconds = seconds(request.pointer("/Duration"))?;
    Ok(Scene { seconds })
}

/// Returns the number of results. The default is 1.
pub(super) fn count(request: &Value) -> Result<u32, Refusal> {
    let Some(wanted) = request.pointer("/OutputImageCount") else {
        return Ok(1);
    };
    let count = wanted.as_u64().and_then(|count| u32::try_from(count).ok());
    let count = count.filter(|count| (1..=MAX_OUTPUTS).contains(count));
    count.ok_or_else(|| {
        invalid_value(format!(
            "`OutputImageCount` is {wanted}, but must be from 1 to {MAX_OUTPUTS}"
        ))
    })
}

fn clip(request: &Value) -> Result<Clip, Refusal> {
    let size = FrameSize::parse(
        text(request, "/ExtraParameters/Resolution"),
        text(request, "/ExtraParameters/AspectRatio"),
    );
    Ok(Clip {
        size: size.ok_or_else(|| no_size("720P", "16:9"))?,
        seconds: seconds(request.pointer("/Duration"))?,
    })
}

fn seconds(duration: Option<&Value>) -> Result<u32, Refusal> {
    let seconds = duration.map_or(Some(DEFAULT_VIDEO_SECONDS), Value::as_i64);
    let allowed = seconds.filter(|seconds| (1..=MAX_VIDEO_SECONDS).contains(seconds));
    let allowed = allowed.and_then(|seconds| u32::try_from(seconds).ok());
    allowed.ok_or_else(|| {
        let given = duration.cloned().unwrap_or_default();
        invalid_value(format!(
            "`Duration` is {given}, but must be from 1 to {MAX_VIDEO_SECONDS} seconds"
        ))
    })
}

fn picture(request: &Value) -> Result<Picture, Refusal> {
    Ok(Picture {
        size: picture_size(request)?,
        format: match text(request, "/ExtraParameters/OutputFormat") {
            Some("jpeg") => PictureFormat::Jpeg,
            _ => PictureFormat::Png,
        },
    })
}

/// The size in the vendor's own parameters is exact, so it overrides the general one.
fn picture_size(request: &Value) -> Result<FrameSize, Refusal> {
    if let Some(size) = vendor_size(text(request, "/AdditionalParameters")) {
        return FrameSize::exact(&size).ok_or_else(|| {
            invalid_value(
                "`size` in `AdditionalParameters` is no size; try `1024x1024`, sides up to 4096",
            )
        });
    }
    let size = FrameSize::parse(
        text(request, "/ExtraParameters/Resolution").or(Some(DEFAULT_IMAGE_RESOLUTION)),
        text(request, "/ExtraParameters/AspectRatio").or(Some(DEFAULT_IMAGE_RATIO)),
    );
    size.ok_or_else(|| no_size("1080P", "1:1"))
}

fn vendor_size(additional_parameters: Option<&str>) -> Option<String> {
    let parameters: Value = serde_json::from_str(additional_parameters?).ok()?;
    Some(parameters.get("size")?.as_str()?.to_owned())
}

fn no_size(resolution: &str, ratio: &str) -> Refusal {
    invalid_value(format!(
        "`ExtraParameters.Resolution` and `.AspectRatio` are no size; try `{resolution}` and `{ratio}`"
    ))
}

fn sound(request: &Value) -> Sound {
    Sound {
        seconds: AUDIO_SECONDS,
        format: match text(request, "/ExtraParameters/OutputAudioFormat") {
            Some("wav") => SoundFormat::Wav,
            _ => SoundFormat::Mp3,
        },
    }
}

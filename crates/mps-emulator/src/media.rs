//! Media files for results: playable, small, made in milliseconds, and the same for the same
//! request.
//!
//! Libraries write PNG and WAV. The container and the pictures of a video, JPEG and MP3 are written
//! here, since flat blocks and one tone need about a hundred lines each, measured 2026-11:
//! pure-Rust H.264 encoders store every sample (megabytes for a file) or are large and young; the
//! `image` crate's JPEG encoder adds eight crates and 6.7 s to a cold build on two cores;
//! `jpeg-encoder` requires a licence notice (IJG) in every binary; MP3 encoders wrap C.

mod bits;
pub(crate) mod cache;
pub(crate) mod checksum;
mod h264;
mod jpeg;
mod mp3;
mod mp4;
mod pattern;
mod picture;
mod scene;
mod size;
mod sound;
mod video;

use std::error::Error;

use bytes::Bytes;
use mps_models::MediaKind;

pub(crate) use picture::{Picture, PictureFormat};
pub(crate) use scene::Scene;
pub(crate) use size::FrameSize;
pub(crate) use sound::{Sound, SoundFormat};
pub(crate) use video::Clip;

/// The error of making a file, for the log only.
pub(crate) type RenderError = Box<dyn Error + Send + Sync>;

/// A file to make, the same every time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Media {
    Video(Clip),
    Picture(Picture),
    Sound(Sound),
    Scene(Scene),
}

impl Media {
    /// Makes the file.
    pub(crate) fn render(self) -> Result<Bytes, RenderError> {
        match self {
            Self::Video(clip) => Ok(clip.render()),
            Self::Picture(picture) => picture.render(),
            Self::Sound(sound) => sound.render(),
            Self::Scene(_) => Scene::render(),
        }
        .map(Bytes::from)
    }

    /// Returns whether the file can be made and plays for at most `most_seconds`. Requests are
    /// checked before; snapshots can contain any value.
    pub(crate) fn is_valid(self, most_seconds: u32) -> bool {
        match self {
            Self::Video(clip) => clip.size.is_valid() && (1..=most_seconds).contains(&clip.seconds),
            Self::Picture(picture) => picture.size.is_valid(),
            Self::Sound(sound) => (1..=most_seconds).contains(&sound.seconds),
            Self::Scene(scene) => (1..=most_seconds).contains(&scene.seconds),
        }
    }

    /// Returns how long it plays, in whole seconds; `None` for a picture or a scene.
    pub(crate) fn seconds(self) -> Option<u32> {
        match self {
            Self::Video(clip) => Some(clip.seconds),
            Self::Picture(_) | Self::Scene(_) => None,
            Self::Sound(sound) => Some(sound.seconds),
        }
    }

    /// Returns the file extension.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Video(_) => "mp4",
            Self::Picture(picture) => picture.format.extension(),
            Self::Sound(sound) => sound.format.extension(),
            Self::Scene(_) => "glb",
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Video(_) => "video/mp4",
            Self::Picture(picture) => picture.format.content_type(),
            Self::Sound(sound) => sound.format.content_type(),
            Self::Scene(_) => "model/gltf-binary",
        }
    }

    /// Returns the kind of the file.
    pub(crate) fn kind(self) -> MediaKind {
        match self {
            Self::Video(_) => MediaKind::Video,
            Self::Picture(_) => MediaKind::Image,
            Self::Sound(_) => MediaKind::Audio,
            Self::Scene(_) => MediaKind::Scene,
        }
    }

    /// Returns width and height; `None` for a sound or a scene.
    pub(crate) fn size(self) -> Option<FrameSize> {
        match self {
            Self::Video(clip) => Some(clip.size),
            Self::Picture(picture) => Some(picture.size),
            Self::Sound(_) | Self::Scene(_) => None,
        }
    }
}

//! Results that a player plays: small, made in milliseconds, the same for the same request.
//!
//! Containers and what has to be compressed well are written by libraries. The pictures of a
//! video are not: the pure-Rust encoders to be had either store every sample (megabytes for a
//! file that only has to exist) or are large, young and configured through the environment; a
//! flat macroblock takes a few lines. So it is with JPEG and MP3, where one encoder brings a
//! licence of its own, and the others bring C.

mod bits;
pub(crate) mod cache;
mod h264;
mod jpeg;
mod mp3;
mod mp4;
mod pattern;
mod picture;
mod size;
mod sound;
mod video;

use std::error::Error;

use bytes::Bytes;

pub(crate) use picture::{Picture, PictureFormat};
pub(crate) use size::FrameSize;
pub(crate) use sound::{Sound, SoundFormat};
pub(crate) use video::Clip;

/// Why a file could not be made. Nobody can do anything about it but read it.
pub(crate) type RenderError = Box<dyn Error + Send + Sync>;

/// A file to make. It is the same every time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Media {
    Video(Clip),
    Picture(Picture),
    Sound(Sound),
}

impl Media {
    /// Makes the file.
    pub(crate) fn render(self) -> Result<Bytes, RenderError> {
        match self {
            Self::Video(clip) => clip.render(),
            Self::Picture(picture) => picture.render(),
            Self::Sound(sound) => sound.render(),
        }
        .map(Bytes::from)
    }

    /// Whether it can be made, and plays no longer than `most_seconds`. What a request asks for
    /// has been checked; what a snapshot says has been written by anyone.
    pub(crate) fn is_valid(self, most_seconds: u32) -> bool {
        match self {
            Self::Video(clip) => clip.size.is_valid() && (1..=most_seconds).contains(&clip.seconds),
            Self::Picture(picture) => picture.size.is_valid(),
            Self::Sound(sound) => (1..=most_seconds).contains(&sound.seconds),
        }
    }

    /// Returns how long it plays, in whole seconds; `None` for a picture.
    pub(crate) fn seconds(self) -> Option<u32> {
        match self {
            Self::Video(clip) => Some(clip.seconds),
            Self::Picture(_) => None,
            Self::Sound(sound) => Some(sound.seconds),
        }
    }

    /// What its name ends in.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Video(_) => "mp4",
            Self::Picture(picture) => picture.format.extension(),
            Self::Sound(sound) => sound.format.extension(),
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Video(_) => "video/mp4",
            Self::Picture(picture) => picture.format.content_type(),
            Self::Sound(sound) => sound.format.content_type(),
        }
    }
}

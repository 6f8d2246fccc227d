//! Kinds of media that tasks produce.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The kind of a result, such as a video or a 3-D scene.
///
/// As text and in JSON it is the name in lower case. A name that this version does not list reads
/// as [`Unknown`](Self::Unknown), so that stored values of later versions can be read.
///
/// # Examples
/// ```
/// use mps_models::MediaKind;
///
/// assert_eq!(MediaKind::Scene.as_str(), "scene");
/// assert_eq!("audio".parse(), Ok(MediaKind::Audio));
/// assert_eq!(MediaKind::of_extension("GLB"), Some(MediaKind::Scene));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MediaKind {
    /// A video, with or without sound.
    Video,
    /// A still picture, a panorama included.
    Image,
    /// Music, speech or sound.
    Audio,
    /// A 3-D scene or model.
    Scene,
    /// A document, such as a PDF or slides.
    Document,
    /// Subtitles as a text file.
    Subtitle,
    /// A kind that neither the service nor the request states. The default.
    #[default]
    Unknown,
}

/// Extensions of files by their kind, in lower case.
const EXTENSIONS: &[(MediaKind, &[&str])] = &[
    (
        MediaKind::Video,
        &[
            "avi", "flv", "m3u8", "m4v", "mkv", "mov", "mp4", "ts", "webm",
        ],
    ),
    (
        MediaKind::Image,
        &["bmp", "gif", "jpeg", "jpg", "png", "webp"],
    ),
    (
        MediaKind::Audio,
        &["aac", "flac", "m4a", "mp3", "ogg", "opus", "pcm", "wav"],
    ),
    (
        MediaKind::Scene,
        &[
            "3dgs", "fbx", "glb", "gltf", "obj", "ply", "splat", "spz", "stl", "usdz",
        ],
    ),
    (MediaKind::Document, &["doc", "docx", "pdf", "ppt", "pptx"]),
    (MediaKind::Subtitle, &["ass", "srt", "vtt"]),
];

impl MediaKind {
    const ALL: [Self; 7] = [
        Self::Video,
        Self::Image,
        Self::Audio,
        Self::Scene,
        Self::Document,
        Self::Subtitle,
        Self::Unknown,
    ];

    /// Returns the name in lower case, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Scene => "scene",
            Self::Document => "document",
            Self::Subtitle => "subtitle",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the name with its article for messages, such as `a 3-D scene`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Video => "a video",
            Self::Image => "an image",
            Self::Audio => "an audio file",
            Self::Scene => "a 3-D scene",
            Self::Document => "a document",
            Self::Subtitle => "a subtitle file",
            Self::Unknown => "a file",
        }
    }

    /// Returns the kind of files with an extension, in any letter case and without the dot; `None`
    /// for an extension that belongs to no single kind, such as `zip`.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        let mut kinds = EXTENSIONS.iter();
        let (kind, _) = kinds.find(|(_, all)| all.contains(&&*extension))?;
        Some(*kind)
    }
}

impl fmt::Display for MediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The error of reading a [`MediaKind`]: the text names no kind of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownMediaKind;

impl fmt::Display for UnknownMediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text names no kind of media")
    }
}

impl std::error::Error for UnknownMediaKind {}

impl FromStr for MediaKind {
    type Err = UnknownMediaKind;

    fn from_str(text: &str) -> Result<Self, UnknownMediaKind> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.as_str() == text)
            .ok_or(UnknownMediaKind)
    }
}

impl Serialize for MediaKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MediaKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Ok(name.parse().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_back_from_its_name() {
        for kind in MediaKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap_or_default();
            assert_eq!(json, format!("{:?}", kind.as_str()));
            assert_eq!(serde_json::from_str(&json).ok(), Some(kind));
        }
        assert_eq!("film".parse::<MediaKind>(), Err(UnknownMediaKind));
        assert_eq!(
            serde_json::from_str("\"film\"").ok(),
            Some(MediaKind::Unknown)
        );
    }

    #[test]
    fn an_extension_belongs_to_one_kind() {
        let all = EXTENSIONS
            .iter()
            .flat_map(|(kind, all)| all.iter().map(move |it| (kind, it)));
        for (kind, extension) in all {
            assert_eq!(
                MediaKind::of_extension(extension),
                Some(*kind),
                "{extension}"
            );
        }
        assert_eq!(MediaKind::of_extension("zip"), None);
    }
}

//! The kind of a downloaded file, by its first bytes.

use mps_models::MediaKind;

use super::container::Container;

/// Number of first bytes that decide the kind.
pub(super) const HEAD: usize = 1_024;

/// The kind of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Empty,
    Json,
    Xml,
    Html,
    Text,
    Container(Container),
    /// Binary content of another kind.
    Unknown,
}

impl Content {
    /// Returns the kind of a file that begins with `head`: at most [`HEAD`] bytes, and all of a
    /// shorter file.
    pub(super) fn of(head: &[u8]) -> Self {
        if head.is_empty() {
            return Self::Empty;
        }
        if let Some(container) = Container::of(head) {
            return Self::Container(container);
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let text = text.trim_ascii_start();
        if !is_text(head) {
            // An error page with a stray byte is no media.
            return match text {
                _ if is_html(text) => Self::Html,
                [b'{', b'"', ..] => Self::Json,
                _ if text.starts_with(b"<?xml") || text.starts_with(b"<Error") => Self::Xml,
                _ => Self::Unknown,
            };
        }
        match text.first() {
            Some(b'{' | b'[') => Self::Json,
            Some(b'<') if is_html(text) => Self::Html,
            Some(b'<') => Self::Xml,
            _ => Self::Text,
        }
    }

    /// Returns the name of content that must not be saved where a file with this extension is
    /// expected; `None` if it may be.
    pub(super) fn unexpected(self, extension: Option<&str>) -> Option<&'static str> {
        let extension = extension.map(str::to_ascii_lowercase);
        let extension = extension.as_deref().unwrap_or_default();
        let (name, expected): (_, &[&str]) = match self {
            Self::Container(_) | Self::Unknown => return None,
            Self::Empty => ("an empty file", &[]),
            Self::Json => ("JSON", &["json", "gltf"]),
            Self::Xml => ("XML", &["xml", "svg"]),
            Self::Html => ("HTML", &["htm", "html"]),
            Self::Text => (
                "text",
                &[
                    "txt", "md", "csv", "srt", "vtt", "ass", "lrc", "m3u8", "obj", "mtl", "ply",
                ],
            ),
        };
        (!expected.contains(&extension)).then_some(name)
    }
}

/// First bytes of other formats, their position, and the extensions of their files.
const MAGIC: &[(usize, &[u8], &[&str])] = &[
    (0, b"ID3", &["mp3"]),
    (0, b"\xff\xfb", &["mp3"]),
    (0, b"\xff\xf3", &["mp3"]),
    (0, b"\xff\xf1", &["aac"]),
    (0, b"fLaC", &["flac"]),
    (0, b"OggS", &["ogg", "opus", "oga", "ogv"]),
    (0, b"\x1aE\xdf\xa3", &["webm", "mkv"]),
    (0, b"GIF8", &["gif"]),
    (0, b"%PDF-", &["pdf"]),
    (0, b"FLV\x01", &["flv"]),
    (0, b"PK\x03\x04", &["zip", "usdz", "docx", "pptx", "3mf"]),
    (0, b"Kaydara FBX Binary", &["fbx"]),
];

impl Content {
    /// Returns the extensions that files of this kind have, the usual one first; none if the kind is
    /// not known. `head` are the first bytes.
    fn extensions(self, head: &[u8]) -> &'static [&'static str] {
        let at = |position: usize, text: &[u8]| {
            let rest = head.get(position..).unwrap_or_default();
            rest.starts_with(text)
        };
        match self {
            Self::Container(Container::Mp4) if at(8, b"qt  ") => &["mov", "mp4", "m4v"],
            Self::Container(Container::Mp4) if at(8, b"M4A ") => &["m4a", "mp4"],
            Self::Container(Container::Mp4) => &["mp4", "m4v", "mov", "m4a", "3gp", "heic", "avif"],
            Self::Container(Container::Png) => &["png"],
            Self::Container(Container::Jpeg) => &["jpg", "jpeg"],
            Self::Container(Container::Riff) if at(8, b"WEBP") => &["webp"],
            Self::Container(Container::Riff) if at(8, b"WAVE") => &["wav"],
            Self::Container(Container::Riff) if at(8, b"AVI ") => &["avi"],
            Self::Container(Container::Glb) => &["glb"],
            Self::Unknown => {
                let mut all = MAGIC.iter();
                let found = all.find(|(position, magic, _)| at(*position, magic));
                found.map_or(&[], |(_, _, extensions)| extensions)
            }
            _ => &[],
        }
    }

    /// Returns the extension of a file of this kind: the one that its URL has, if such files can
    /// have it; `None` if neither is known.
    pub(super) fn extension(self, of_url: Option<&str>, head: &[u8]) -> Option<String> {
        let known = self.extensions(head);
        let of_url = of_url.map(str::to_ascii_lowercase);
        match (of_url, known.first()) {
            (Some(of_url), Some(usual)) if !known.contains(&&*of_url) => Some((*usual).to_owned()),
            (Some(of_url), _) => Some(of_url),
            (None, usual) => usual.map(|usual| (*usual).to_owned()),
        }
    }

    /// Returns the kind of media, as far as the first bytes show it.
    pub(super) fn media_kind(self, of_url: Option<&str>, head: &[u8]) -> MediaKind {
        let known = self.extensions(head);
        let is_text = matches!(self, Self::Json | Self::Xml | Self::Text);
        if known.is_empty() && !is_text {
            return MediaKind::Unknown;
        }
        let extension = self.extension(of_url, head);
        let kind = extension.and_then(|it| MediaKind::of_extension(&it));
        kind.unwrap_or_default()
    }

    /// Returns the kind that the extension of the URL names and the kind that the content has, if
    /// they contradict each other.
    pub(super) fn contradiction(
        self,
        of_url: Option<&str>,
        head: &[u8],
    ) -> Option<(&'static str, &'static str)> {
        let Self::Container(_) = self else {
            // Two or three bytes prove too little.
            return None;
        };
        let known = self.extensions(head);
        let claimed = MediaKind::of_extension(of_url?)?;
        let sent = MediaKind::of_extension(known.first()?)?;
        let may_be = |extension: &&str| MediaKind::of_extension(extension) == Some(claimed);
        (!known.iter().any(may_be)).then_some((claimed.noun(), sent.noun()))
    }
}

/// Returns `true` if no byte is one that only binary files contain, as the WHATWG's "MIME Sniffing"
/// defines them, or if there is a byte order mark of UTF-16.
fn is_text(head: &[u8]) -> bool {
    let is_binary = |byte: &u8| matches!(byte, 0..=0x08 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    let is_utf_16 = head.starts_with(b"\xfe\xff") || head.starts_with(b"\xff\xfe");
    is_utf_16 || !head.iter().any(is_binary)
}

fn is_html(text: &[u8]) -> bool {
    const BEGINNINGS: [&str; 5] = ["<!doctype html", "<html", "<head", "<body", "<script"];
    BEGINNINGS.iter().any(|begin| {
        text.get(..begin.len())
            .is_some_and(|text| text.eq_ignore_ascii_case(begin.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::{super::container::samples, *};

    #[test]
    fn text_in_place_of_media_is_unexpected() {
        for (head, name) in [
            (&b""[..], "an empty file"),
            (b"{\"error\":1}", "JSON"),
            (b"\xef\xbb\xbf \n[1]", "JSON"),
            (b"<?xml version='1.0'?><Error/>", "XML"),
            (b"<Error/>", "XML"),
            (b"<!DOCTYPE HTML><p>", "HTML"),
            (b"\n<html>", "HTML"),
            (b"not found", "text"),
            (b" ", "text"),
            (b"\xb4\xed\xce\xf3", "text"), // GBK
            (b"\xff\xfeh\0i\0", "text"),   // UTF-16
            (b"{\"error\":1}\0\0", "JSON"),
            (b"<?xml version='1.0'?>\x01", "XML"),
            (b"<Error>\x01</Error>", "XML"),
            (b"<html>\x02", "HTML"),
        ] {
            let content = Content::of(head);
            assert_eq!(content.unexpected(Some("mp4")), Some(name), "{head:?}");
            assert_eq!(content.unexpected(None), Some(name), "{head:?}");
        }
    }

    #[test]
    fn the_extension_of_a_url_is_kept_if_the_content_can_have_it() {
        let mp4 = samples::mp4();
        for (head, of_url, expected) in [
            (&mp4[..], Some("mp4"), Some("mp4")),
            (&mp4, Some("MOV"), Some("mov")),
            (&mp4, Some("bin"), Some("mp4")),
            (&mp4, None, Some("mp4")),
            (b"\x89PNG\r\n\x1a\n", Some("jpg"), Some("png")),
            (b"\xff\xd8\xff", Some("jpeg"), Some("jpeg")),
            (b"ID3\x04\0", None, Some("mp3")),
            (b"\0\x01unknown", Some("splat"), Some("splat")),
            (b"\0\x01unknown", None, None),
        ] {
            let extension = Content::of(head).extension(of_url, head);
            assert_eq!(extension.as_deref(), expected, "{of_url:?}");
        }
    }

    #[test]
    fn another_kind_than_the_url_names_is_a_contradiction() {
        let png = samples::png();
        let contradiction = |head: &[u8], of_url| Content::of(head).contradiction(of_url, head);
        assert_eq!(
            contradiction(&png, Some("mp4")),
            Some(("a video", "an image"))
        );
        assert_eq!(contradiction(&png, Some("jpg")), None);
        assert_eq!(contradiction(&samples::mp4(), Some("m4a")), None);
        assert_eq!(contradiction(b"\0\x01unknown", Some("mp4")), None);
        assert_eq!(contradiction(b"ID3\x04\0", Some("mp4")), None);
        assert_eq!(contradiction(&png, Some("dat")), None);
    }

    #[test]
    fn binary_content_and_named_text_are_expected() {
        for (head, extension) in [
            (&samples::mp4()[..], "mp4"),
            (b"ID3\x04\0\0", "mp3"),
            (b"\xff\xfb\x90\0", "mp3"),
            (b"\x1aE\xdf\xa3", "webm"),
            (b"{\"asset\":{}}", "gltf"),
            (b"<svg/>", "SVG"),
            (b"1\n00:00:01,000 --> 00:00:02,000\n", "srt"),
        ] {
            assert_eq!(Content::of(head).unexpected(Some(extension)), None);
        }
        assert_eq!(Content::of(b"{}").unexpected(Some("srt")), Some("JSON"));
        assert_eq!(
            Content::of(b"").unexpected(Some("txt")),
            Some("an empty file")
        );
    }
}

//! The kind of a downloaded file, by its first bytes.

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
        if !is_text(head) {
            return Self::Unknown;
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let text = text.trim_ascii_start();
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
        ] {
            let content = Content::of(head);
            assert_eq!(content.unexpected(Some("mp4")), Some(name), "{head:?}");
            assert_eq!(content.unexpected(None), Some(name), "{head:?}");
        }
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

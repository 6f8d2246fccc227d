//! The format of a file by its first bytes, and the findings about it.

use mps_aigc::models::preflight::{Finding, Path, Severity};

use super::{FileKind, LocalFile};
use crate::live::units;

/// The rule about the format of a file.
const FORMAT: &str = "media-format";
/// The rule about a name that does not fit the format.
const NAME: &str = "media-name";
/// The rule about the size of a file.
const SIZE: &str = "media-size";

/// Most bytes of an image: 10 MB (documentation page of 2026-03-10). Nothing is documented about videos and
/// sounds.
const MAX_IMAGE_BYTES: usize = 10 * 1024 * 1024;

/// A format of files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// The name with its article.
    name: &'static str,
    kind: FileKind,
    /// `true` if the service is documented to take it, or if nothing is documented about its kind.
    accepted: bool,
    /// The usual extensions, the best one first.
    extensions: &'static [&'static str],
    pub(super) content_type: &'static str,
}

const fn format(
    name: &'static str,
    kind: FileKind,
    accepted: bool,
    extensions: &'static [&'static str],
    content_type: &'static str,
) -> Format {
    Format {
        name,
        kind,
        accepted,
        extensions,
        content_type,
    }
}

use FileKind::{Audio, Image, Video};

static PNG: Format = format("a PNG", Image, true, &["png"], "image/png");
static JPEG: Format = format(
    "a JPEG",
    Image,
    true,
    &["jpg", "jpeg", "jpe", "jfif"],
    "image/jpeg",
);
static WEBP: Format = format("a WebP image", Image, true, &["webp"], "image/webp");
static GIF: Format = format("a GIF", Image, false, &["gif"], "image/gif");
static TIFF: Format = format("a TIFF", Image, false, &["tif", "tiff"], "image/tiff");
static BMP: Format = format("a BMP", Image, false, &["bmp", "dib"], "image/bmp");
static HEIF: Format = format(
    "a HEIC or AVIF image",
    Image,
    false,
    &["heic", "heif", "avif"],
    "image/heif",
);
static MP4: Format = format("an MP4", Video, true, &["mp4", "m4v", "mov"], "video/mp4");
static QUICKTIME: Format = format(
    "a QuickTime film",
    Video,
    true,
    &["mov", "qt"],
    "video/quicktime",
);
static WEBM: Format = format(
    "a WebM or Matroska film",
    Video,
    true,
    &["webm", "mkv"],
    "video/webm",
);
static AVI: Format = format("an AVI", Video, true, &["avi"], "video/x-msvideo");
static MP3: Format = format("an MP3", Audio, true, &["mp3"], "audio/mpeg");
static AAC: Format = format("an AAC sound", Audio, true, &["aac"], "audio/aac");
static M4A: Format = format("an M4A", Audio, true, &["m4a", "m4b", "mp4"], "audio/mp4");
static WAV: Format = format("a WAV", Audio, true, &["wav", "wave"], "audio/wav");
static FLAC: Format = format("a FLAC", Audio, true, &["flac"], "audio/flac");
static OGG: Format = format(
    "an Ogg sound",
    Audio,
    true,
    &["ogg", "oga", "opus"],
    "audio/ogg",
);

impl Format {
    /// Returns the format of a content; `None` if its first bytes are those of none.
    pub(super) fn of(content: &[u8]) -> Option<&'static Self> {
        let starts = |with: &[u8]| content.starts_with(with);
        let at = |from: usize, length: usize| content.get(from..from + length).unwrap_or_default();
        Some(match content {
            _ if starts(b"\x89PNG\r\n\x1a\n") => &PNG,
            _ if starts(b"\xff\xd8\xff") => &JPEG,
            _ if starts(b"GIF8") => &GIF,
            _ if starts(b"II*\0") || starts(b"MM\0*") => &TIFF,
            _ if starts(b"BM") && at(6, 4) == [0; 4] => &BMP,
            _ if starts(b"RIFF") => match at(8, 4) {
                b"WEBP" => &WEBP,
                b"WAVE" => &WAV,
                b"AVI " => &AVI,
                _ => return None,
            },
            _ if at(4, 4) == b"ftyp" => match at(8, 4) {
                b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" | b"avif" | b"avis" => &HEIF,
                b"M4A " | b"M4B " => &M4A,
                b"qt  " => &QUICKTIME,
                _ => &MP4,
            },
            _ if starts(b"\x1a\x45\xdf\xa3") => &WEBM,
            _ if starts(b"fLaC") => &FLAC,
            _ if starts(b"OggS") => &OGG,
            _ if starts(b"ID3") => &MP3,
            [0xff, second, ..] => match second & 0b1111_0110 {
                // The synchronization of a frame, with the layer that MP3 has, and that of AAC.
                0b1111_0010 => &MP3,
                0b1111_0000 => &AAC,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Returns the usual extension of file names.
    pub(super) fn extension(&self) -> &'static str {
        self.extensions.first().copied().unwrap_or("bin")
    }
}

/// Returns the findings about a file. `member` is the member of the request, `path` the file as people see it.
pub(super) fn findings(member: &str, path: &str, file: &LocalFile) -> Vec<Finding> {
    let kind = file.option.kind;
    let finding = |rule, severity, message| {
        let mut finding = Finding::new(&Path::ROOT, rule, severity, message);
        member.clone_into(&mut finding.path);
        finding
    };
    let mut findings = Vec::new();
    match file.format {
        Some(format) if format.kind == kind && format.accepted => {
            findings.extend(
                name(format, path, file)
                    .map(|(message, hint)| finding(NAME, Severity::Warning, message).hint(hint)),
            );
        }
        format => {
            let found = format.map_or("of no known format", |format| format.name);
            let message = format!(
                "{path} is {found}, by its first bytes; needed is {}",
                wanted(kind)
            );
            let hint = "convert it; or send it as it is with --preflight warn";
            findings.push(finding(FORMAT, Severity::Error, message).hint(hint));
        }
    }
    let length = file.content.len();
    if kind == Image && length > MAX_IMAGE_BYTES {
        let shown = units::bytes(u64::try_from(length).unwrap_or(u64::MAX));
        let message = format!("{path} has {shown}; an image may have 10 MB");
        let hint = "make it smaller; or send it as it is with --preflight warn";
        let finding = finding(SIZE, Severity::Error, message).hint(hint);
        findings.push(finding.value(length).bound(MAX_IMAGE_BYTES));
    }
    findings
}

/// Returns the warning about a name whose extension belongs to another format.
fn name(format: &Format, path: &str, file: &LocalFile) -> Option<(String, &'static str)> {
    let extension = file.path.extension()?.to_string_lossy().to_lowercase();
    if format.extensions.contains(&&*extension) {
        return None;
    }
    let message = format!(
        "{path} is {}, by its first bytes, and is uploaded as {}",
        format.name, format.content_type
    );
    Some((message, "rename the file if that is what you meant"))
}

fn wanted(kind: FileKind) -> &'static str {
    match kind {
        Image => "a JPEG, PNG or WebP image",
        Video => "an MP4, QuickTime, WebM, Matroska or AVI video",
        Audio => "an MP3, WAV, AAC, M4A, FLAC or Ogg sound",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        for (content, expected) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some(&PNG)),
            (b"\xff\xd8\xff\xe0", Some(&JPEG)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(&WEBP)),
            (b"RIFF\0\0\0\0WAVE", Some(&WAV)),
            (b"RIFF\0\0\0\0AVI ", Some(&AVI)),
            (b"RIFF\0\0\0\0????", None),
            (b"GIF89a", Some(&GIF)),
            (b"II*\0", Some(&TIFF)),
            (b"BM\x0a\0\0\0\0\0\0\0", Some(&BMP)),
            (b"BM is how this text begins", None),
            (b"\0\0\0\x18ftypisom", Some(&MP4)),
            (b"\0\0\0\x18ftypqt  ", Some(&QUICKTIME)),
            (b"\0\0\0\x18ftypM4A ", Some(&M4A)),
            (b"\0\0\0\x18ftypheic", Some(&HEIF)),
            (b"\x1a\x45\xdf\xa3", Some(&WEBM)),
            (b"ID3\x04", Some(&MP3)),
            (b"\xff\xfb\x90", Some(&MP3)),
            (b"\xff\xf1\x50", Some(&AAC)),
            (b"fLaC", Some(&FLAC)),
            (b"OggS", Some(&OGG)),
            (b"%PDF-1.7", None),
            (b"<svg></svg>", None),
            (b"\xff", None),
            (b"", None),
        ] {
            assert_eq!(Format::of(content), expected, "{content:?}");
        }
    }
}

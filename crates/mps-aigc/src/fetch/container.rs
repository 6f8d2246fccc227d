//! Checks that the file of a known container is complete.

use std::io::{self, BufRead, ErrorKind, Seek};

/// A container whose end can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Mp4,
    Png,
    Jpeg,
    Riff,
    Glb,
}

/// The state of a file, as far as its container shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completeness {
    /// The container proves that its last byte is there.
    Proven,
    /// Nothing contradicts that the file is complete, and nothing proves it.
    Possible,
    /// A part is missing.
    Cut,
}

impl Container {
    /// Returns the container of a file that begins with `head`, or `None` for any other file.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        const BOXES: [&[u8]; 7] = [
            b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp",
        ];
        if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if head.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if head.starts_with(b"RIFF") {
            Some(Self::Riff)
        } else if head.starts_with(b"glTF") {
            Some(Self::Glb)
        } else if head.get(4..8).is_some_and(|name| BOXES.contains(&name)) {
            Some(Self::Mp4)
        } else {
            None
        }
    }

    /// Returns the name to show.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "MP4",
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Riff => "RIFF",
            Self::Glb => "GLB",
        }
    }

    /// Reads the structure of a file of `length` bytes from its begin.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub(super) fn completeness(
        self,
        file: &mut (impl BufRead + Seek),
        length: u64,
    ) -> io::Result<Completeness> {
        file.rewind()?;
        match self {
            Self::Mp4 => mp4(file, length),
            Self::Png => png(file, length),
            Self::Jpeg => jpeg(file, length),
            Self::Riff => riff(file, length),
            Self::Glb => glb(file, length),
        }
    }
}

/// Compares the end that a container states with the end of its file.
fn ends_at(end: u64, length: u64) -> Completeness {
    match end.cmp(&length) {
        std::cmp::Ordering::Less => Completeness::Possible,
        std::cmp::Ordering::Equal => Completeness::Proven,
        std::cmp::Ordering::Greater => Completeness::Cut,
    }
}

/// Walks the boxes of ISO/IEC 14496-12: each has its size (32 bits, or 1 and then 64 bits; 0 reaches
/// to the end of the file) and its name.
fn mp4(file: &mut (impl BufRead + Seek), length: u64) -> io::Result<Completeness> {
    let (mut index, mut media, mut fragments, mut fragment_index) = (false, false, false, false);
    let (mut end, mut bounded) = (0_u64, true);
    while end < length && bounded {
        let Some([a, b, c, d, name @ ..]) = bytes::<8>(file)? else {
            bounded = false;
            break;
        };
        let (size, header) = match u32::from_be_bytes([a, b, c, d]) {
            1 => match bytes::<8>(file)? {
                Some(size) => (u64::from_be_bytes(size), 16),
                None => return Ok(Completeness::Cut),
            },
            size => (u64::from(size), 8),
        };
        match &name {
            b"moov" | b"meta" => index = true,
            b"mdat" => media = true,
            b"moof" => fragments = true,
            b"mfra" => fragment_index = true,
            _ => {}
        }
        if size < header {
            // A last box without a size, or bytes that are no box.
            bounded = false;
            break;
        }
        end = end.saturating_add(size);
        if end > length {
            return Ok(Completeness::Cut);
        }
        skip(file, size - header)?;
    }
    Ok(if !(index && media) {
        Completeness::Cut
    } else if bounded && (!fragments || fragment_index) {
        Completeness::Proven
    } else {
        // Another fragment may be missing.
        Completeness::Possible
    })
}

/// Walks the chunks of a PNG to `IEND`.
fn png(file: &mut (impl BufRead + Seek), length: u64) -> io::Result<Completeness> {
    let mut end = 8;
    skip(file, end)?;
    while let Some([a, b, c, d, name @ ..]) = bytes::<8>(file)? {
        let data_and_checksum = u64::from(u32::from_be_bytes([a, b, c, d])) + 4;
        end += 8 + data_and_checksum;
        if &name == b"IEND" || end > length {
            return Ok(ends_at(end, length));
        }
        skip(file, data_and_checksum)?;
    }
    Ok(Completeness::Cut)
}

/// Walks the segments of a JPEG, and the coded data of its scans, to the end marker.
fn jpeg(file: &mut (impl BufRead + Seek), length: u64) -> io::Result<Completeness> {
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    skip(file, 2)?;
    let mut in_scan = false;
    while let Some(marker) = jpeg_marker(file, in_scan)? {
        match marker {
            END => return Ok(ends_at(file.stream_position()?, length)),
            0x01 | 0xd0..=0xd7 => {}
            _ => {
                let Some(size) = bytes::<2>(file)? else { break };
                skip(file, u64::from(u16::from_be_bytes(size)).saturating_sub(2))?;
                in_scan = marker == SCAN;
            }
        }
    }
    Ok(Completeness::Cut)
}

/// Returns the next marker; `None` at the end of the file, or where no marker follows a segment.
fn jpeg_marker(file: &mut impl BufRead, in_scan: bool) -> io::Result<Option<u8>> {
    while let Some([byte]) = bytes::<1>(file)? {
        if byte != 0xff {
            if in_scan {
                continue;
            }
            break;
        }
        let mut code = 0xff;
        while code == 0xff {
            let Some([next]) = bytes::<1>(file)? else {
                return Ok(None);
            };
            code = next;
        }
        // Within coded data, 0 stands for the byte 0xff itself.
        if code != 0 {
            return Ok(Some(code));
        }
    }
    Ok(None)
}

/// Reads the size of WebP, WAV or AVI. Streams that do not know it write 0 or the largest number.
fn riff(file: &mut (impl BufRead + Seek), length: u64) -> io::Result<Completeness> {
    let Some([_, _, _, _, size @ ..]) = bytes::<8>(file)? else {
        return Ok(Completeness::Cut);
    };
    Ok(match u32::from_le_bytes(size) {
        0 | u32::MAX => Completeness::Possible,
        // The byte that makes the size even is often left out.
        size if size % 2 == 1 && u64::from(size) + 8 == length => Completeness::Possible,
        size => ends_at(8 + u64::from(size.next_multiple_of(2)), length),
    })
}

fn glb(file: &mut impl BufRead, length: u64) -> io::Result<Completeness> {
    Ok(match bytes::<12>(file)? {
        Some([_, _, _, _, _, _, _, _, size @ ..]) => {
            ends_at(u64::from(u32::from_le_bytes(size)), length)
        }
        None => Completeness::Cut,
    })
}

/// Returns the next bytes, or `None` if the file ends before.
fn bytes<const N: usize>(file: &mut impl BufRead) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn skip(file: &mut impl Seek, count: u64) -> io::Result<()> {
    file.seek_relative(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
pub(super) mod samples {
    //! Small files that are complete.

    fn mp4_box(name: &[u8], data: &[u8]) -> Vec<u8> {
        let size = u32::try_from(data.len() + 8).unwrap();
        [&size.to_be_bytes()[..], name, data].concat()
    }

    pub(in crate::fetch) fn mp4() -> Vec<u8> {
        [
            mp4_box(b"ftyp", b"isom"),
            mp4_box(b"mdat", b"\0\x01\x02\x03picture"),
            mp4_box(b"moov", b"index"),
        ]
        .concat()
    }

    /// Returns an MP4 file with `media` bytes that all differ from their neighbours.
    pub(in crate::fetch) fn long_mp4(media: usize) -> Vec<u8> {
        let cycle = (0..251_u16).map(|at| u8::try_from(at * 7 % 251).unwrap());
        let data: Vec<u8> = cycle.cycle().take(media).collect();
        [
            mp4_box(b"ftyp", b"isom"),
            mp4_box(b"mdat", &data),
            mp4_box(b"moov", b"index"),
        ]
        .concat()
    }

    pub(in crate::fetch) fn png() -> Vec<u8> {
        let chunk = |name: &[u8], data: &[u8]| {
            let size = u32::try_from(data.len()).unwrap();
            [&size.to_be_bytes()[..], name, data, b"crc!"].concat()
        };
        [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            chunk(b"IDAT", b"pixels"),
            chunk(b"IEND", b""),
        ]
        .concat()
    }

    pub(in crate::fetch) fn jpeg() -> Vec<u8> {
        // The first segment contains a thumbnail with an end marker of its own.
        b"\xff\xd8\xff\xe1\x00\x06\xff\xd8\xff\xd9\xff\xda\x00\x03!abc\xff\x00d\xff\xd0ef\xff\xd9"
            .to_vec()
    }

    pub(in crate::fetch) fn webp() -> Vec<u8> {
        b"RIFF\x0c\0\0\0WEBPVP8 \x01\x02\x03\x04".to_vec()
    }

    pub(in crate::fetch) fn glb() -> Vec<u8> {
        b"glTF\x02\0\0\0\x10\0\0\0mesh".to_vec()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn completeness(file: &[u8]) -> Completeness {
        let container = Container::of(file).unwrap();
        let length = file.len() as u64;
        container
            .completeness(&mut Cursor::new(file), length)
            .unwrap()
    }

    #[test]
    fn a_container_proves_its_end_and_shows_every_cut() {
        for file in [
            samples::mp4(),
            samples::png(),
            samples::jpeg(),
            samples::webp(),
            samples::glb(),
        ] {
            assert_eq!(completeness(&file), Completeness::Proven, "{file:?}");
            for length in 8..file.len() {
                let found = completeness(&file[..length]);
                assert_eq!(found, Completeness::Cut, "{length} of {file:?}");
            }
            let longer = [&file[..], b"\0"].concat();
            assert_eq!(completeness(&longer), Completeness::Possible, "{longer:?}");
        }
    }

    #[test]
    fn an_open_end_is_not_proven() {
        let mut open = samples::mp4();
        // The sizes of 0 reach to the end of the file.
        open.extend(b"\0\0\0\0mdatmore");
        let fragmented = [&samples::mp4()[..], b"\0\0\0\x08moof"].concat();
        let streamed = b"RIFF\xff\xff\xff\xffWAVEdata".to_vec();
        for file in [open, fragmented.clone(), streamed] {
            assert_eq!(completeness(&file), Completeness::Possible, "{file:?}");
        }
        let indexed = [&fragmented[..], b"\0\0\0\x08mfra"].concat();
        assert_eq!(completeness(&indexed), Completeness::Proven);
    }

    #[test]
    fn a_box_may_have_a_size_of_64_bits() {
        let mut file = samples::mp4();
        file.extend(b"\0\0\0\x01free\0\0\0\0\0\0\0\x12..");
        assert_eq!(completeness(&file), Completeness::Proven);
        file.pop();
        assert_eq!(completeness(&file), Completeness::Cut);
        let huge = b"\0\0\0\x01ftyp\xff\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(completeness(huge), Completeness::Cut);
    }
}

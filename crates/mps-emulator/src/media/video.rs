//! A video: its pictures, and the file made of them.

use serde::{Deserialize, Serialize};

use super::{FrameSize, h264, mp4, pattern};

/// A video to make: its size and playing time in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Clip {
    pub(crate) size: FrameSize,
    pub(crate) seconds: u32,
}

/// One picture per second up to this number, then fewer: bounds the file at any playing time.
const MAX_PICTURES: u32 = 30;

impl Clip {
    pub(super) fn render(self) -> Vec<u8> {
        mp4::file(&self.track())
    }

    fn track(self) -> mp4::Track {
        let frames = self.seconds.clamp(1, MAX_PICTURES);
        let grid = h264::macroblocks(self.size);
        let picture = |frame| {
            h264::picture(frame, self.size, |column, row| {
                pattern::at((column, row), grid, (frame, frames))
            })
        };
        mp4::Track {
            size: self.size,
            // With this timescale each picture lasts a whole number of ticks.
            timescale: frames * 1_000,
            picture_ticks: self.seconds * 1_000,
            sequence_parameters: h264::sequence_parameters(self.size),
            picture_parameters: h264::picture_parameters(),
            pictures: (0..frames).map(picture).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use mp4_atom::{Codec, Decode, Ftyp, Mdat, Moov, StszSamples};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::media::Media;

    fn clip(resolution: &str, aspect_ratio: &str, seconds: u32) -> Clip {
        Clip {
            size: FrameSize::parse(Some(resolution), Some(aspect_ratio)).unwrap(),
            seconds,
        }
    }

    fn file(clip: Clip) -> Bytes {
        Media::Video(clip).render().unwrap()
    }

    fn parts(file: &Bytes) -> (Moov, Mdat) {
        let mut rest = &file[..];
        assert_eq!(Ftyp::decode(&mut rest).unwrap().major_brand, b"isom".into());
        let parts = (
            Moov::decode(&mut rest).unwrap(),
            Mdat::decode(&mut rest).unwrap(),
        );
        assert!(rest.is_empty(), "nothing follows the data");
        parts
    }

    #[test]
    fn the_index_agrees_with_the_request() {
        for (resolution, aspect_ratio, seconds) in [
            ("720P", "16:9", 5),
            ("1080P", "9:16", 10),
            ("768P", "16:9", 6),
            ("540P", "1:1", 1),
            ("122P", "1:4", 3_600),
        ] {
            let clip = clip(resolution, aspect_ratio, seconds);
            let (moov, _) = parts(&file(clip));
            let track = &moov.trak[0];
            let Codec::Avc1(entry) = &track.mdia.minf.stbl.stsd.codecs[0] else {
                panic!("not H.264")
            };
            assert_eq!(
                moov.mvhd.duration,
                u64::from(seconds) * u64::from(moov.mvhd.timescale)
            );
            assert_eq!(
                track.mdia.mdhd.duration,
                u64::from(seconds) * u64::from(track.mdia.mdhd.timescale)
            );
            assert_eq!(
                (entry.visual.width, entry.visual.height),
                (clip.size.width, clip.size.height)
            );
            assert_eq!(track.tkhd.width.integer(), clip.size.width);
        }
    }

    #[test]
    fn the_index_leads_to_every_picture() {
        let file = file(clip("720P", "16:9", 8));
        let (moov, mdat) = parts(&file);
        let table = &moov.trak[0].mdia.minf.stbl;
        let StszSamples::Different { sizes } = &table.stsz.samples else {
            panic!("no sizes")
        };
        let mut offset = usize::try_from(table.stco.as_ref().unwrap().entries[0]).unwrap();
        for size in sizes.iter().map(|size| usize::try_from(*size).unwrap()) {
            let unit = u32::try_from(size - 4).unwrap().to_be_bytes();
            assert_eq!(
                file[offset..offset + 5],
                [unit[0], unit[1], unit[2], unit[3], 0x65],
                "a picture that stands alone"
            );
            offset += size;
        }
        assert_eq!(sizes.len(), 8);
        assert_eq!(
            sizes.iter().sum::<u32>(),
            u32::try_from(mdat.data.len()).unwrap()
        );
        assert_eq!(offset, file.len());
    }

    /// `ffprobe` and `ffmpeg` have accepted exactly these bytes and shown the intended colours.
    /// After an intended change, check with both again, at several sizes and lengths.
    #[test]
    fn the_bytes_are_those_a_decoder_has_seen() {
        let digest = |clip: Clip| hex::encode(Sha256::digest(file(clip)));
        assert_eq!(
            digest(clip("720P", "16:9", 5)),
            "dc5e0ea0b37653cbca5bd7193188e039bab1acc75ea4d6c3eea0f12905eac152"
        );
        assert_eq!(
            digest(clip("768P", "16:9", 6)),
            "daae09b74de35a21b69e57f39f70befc596c980ecdfc2fe83fac9ec545e15b0c"
        );
    }

    #[test]
    fn the_largest_file_stays_small() {
        let largest = file(clip("4K", "16:9", 3_600)).len();
        assert!(largest < 2_000_000, "{largest} bytes");
    }
}

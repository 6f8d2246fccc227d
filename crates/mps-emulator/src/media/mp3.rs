//! The subset of MP3 (ISO/IEC 11172-3, layer III) that one steady tone needs.
//!
//! One frequency is not zero, and all frames are equal: a file is one frame, repeated.

use super::bits::BitWriter;

/// Bytes of a frame: 24 ms at 32 kbit a second and 48,000 samples a second.
const FRAME_BYTES: usize = 96;
const FRAME_MILLISECONDS: u32 = 24;
/// Frequencies are 41.67 Hz apart: this one is 417 Hz, about that of the WAV.
const LINE: u32 = 10;
/// Loudness: a step is a fourth of a doubling.
const GAIN: u32 = 200;
const GRANULES: u32 = 2;

/// Returns a file that plays at least this long; it ends with a whole frame.
pub(super) fn file(seconds: u32) -> Vec<u8> {
    let frames = (u64::from(seconds) * 1_000).div_ceil(u64::from(FRAME_MILLISECONDS));
    frame().repeat(usize::try_from(frames).unwrap_or_default())
}

fn frame() -> Vec<u8> {
    let tone = tone();
    let mut bits = BitWriter::default();
    header(&mut bits);
    bits.put(0, 9 + 5 + 4); // nothing is kept from the frame before; private; nothing shared
    for _ in 0..GRANULES {
        side_information(&mut bits, tone.1);
    }
    for _ in 0..GRANULES {
        bits.put(tone.0, tone.1);
    }
    let mut frame = bits.finish_with_ones();
    frame.resize(FRAME_BYTES, 0);
    frame
}

fn header(bits: &mut BitWriter) {
    bits.put(0x7FF, 11); // where a frame starts
    bits.put(0b11, 2); // MPEG-1,
    bits.put(0b01, 2); // layer III,
    bits.put(1, 1); // no checksum
    bits.put(1, 4); // 32 kbit a second
    bits.put(0b01, 2); // 48,000 samples a second
    bits.put(0b00, 2); // no padding; private
    bits.put(0b11, 2); // one channel
    bits.put(0b00, 2); // which needs no mode
    bits.put(0b0100, 4); // not protected; an original; no emphasis
}

/// Writes the position of the tone in the 576 frequencies of a granule, the length of its code, and
/// its loudness.
fn side_information(bits: &mut BitWriter, length: u32) {
    bits.put(length, 12);
    bits.put(LINE / 2 + 1, 9); // pairs with values; after them everything is zero
    bits.put(GAIN, 8);
    bits.put(0, 4); // bands are not scaled
    bits.put(0, 1); // one long window
    bits.put(0b00001_00001_00001, 15); // the table of codes for values up to one, in all regions
    bits.put(0, 4 + 3); // where regions end
    bits.put(0, 3); // no emphasis, scale or table for what comes after the pairs
}

/// Returns the code of the tone and its length in bits: pairs of zeros, then a one and a zero,
/// plus.
fn tone() -> (u32, u32) {
    let zeros = LINE / 2;
    let code = ((1 << zeros) - 1) << 3 | 0b010;
    (code, zeros + 3)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn a_file_is_as_long_as_it_plays() {
        assert_eq!(file(3).len(), 125 * FRAME_BYTES);
        assert_eq!(file(1).len(), 42 * FRAME_BYTES, "no frame is cut");
        assert!(file(3).starts_with(&[0xFF, 0xFB, 0x14, 0xC4]));
    }

    /// `ffprobe` and `ffmpeg` have accepted exactly these bytes and played the intended tone. After
    /// an intended change, check with both again.
    #[test]
    fn the_bytes_are_those_a_decoder_has_heard() {
        assert_eq!(
            hex::encode(Sha256::digest(file(8))),
            "04ef35d495c9bb195f23a163d6e324351769273b3e1318ba7156b58c09b1546d"
        );
    }
}

//! The subset of JPEG (ITU-T T.81, baseline) that flat blocks need.
//!
//! Every block has one colour, so only its first coefficient is not zero, and a file costs about
//! thirty bits per macroblock. With this quantiser one step of that coefficient is one step of the
//! sample.

use super::{
    bits::BitWriter,
    h264::macroblocks,
    pattern::{self, Colour},
    size::FrameSize,
};

const START: [u8; 2] = [0xFF, 0xD8];
const END: [u8; 2] = [0xFF, 0xD9];
const APPLICATION: u8 = 0xE0;
const QUANTISER: u8 = 0xDB;
const FRAME: u8 = 0xC0;
const CODES: u8 = 0xC4;
const SCAN: u8 = 0xDA;

/// The first coefficient is eight times the mean of its block.
const STEP: u8 = 8;
/// Blocks of luma, blue and red in a macroblock of 16 by 16 samples.
const BLOCKS: [u32; 3] = [4, 1, 1];
/// The middle of the range, the decoder's first prediction.
const MID_GREY: [u8; 3] = [128; 3];
/// Number of possible bit widths of a difference, zero included.
const WIDTHS: u8 = 9;
/// Bits of the code for a width: the same for all, so that a code is the number itself.
const WIDTH_CODE_BITS: u32 = 4;

/// Returns the colour bars as a file.
pub(super) fn file(size: FrameSize) -> Vec<u8> {
    [
        START.to_vec(),
        segment(APPLICATION, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        segment(QUANTISER, &[&[0][..], &[STEP; 64]].concat()),
        segment(FRAME, &frame(size)),
        segment(CODES, &codes()),
        segment(SCAN, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
        escaped(&scan(size)),
        END.to_vec(),
    ]
    .concat()
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap_or(u16::MAX);
    [&[0xFF, marker][..], &length.to_be_bytes(), payload].concat()
}

/// Eight bits per sample, three components; luma has twice as many samples in each direction.
fn frame(size: FrameSize) -> Vec<u8> {
    let components = [3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0];
    [
        &[8][..],
        &size.height.to_be_bytes(),
        &size.width.to_be_bytes(),
        &components,
    ]
    .concat()
}

/// Two code tables. For first coefficients: the bit width of the difference. For the others a
/// single code of one bit: only zeros up to the block's end.
fn codes() -> Vec<u8> {
    let mut first = [0; 16];
    first[3] = WIDTHS;
    let mut others = [0; 16];
    others[0] = 1;
    let widths: Vec<u8> = (0..WIDTHS).collect();
    [&[0x00][..], &first, &widths, &[0x10], &others, &[0]].concat()
}

fn scan(size: FrameSize) -> Vec<u8> {
    let grid = macroblocks(size);
    let mut bits = BitWriter::default();
    let mut before = MID_GREY;
    for row in 0..grid.1 {
        for column in 0..grid.0 {
            let colour = Colour::full_range(pattern::at((column, row), grid, (0, 1)));
            macroblock(&mut bits, before, colour);
            before = colour;
        }
    }
    bits.finish_with_ones()
}

/// The first block of each component has the difference to the previous one; the rest have none.
fn macroblock(bits: &mut BitWriter, before: [u8; 3], colour: [u8; 3]) {
    for ((blocks, before), sample) in BLOCKS.into_iter().zip(before).zip(colour) {
        block(bits, i32::from(sample) - i32::from(before));
        for _ in 1..blocks {
            block(bits, 0);
        }
    }
}

/// Writes the bit width of the difference, the difference (a negative one less one), and the
/// block's end.
fn block(bits: &mut BitWriter, difference: i32) {
    let magnitude = difference.unsigned_abs();
    let width = u32::BITS - magnitude.leading_zeros();
    bits.put(width, WIDTH_CODE_BITS);
    let ones = (1 << width) - 1;
    bits.put(
        if difference < 0 {
            ones - magnitude
        } else {
            magnitude
        },
        width,
    );
    bits.put(0, 1);
}

/// Escapes the scan: a byte that looks like the start of a marker is followed by a zero.
fn escaped(scan: &[u8]) -> Vec<u8> {
    let with_zero = |byte: &u8| std::iter::once(*byte).chain((*byte == 0xFF).then_some(0));
    scan.iter().flat_map(with_zero).collect()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn bars(size: &str) -> Vec<u8> {
        file(FrameSize::exact(size).unwrap())
    }

    #[test]
    fn differences_are_written_as_the_standard_has_them() {
        let coded = |difference| {
            let mut bits = BitWriter::default();
            block(&mut bits, difference);
            bits.finish_with_ones()
        };
        assert_eq!(coded(0), [0b0000_0111]);
        assert_eq!(coded(1), [0b0001_1011]);
        assert_eq!(coded(-1), [0b0001_0011]);
        assert_eq!(coded(5), [0b0011_1010]);
        assert_eq!(coded(-5), [0b0011_0100]);
        assert_eq!(coded(-255), [0b1000_0000, 0b0000_0111]);
    }

    #[test]
    fn bytes_that_look_like_a_marker_are_escaped() {
        assert_eq!(escaped(&[1, 0xFF, 0xD9]), [1, 0xFF, 0, 0xD9]);
    }

    /// `ffprobe` and `ffmpeg` have accepted exactly these bytes and shown the intended colours.
    /// After an intended change, check with both again, at several sizes.
    #[test]
    fn the_bytes_are_those_a_decoder_has_seen() {
        let digest = |size| hex::encode(Sha256::digest(bars(size)));
        assert_eq!(
            digest("1024x1024"),
            "015aa266ce34457634b4edff93dfbcf14363afb730ef99fa269e93961a716498"
        );
        assert_eq!(
            digest("333x77"),
            "a3ba760926c7da73c8fc36d3d2f3469c0fe31a3607840d88e150734d3e07b18b"
        );
    }
}

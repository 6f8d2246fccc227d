//! The subset of H.264 (ITU-T H.264, Constrained Baseline) that flat macroblocks need.
//!
//! Every macroblock has one colour and is predicted from a neighbour. A picture therefore costs
//! about a byte per macroblock, is exact to the last bit and needs no transform here. At this
//! quantiser one step of a DC level is one step of luma, and two of chroma.

use super::{
    bits::{BitWriter, nal_unit},
    pattern::Colour,
    size::FrameSize,
};

/// Samples along a macroblock's side.
const MACROBLOCK: u32 = 16;
/// The quantiser at which DC levels and sample values coincide (see the module's documentation).
const QUANTISER: i32 = 28;
const CHROMA_STEP: i32 = 2;
/// The decoder's prediction where there is no neighbour.
const MID_GREY: Colour = Colour {
    luma: 128,
    blue: 128,
    red: 128,
};

const SEQUENCE_PARAMETER_SET: u8 = 0x67;
const PICTURE_PARAMETER_SET: u8 = 0x68;
const INSTANTANEOUS_REFRESH: u8 = 0x65;

/// Returns the picture's size in macroblocks, rounded up.
pub(super) fn macroblocks(size: FrameSize) -> (u32, u32) {
    let count = |samples: u16| u32::from(samples).div_ceil(MACROBLOCK);
    (count(size.width), count(size.height))
}

/// Returns the NAL unit with the picture's size and the profile.
pub(super) fn sequence_parameters(size: FrameSize) -> Vec<u8> {
    let (columns, rows) = macroblocks(size);
    let mut bits = BitWriter::default();
    bits.put(66, 8); // profile: Baseline,
    bits.put(0b1100_0000, 8); // constrained
    bits.put(level(columns * rows), 8);
    bits.ue(0); // this set's number
    bits.ue(0); // frame numbers have 4 bits
    bits.ue(2); // pictures are shown in the order they are decoded
    bits.ue(1); // reference frames
    bits.put(0, 1); // no gaps in frame numbers
    bits.ue(columns - 1);
    bits.ue(rows - 1);
    bits.put(0b11, 2); // frames only; direct inference as the level demands
    crop(&mut bits, size, (columns, rows));
    bits.put(0, 1); // no usability information
    nal_unit(SEQUENCE_PARAMETER_SET, &bits.finish())
}

/// Crops the picture where its size is no multiple of a macroblock; counted in pairs of samples.
fn crop(bits: &mut BitWriter, size: FrameSize, (columns, rows): (u32, u32)) {
    let right = (columns * MACROBLOCK - u32::from(size.width)) / 2;
    let bottom = (rows * MACROBLOCK - u32::from(size.height)) / 2;
    bits.put(u32::from(right + bottom > 0), 1);
    if right + bottom > 0 {
        for edge in [0, right, 0, bottom] {
            bits.ue(edge);
        }
    }
}

/// Returns the lowest level whose frame size covers the macroblocks (table A-1 of the standard).
fn level(macroblocks: u32) -> u32 {
    match macroblocks {
        0..=3_600 => 31,
        3_601..=8_192 => 40,
        8_193..=22_080 => 50,
        22_081..=36_864 => 51,
        _ => 60,
    }
}

/// Returns the NAL unit with the parameters of all pictures: variable-length codes, the quantiser,
/// no deblocking.
pub(super) fn picture_parameters() -> Vec<u8> {
    let mut bits = BitWriter::default();
    bits.ue(0); // this set's number
    bits.ue(0); // the sequence set it belongs to
    bits.put(0b00, 2); // CAVLC; no field order
    bits.ue(0); // one slice group
    bits.ue(0); // reference lists of one
    bits.ue(0);
    bits.put(0b000, 3); // no weighted prediction
    bits.se(QUANTISER - 26);
    bits.se(0); // the other quantiser is unused
    bits.se(0); // chroma uses the same
    bits.put(0b100, 3); // deblocking is switched in the slice; plain intra prediction; one copy
    nal_unit(PICTURE_PARAMETER_SET, &bits.finish())
}

/// Returns the NAL unit of one independent picture; `colour` maps column and row to a colour.
pub(super) fn picture(
    number: u32,
    size: FrameSize,
    colour: impl Fn(u32, u32) -> Colour,
) -> Vec<u8> {
    let (columns, rows) = macroblocks(size);
    let mut bits = BitWriter::default();
    slice_header(&mut bits, number);
    for row in 0..rows {
        for column in 0..columns {
            let prediction = Prediction::at(column, row, &colour);
            macroblock(&mut bits, &prediction, colour(column, row));
        }
    }
    nal_unit(INSTANTANEOUS_REFRESH, &bits.finish())
}

fn slice_header(bits: &mut BitWriter, number: u32) {
    bits.ue(0); // first macroblock
    bits.ue(7); // every slice of the picture is intra
    bits.ue(0); // picture parameter set
    bits.put(0, 4); // frame number, 0 where decoding restarts
    bits.ue(number % 2); // neighbours in time must differ
    bits.put(0b00, 2); // show earlier pictures; keep none for long
    bits.se(0); // quantiser as in the picture parameters
    bits.ue(1); // no deblocking: flat colours meet at sharp edges
}

/// The prediction of a macroblock's samples.
struct Prediction {
    from: Colour,
    luma_mode: u32,
    chroma_mode: u32,
}

impl Prediction {
    fn at(column: u32, row: u32, colour: impl Fn(u32, u32) -> Colour) -> Self {
        match (column, row) {
            (0, 0) => Self {
                from: MID_GREY,
                luma_mode: 2,
                chroma_mode: 0,
            },
            (0, _) => Self {
                from: colour(0, row - 1),
                luma_mode: 0,
                chroma_mode: 2,
            },
            _ => Self {
                from: colour(column - 1, row),
                luma_mode: 1,
                chroma_mode: 1,
            },
        }
    }
}

/// Writes one macroblock: its prediction, and the difference of its colour.
fn macroblock(bits: &mut BitWriter, prediction: &Prediction, colour: Colour) {
    let luma = i32::from(colour.luma) - i32::from(prediction.from.luma);
    let blue = (i32::from(colour.blue) - i32::from(prediction.from.blue)) / CHROMA_STEP;
    let red = (i32::from(colour.red) - i32::from(prediction.from.red)) / CHROMA_STEP;
    let has_chroma = (blue, red) != (0, 0);
    bits.ue(1 + prediction.luma_mode + 4 * u32::from(has_chroma));
    bits.ue(prediction.chroma_mode);
    bits.se(0); // same quantiser
    level_alone(bits, luma, &LUMA_DC);
    if has_chroma {
        level_alone(bits, blue, &CHROMA_DC);
        level_alone(bits, red, &CHROMA_DC);
    }
}

/// The `coeff_token` codes (value, width) of a block with no level, a level of one, a larger one.
struct Tokens {
    none: (u32, u32),
    one: (u32, u32),
    larger: (u32, u32),
}

const LUMA_DC: Tokens = Tokens {
    none: (1, 1),
    one: (1, 2),
    larger: (0b101, 6),
};
const CHROMA_DC: Tokens = Tokens {
    none: (1, 2),
    one: (1, 1),
    larger: (0b111, 6),
};

/// Writes a block whose only level is its first.
fn level_alone(bits: &mut BitWriter, level: i32, tokens: &Tokens) {
    let (code, width) = match level.abs() {
        0 => tokens.none,
        1 => tokens.one,
        _ => tokens.larger,
    };
    bits.put(code, width);
    match level.abs() {
        0 => return,
        1 => bits.put(u32::from(level < 0), 1),
        _ => level_code(bits, level),
    }
    bits.put(1, 1); // no zeros before it
}

/// Writes a level of two or more, either sign: a run of zeros, and a suffix for large ones.
fn level_code(bits: &mut BitWriter, level: i32) {
    let code = 2 * (level.unsigned_abs() - 2) + u32::from(level < 0);
    match code {
        0..14 => bits.put(1, code + 1),
        14..30 => {
            bits.put(1, 15);
            bits.put(code - 14, 4);
        }
        _ => {
            bits.put(1, 16);
            bits.put(code - 30, 12);
        }
    }
}

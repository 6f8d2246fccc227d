//! The picture: colour bars, and below them a progress bar that grows while a video plays.

/// A video colour: luma, and the two chroma differences, which must be even here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour {
    pub(super) luma: u8,
    pub(super) blue: u8,
    pub(super) red: u8,
}

impl Colour {
    /// Returns the colour in full range, as JPEG uses it: 0 to 255 rather than 16 to 235 (240 for
    /// chroma).
    pub(super) fn full_range(self) -> [u8; 3] {
        let chroma = |value: u8| stretched(i32::from(value) - 128, 224, 128);
        [
            stretched(i32::from(self.luma) - 16, 219, 0),
            chroma(self.blue),
            chroma(self.red),
        ]
    }

    /// Returns the colour in red, green and blue (ITU-R BT.601).
    pub(super) fn rgb(self) -> [u8; 3] {
        let luma = 298 * (i32::from(self.luma) - 16);
        let (blue, red) = (i32::from(self.blue) - 128, i32::from(self.red) - 128);
        [
            luma + 409 * red,
            luma - 100 * blue - 208 * red,
            luma + 516 * blue,
        ]
        .map(|sum| clamped((sum + 128) >> 8))
    }
}

fn stretched(value: i32, range: i32, zero: i32) -> u8 {
    clamped(zero + value * 255 / range)
}

fn clamped(value: i32) -> u8 {
    u8::try_from(value.clamp(0, 255)).unwrap_or_default()
}

const fn colour(luma: u8, blue: u8, red: u8) -> Colour {
    Colour { luma, blue, red }
}

const WHITE: Colour = colour(235, 128, 128);
const DARK_GREY: Colour = colour(48, 128, 128);
const BARS: [Colour; 8] = [
    WHITE,
    colour(210, 16, 146),
    colour(170, 166, 16),
    colour(145, 54, 34),
    colour(106, 202, 222),
    colour(81, 90, 240),
    colour(41, 240, 110),
    colour(16, 128, 128),
];

/// Every colour of the picture, for formats with a palette.
pub(super) fn palette() -> impl Iterator<Item = Colour> {
    BARS.into_iter().chain([DARK_GREY])
}

/// Height of the progress bar: one part in eight.
const PROGRESS_SHARE: u32 = 8;

/// Returns the colour at `column` and `row` in frame `frame` of `frames`. A place is a macroblock
/// or a sample.
pub(super) fn at(
    (column, row): (u32, u32),
    (columns, rows): (u32, u32),
    (frame, frames): (u32, u32),
) -> Colour {
    if row < rows - rows / PROGRESS_SHARE {
        bar(column, columns)
    } else if column * frames < columns * (frame + 1) {
        WHITE
    } else {
        DARK_GREY
    }
}

fn bar(column: u32, columns: u32) -> Colour {
    let share = column * 8 / columns.max(1);
    usize::try_from(share)
        .ok()
        .and_then(|index| BARS.get(index))
        .copied()
        .unwrap_or(WHITE)
}

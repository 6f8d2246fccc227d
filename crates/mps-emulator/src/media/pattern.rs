//! The picture: colour bars, and a bar below that grows while the video plays.

/// A colour as video has it: luma, and the two chroma differences, which must be even here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour {
    pub(super) luma: u8,
    pub(super) blue: u8,
    pub(super) red: u8,
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

/// The picture's share, from below, that shows how far the video is: one part in eight.
const PROGRESS_SHARE: u32 = 8;

/// What macroblock (`column`, `row`) of frame `frame` out of `frames` looks like.
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

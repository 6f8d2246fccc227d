//! An image: the colour bars, once.

use png::{BitDepth, ColorType, Compression, Encoder};
use serde::{Deserialize, Serialize};

use super::{FrameSize, RenderError, h264, jpeg, pattern};

/// An image to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Picture {
    pub(crate) size: FrameSize,
    pub(crate) format: PictureFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PictureFormat {
    Jpeg,
    Png,
}

impl PictureFormat {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

impl Picture {
    pub(super) fn render(self) -> Result<Vec<u8>, RenderError> {
        match self.format {
            PictureFormat::Jpeg => Ok(jpeg::file(self.size)),
            PictureFormat::Png => Ok(png(self.size)?),
        }
    }
}

/// Groups of equal rows of samples.
const MACROBLOCK: usize = 16;

/// With a palette the samples need a third of the bytes before compression.
fn png(size: FrameSize) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, size.width.into(), size.height.into());
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let palette: Vec<[u8; 3]> = pattern::palette().map(pattern::Colour::rgb).collect();
    encoder.set_palette(palette.concat());
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&samples(size))?;
    writer.finish()?;
    Ok(file)
}

/// Rows within a macroblock are equal, so each is computed once.
fn samples(size: FrameSize) -> Vec<u8> {
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    let grid = (u32::from(size.width), h264::macroblocks(size).1);
    let row = |row| (0..grid.0).map(move |column| sample((column, row), grid));
    let mut samples: Vec<u8> = (0..grid.1)
        .flat_map(|number| row(number).collect::<Vec<u8>>().repeat(MACROBLOCK))
        .collect();
    samples.truncate(width * height);
    samples
}

fn sample(place: (u32, u32), grid: (u32, u32)) -> u8 {
    let colour = pattern::at(place, grid, (0, 1));
    let number = pattern::palette().position(|known| known == colour);
    number
        .and_then(|number| u8::try_from(number).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn picture(size: &str, format: PictureFormat) -> Vec<u8> {
        let size = FrameSize::exact(size).unwrap();
        Picture { size, format }.render().unwrap()
    }

    fn decoded(file: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut decoder = png::Decoder::new(Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        (frame.width, frame.height, pixels)
    }

    #[test]
    fn a_png_shows_the_bars_in_the_size_that_was_asked_for() {
        for (text, width, height) in [("1024x1024", 1024, 1024), ("33x17", 33, 17)] {
            let (w, h, pixels) = decoded(&picture(text, PictureFormat::Png));
            assert_eq!((w, h), (width, height));
            let row: Vec<&[u8]> = pixels.chunks(3).take(w.try_into().unwrap()).collect();
            assert_eq!(row.first().unwrap(), &[255, 255, 255], "white");
            assert_eq!(row.last().unwrap(), &[0, 0, 0], "black");
        }
    }

    #[test]
    fn colours_match_their_names() {
        let colours: Vec<[u8; 3]> = pattern::palette().map(pattern::Colour::rgb).collect();
        let is_pure = |colour: &[u8; 3], meant: [u8; 3]| {
            colour
                .iter()
                .zip(meant)
                .all(|(is, meant)| is.abs_diff(meant) <= 3)
        };
        for (index, meant) in [[255, 255, 255], [255, 255, 0], [0, 255, 255], [0, 255, 0]]
            .into_iter()
            .enumerate()
        {
            assert!(
                is_pure(&colours[index], meant),
                "{index}: {:?}",
                colours[index]
            );
        }
    }

    #[test]
    fn the_largest_picture_stays_small() {
        for format in [PictureFormat::Jpeg, PictureFormat::Png] {
            let length = picture("4096x4096", format).len();
            assert!(length < 1_000_000, "{format:?}: {length} bytes");
        }
    }
}

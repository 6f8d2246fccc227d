//! Parses the requested size in pixels.

use std::fmt;

use serde::{Deserialize, Serialize};

const DEFAULT_SHORT_SIDE: u32 = 720;
const DEFAULT_RATIO: (u32, u32) = (16, 9);
/// The range that the encoder's arithmetic allows.
const SHORT_SIDES: std::ops::RangeInclusive<u32> = 120..=2160;
/// Up to the sides of a 4K image; below the minimum nothing is visible.
const EXACT_SIDES: std::ops::RangeInclusive<u16> = 16..=4096;
const STEEPEST_RATIO: u32 = 4;
/// The longer side of the largest size at the steepest ratio.
const MAX_SIDE: u16 = 2160 * 4;
const MAX_PIXELS: u32 = 2160 * 2160 * 4;

/// Width and height in pixels. Displayed as `1280x720`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct FrameSize {
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl FrameSize {
    /// Parses for example `720P` or `2K`, and `16:9`; the defaults are 720P and 16:9. Both sides
    /// are even, as video requires.
    ///
    /// The number before `P` is the shorter side. Returns `None` for a text that is no size.
    pub(crate) fn parse(resolution: Option<&str>, aspect_ratio: Option<&str>) -> Option<Self> {
        let short = resolution.map_or(Some(DEFAULT_SHORT_SIDE), short_side)?;
        let (width, height) = aspect_ratio.map_or(Some(DEFAULT_RATIO), ratio)?;
        let long = even(short * width.max(height), width.min(height))?;
        let short = even(short, 1)?;
        Some(if width >= height {
            Self {
                width: long,
                height: short,
            }
        } else {
            Self {
                width: short,
                height: long,
            }
        })
    }

    /// Returns whether a file of this size can be made. Snapshots can contain any value.
    pub(crate) fn is_valid(self) -> bool {
        let fits = |side| (*EXACT_SIDES.start()..=MAX_SIDE).contains(&side);
        let pixels = u32::from(self.width) * u32::from(self.height);
        fits(self.width) && fits(self.height) && pixels <= MAX_PIXELS
    }

    /// Parses `1024x768` or `1024*768`.
    pub(crate) fn exact(text: &str) -> Option<Self> {
        let (width, height) = text.split_once(['x', 'X', '*'])?;
        let side = |text: &str| text.parse().ok().filter(|side| EXACT_SIDES.contains(side));
        Some(Self {
            width: side(width)?,
            height: side(height)?,
        })
    }
}

impl fmt::Display for FrameSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

fn short_side(resolution: &str) -> Option<u32> {
    let pixels = match resolution.to_ascii_uppercase().as_str() {
        "1K" => 1080,
        "2K" => 1440,
        "4K" => 2160,
        text => text.strip_suffix('P')?.parse().ok()?,
    };
    SHORT_SIDES.contains(&pixels).then_some(pixels)
}

fn ratio(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once(':')?;
    let (width, height) = (width.parse::<u16>().ok()?, height.parse::<u16>().ok()?);
    let (width, height) = (u32::from(width), u32::from(height));
    let is_sane = width.min(height) > 0 && width.max(height) <= width.min(height) * STEEPEST_RATIO;
    is_sane.then_some((width, height))
}

/// Returns the even number nearest to a fraction: chroma has half the samples.
fn even(numerator: u32, denominator: u32) -> Option<u16> {
    let halves = (numerator + denominator) / (2 * denominator);
    u16::try_from(halves * 2).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(resolution: &str, aspect_ratio: &str) -> Option<String> {
        FrameSize::parse(Some(resolution), Some(aspect_ratio)).map(|size| size.to_string())
    }

    #[test]
    fn names_mean_the_usual_sizes() {
        assert_eq!(
            FrameSize::parse(None, None).unwrap().to_string(),
            "1280x720"
        );
        for (resolution, ratio, size) in [
            ("540P", "16:9", "960x540"),
            ("720P", "9:16", "720x1280"),
            ("720p", "1:1", "720x720"),
            ("768P", "16:9", "1366x768"),
            ("1080P", "4:3", "1440x1080"),
            ("1080P", "21:9", "2520x1080"),
            ("2K", "16:9", "2560x1440"),
            ("4K", "16:9", "3840x2160"),
        ] {
            assert_eq!(
                parsed(resolution, ratio).as_deref(),
                Some(size),
                "{resolution} {ratio}"
            );
        }
    }

    #[test]
    fn a_size_can_be_given_in_pixels() {
        let exact = |text| FrameSize::exact(text).map(|size| size.to_string());
        assert_eq!(exact("1023x768").as_deref(), Some("1023x768"));
        assert_eq!(exact("512*2048").as_deref(), Some("512x2048"));
        for text in [
            "", "x", "1024", "1024x", "0x9", "9999x512", "-16x16", "16x16x16",
        ] {
            assert_eq!(exact(text), None, "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_size_are_refused() {
        for (resolution, ratio) in [
            ("", "16:9"),
            ("720", "16:9"),
            ("0P", "16:9"),
            ("99999999999P", "16:9"),
            ("8K", "16:9"),
            ("é", "16:9"),
            ("720P", "16x9"),
            ("720P", "0:9"),
            ("720P", "100:1"),
            ("720P", "16:9:4"),
        ] {
            assert_eq!(parsed(resolution, ratio), None, "{resolution} {ratio}");
        }
    }

    #[test]
    fn every_size_is_even_and_fits() {
        for short in SHORT_SIDES {
            for ratio in ["1:4", "4:1", "3:7", "13:11", "9:16"] {
                let size = FrameSize::parse(Some(&format!("{short}P")), Some(ratio)).unwrap();
                assert_eq!((size.width % 2, size.height % 2), (0, 0), "{size}");
            }
        }
    }
}

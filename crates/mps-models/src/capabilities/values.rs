//! The types of the values in a capability table.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

/// The day of a change at one site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Day {
    /// Site: `cn` or `intl`.
    pub site: &'static str,
    /// Day, for example `2026-05-26`.
    pub day: &'static str,
}

impl Day {
    pub(crate) const fn new(site: &'static str, day: &'static str) -> Self {
        Self { site, day }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.day, self.site)
    }
}

/// Serializes days as an object with a member for each site.
pub(crate) fn by_site<S: Serializer>(days: &[Day], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(days.len()))?;
    for day in days {
        map.serialize_entry(day.site, day.day)?;
    }
    map.end()
}

/// The durations that a model accepts, in seconds.
///
/// Displays as text for people: for example, `5 or 10`, or `3 to 15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durations {
    /// One of these durations.
    Set(&'static [i64]),
    /// Any whole number of seconds in this range, both ends included.
    Range {
        /// Shortest duration.
        min: i64,
        /// Longest duration.
        max: i64,
    },
}

impl Durations {
    /// Returns whether the model accepts this duration, in seconds.
    #[must_use]
    pub fn contains(&self, seconds: i64) -> bool {
        match self {
            Self::Set(known) => known.contains(&seconds),
            Self::Range { min, max } => (*min..=*max).contains(&seconds),
        }
    }

    /// Returns the shortest and the longest duration, in seconds.
    #[must_use]
    pub fn ends(&self) -> (i64, i64) {
        match self {
            Self::Set(known) => (
                known.iter().copied().min().unwrap_or_default(),
                known.iter().copied().max().unwrap_or_default(),
            ),
            Self::Range { min, max } => (*min, *max),
        }
    }
}

impl fmt::Display for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(known) => listed(known, f),
            Self::Range { min, max } => write!(f, "{min} to {max}"),
        }
    }
}

/// Writes a list such as `5, 8 or 10`.
fn listed(items: &[impl fmt::Display], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (nth, item) in items.iter().enumerate() {
        let before = match nth {
            0 => "",
            _ if nth + 1 == items.len() => " or ",
            _ => ", ",
        };
        write!(f, "{before}{item}")?;
    }
    Ok(())
}

impl From<Durations> for Value {
    fn from(durations: Durations) -> Self {
        match durations {
            Durations::Set(known) => known.into(),
            Durations::Range { min, max } => json!({ "min": min, "max": max }),
        }
    }
}

/// Serializes as a list of numbers, or as an object with `min` and `max`.
impl Serialize for Durations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from(*self).serialize(serializer)
    }
}

/// The number of items that a model accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// Minimum, if there are any items at all; 0 by default.
    pub min: usize,
    /// Maximum; 0 if the model accepts none.
    pub max: usize,
}

impl Count {
    pub(crate) const OPEN: Self = Self {
        min: 0,
        max: usize::MAX,
    };
    #[allow(
        dead_code,
        reason = "the specification decides which columns are denied"
    )]
    pub(crate) const NONE: Self = Self { min: 0, max: 0 };
}

/// The limits of an image size in pixels, as `AdditionalParameters` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Size {
    /// Minimum of the shorter side.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_side: u64,
    /// Maximum of the longer side.
    #[serde(skip_serializing_if = "is_open")]
    pub max_side: u64,
    /// Minimum number of pixels in total.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_pixels: u64,
    /// Maximum number of pixels in total.
    #[serde(skip_serializing_if = "is_open")]
    pub max_pixels: u64,
}

impl Size {
    pub(crate) const OPEN: Self = Self {
        min_side: 0,
        max_side: u64::MAX,
        min_pixels: 0,
        max_pixels: u64::MAX,
    };
    #[allow(
        dead_code,
        reason = "the specification decides which columns are denied"
    )]
    pub(crate) const NONE: Self = Self {
        max_side: 0,
        ..Self::OPEN
    };
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_open(number: &u64) -> bool {
    *number == u64::MAX
}

/// The limits of a storyboard: a video of several shots, each with a prompt of its own, in
/// `AdditionalParameters`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Storyboard {
    /// Maximum number of shots; 0 if the model supports no storyboard.
    pub max_shots: usize,
    /// Maximum length of the prompt of a shot, in characters.
    pub max_chars: usize,
}

impl Storyboard {
    #[allow(dead_code, reason = "the specification decides which bounds are given")]
    pub(crate) const OPEN: Self = Self {
        max_shots: usize::MAX,
        max_chars: usize::MAX,
    };
    pub(crate) const NONE: Self = Self {
        max_shots: 0,
        max_chars: 0,
    };
}

/// The input that a video is generated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Mode {
    /// The prompt alone.
    Text,
    /// Reference images.
    ReferenceImages,
}

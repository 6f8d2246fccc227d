use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

/// A day on which something changed at one of the sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Day {
    /// `cn` or `intl`.
    pub site: &'static str,
    /// The day, such as `2026-05-26`.
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

/// Days as an object with a member for each site.
pub(crate) fn by_site<S: Serializer>(days: &[Day], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(days.len()))?;
    for day in days {
        map.serialize_entry(day.site, day.day)?;
    }
    map.end()
}

/// The durations a model takes, in seconds.
///
/// Displays as a person would say it: `5 or 10`, `3 to 15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durations {
    /// One of these.
    Set(&'static [i64]),
    /// Any whole number of seconds between these, both of them included.
    Range {
        /// The shortest.
        min: i64,
        /// The longest.
        max: i64,
    },
}

impl Durations {
    /// Whether the model takes this duration.
    #[must_use]
    pub fn contains(&self, seconds: i64) -> bool {
        match self {
            Self::Set(known) => known.contains(&seconds),
            Self::Range { min, max } => (*min..=*max).contains(&seconds),
        }
    }

    /// The shortest and the longest duration.
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

/// `5, 8 or 10`.
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

/// A list of numbers, or an object with `min` and `max`.
impl Serialize for Durations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from(*self).serialize(serializer)
    }
}

/// How many of something a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// The fewest, if there are any at all.
    pub min: usize,
    /// The most; zero if it takes none.
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

/// The pixels an image may have, as `AdditionalParameters` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Size {
    /// The shortest side.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_side: u64,
    /// The longest side.
    #[serde(skip_serializing_if = "is_open")]
    pub max_side: u64,
    /// The fewest pixels in all.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_pixels: u64,
    /// The most pixels in all.
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

/// A video told shot by shot, each with a prompt of its own, in `AdditionalParameters`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Storyboard {
    /// The most shots; zero if the model knows no storyboards.
    pub max_shots: usize,
    /// The most characters in the prompt of a shot.
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

/// What a video is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Mode {
    /// The prompt alone.
    Text,
    /// Reference images.
    ReferenceImages,
}

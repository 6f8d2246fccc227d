//! The learned durations of all kinds of tasks.

use std::{collections::BTreeMap, time::Duration};

use mps_models::TaskFamily;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::curve::Curve;
use crate::handle::TaskHandle;

/// Number of ended tasks from which a curve is preferred to a more general one.
const ENOUGH: f32 = 10.0;
/// Version of the stored form, which fixes the bins of a curve.
const FORMAT: u32 = 1;

/// The learned durations of tasks, by family, model and duration of the result.
///
/// A client learns them from its polls, see [`Aigc::curves`](crate::Aigc::curves). They can be stored
/// with serde and given to another client with [`PollSettings::curves`](crate::PollSettings::curves).
/// Keep those of an emulator apart from those of the service.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mps_aigc::{Curves, TaskFamily, TaskHandle};
///
/// let task = TaskHandle::new(TaskFamily::Video, "7").with_model("Kling", Some("2.6"));
/// let mut curves = Curves::new();
/// assert_eq!(curves.estimate(&task, Duration::ZERO), None);
/// (0..20).for_each(|_| curves.observe(&task, Duration::from_secs(240)));
/// let eta = curves.estimate(&task, Duration::from_secs(60)).unwrap();
/// assert!((170..190).contains(&eta.p50.as_secs()));
///
/// let stored = serde_json::to_string(&curves)?;
/// let read: Curves = serde_json::from_str(&stored)?;
/// assert!(read.estimate(&task, Duration::ZERO).is_some());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    by_kind: BTreeMap<Kind, Curve>,
    unknown: Curve,
}

/// A kind of tasks. Without seconds, of any duration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Kind {
    family: TaskFamily,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
}

/// The estimated time until a task is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Eta {
    /// Time within which half of such tasks are done.
    pub p50: Duration,
    /// Time within which nine of ten such tasks are done.
    pub p90: Duration,
}

impl Eta {
    pub(crate) fn of(curve: &Curve, age: Duration) -> Self {
        let left = |share| curve.quantile_after(age, share).saturating_sub(age);
        Self {
            p50: left(0.5),
            p90: left(0.9),
        }
    }
}

impl Curves {
    /// Returns curves without observations.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns `true` if nothing was learned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_kind.is_empty()
    }

    /// Records the duration of a task.
    pub fn observe(&mut self, task: &TaskHandle, duration: Duration) {
        self.update(task, |curve| curve.observe(duration));
    }

    /// Adds the observations of other curves.
    pub fn merge(&mut self, other: &Self) {
        for (kind, curve) in &other.by_kind {
            self.by_kind.entry(kind.clone()).or_default().merge(curve);
        }
    }

    /// Returns the curve for a task: that of its model and duration, else that of its model, else one
    /// without observations.
    #[must_use]
    pub fn curve(&self, task: &TaskHandle) -> &Curve {
        let known = Kind::of(task).map(|kind| self.by_kind.get(&kind));
        let [exact, general] = known;
        match (exact, general) {
            (Some(exact), Some(general)) if exact.observed() < ENOUGH => {
                if general.observed() >= ENOUGH {
                    general
                } else {
                    exact
                }
            }
            (Some(curve), _) | (None, Some(curve)) => curve,
            (None, None) => &self.unknown,
        }
    }

    /// Returns the estimated time until a task of an age is done, or `None` if too little is known.
    #[must_use]
    pub fn estimate(&self, task: &TaskHandle, age: Duration) -> Option<Eta> {
        let curve = self.curve(task);
        curve.is_known().then(|| Eta::of(curve, age))
    }

    pub(crate) fn update(&mut self, task: &TaskHandle, change: impl Fn(&mut Curve)) {
        let [exact, general] = Kind::of(task);
        if exact != general {
            change(self.by_kind.entry(general).or_default());
        }
        change(self.by_kind.entry(exact).or_default());
    }
}

impl Kind {
    /// Returns the kinds of a task: exact, and of any duration.
    fn of(task: &TaskHandle) -> [Self; 2] {
        let general = Self {
            family: task.family(),
            model: task.model().map(str::to_owned),
            model_version: task.model_version().map(str::to_owned),
            seconds: None,
        };
        let exact = Self {
            seconds: task.seconds(),
            ..general.clone()
        };
        [exact, general]
    }
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct Stored {
    v: u32,
    curves: Vec<StoredCurve>,
}

#[derive(Serialize, Deserialize)]
struct StoredCurve {
    #[serde(flatten)]
    kind: Kind,
    /// Number of a bin, tasks that ended in it, tasks watched through it.
    bins: Vec<(usize, f32, f32)>,
}

impl Serialize for Curves {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let stored = self.by_kind.iter().map(|(kind, curve)| StoredCurve {
            kind: kind.clone(),
            bins: curve.bins().map(rounded).collect(),
        });
        let stored = Stored {
            v: FORMAT,
            curves: stored.collect(),
        };
        stored.serialize(to)
    }
}

/// Weights need no more than two decimals.
fn rounded((bin, events, exposure): (usize, f32, f32)) -> (usize, f32, f32) {
    let round = |weight: f32| (weight * 100.0).round() / 100.0;
    (bin, round(events), round(exposure))
}

impl<'de> Deserialize<'de> for Curves {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(from)?;
        if stored.v != FORMAT {
            let message = format!(
                "the learned durations have format {}, and this version reads format {FORMAT}",
                stored.v
            );
            return Err(de::Error::custom(message));
        }
        let curves = stored.curves.into_iter();
        let curves = curves.map(|stored| (stored.kind, Curve::from_bins(stored.bins)));
        Ok(Self {
            by_kind: curves.collect(),
            unknown: Curve::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(seconds: u32) -> TaskHandle {
        let task = TaskHandle::new(TaskFamily::Video, "7").with_model("Kling", Some("2.6"));
        task.with_seconds(seconds)
    }

    #[test]
    fn an_exact_curve_is_used_when_it_has_enough_observations() {
        let mut curves = Curves::new();
        (0..20).for_each(|_| curves.observe(&task(10), Duration::from_secs(400)));
        let median =
            |curves: &Curves, seconds| curves.curve(&task(seconds)).quantile(0.5).as_secs();
        assert!((380..420).contains(&median(&curves, 5)));
        (0..20).for_each(|_| curves.observe(&task(5), Duration::from_secs(100)));
        assert!((90..110).contains(&median(&curves, 5)));
        assert!((380..420).contains(&median(&curves, 10)));
        let other = TaskHandle::new(TaskFamily::Video, "8").with_model("Vidu", None);
        assert_eq!(curves.estimate(&other, Duration::ZERO), None);
    }

    #[test]
    fn curves_can_be_stored_and_merged() {
        let mut curves = Curves::new();
        (0..9).for_each(|_| curves.observe(&task(5), Duration::from_secs(100)));
        let json = serde_json::to_string(&curves).unwrap();
        let mut read: Curves = serde_json::from_str(&json).unwrap();
        let median = |curves: &Curves| curves.curve(&task(5)).quantile(0.5).as_millis();
        assert!(median(&read).abs_diff(median(&curves)) < 10);
        read.merge(&curves);
        assert!((17.0..19.0).contains(&read.curve(&task(5)).observed()));
        let newer = json.replace("\"v\":1", "\"v\":2");
        let error = serde_json::from_str::<Curves>(&newer)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("the learned durations have format 2"),
            "{error}"
        );
    }
}

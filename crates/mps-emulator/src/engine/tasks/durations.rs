//! Task times by family and model; the seed selects a value in each range.

use std::{ops::RangeInclusive, time::Duration};

use sha2::{Digest, Sha256};

use mps_models::TaskFamily;

use super::Times;

/// Ranges for the waiting and the running time of a task. The same seed selects the same times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    wait: RangeInclusive<Duration>,
    run: RangeInclusive<Duration>,
}

impl Spread {
    /// Returns a spread of two ranges, the time in the queue and the running time. A range that
    /// ends before it begins counts as its beginning.
    #[must_use]
    pub fn new(wait: RangeInclusive<Duration>, run: RangeInclusive<Duration>) -> Self {
        Self { wait, run }
    }

    /// Returns a spread with the same times for every task.
    #[must_use]
    pub fn fixed(wait: Duration, run: Duration) -> Self {
        Self::new(wait..=wait, run..=run)
    }

    /// Returns the spread with another waiting time.
    #[must_use]
    pub fn with_wait(self, wait: RangeInclusive<Duration>) -> Self {
        Self { wait, ..self }
    }

    /// Returns the spread with another running time.
    #[must_use]
    pub fn with_run(self, run: RangeInclusive<Duration>) -> Self {
        Self { run, ..self }
    }
}

/// Task times: a default spread, overrides for families and models, and the extra waiting
/// time of off-peak tasks.
///
/// # Examples
/// For example, realistic times except for one model:
/// ```
/// use std::time::Duration;
/// use mps_emulator::{Durations, Emulator, Spread, TaskFamily};
///
/// let seconds = Duration::from_secs;
/// let durations = Durations::realistic()
///     .model(TaskFamily::Video, "Kling", Spread::fixed(seconds(5), seconds(90)));
/// let service = Emulator::builder().durations(durations).service();
/// # drop(service);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durations {
    default: Spread,
    families: Vec<(TaskFamily, Spread)>,
    models: Vec<(TaskFamily, String, Spread)>,
    off_peak: RangeInclusive<Duration>,
}

const OFF_PEAK: RangeInclusive<Duration> =
    Duration::from_secs(3_600)..=Duration::from_secs(8 * 3_600);

impl Durations {
    /// The longest waiting time of an off-peak task, which is done within 48 hours or cancelled
    /// (API description of 2026-10-26).
    pub const MAX_OFF_PEAK: Duration = Duration::from_secs(48 * 3_600);

    /// Returns durations with one spread for every task.
    #[must_use]
    pub fn new(default: Spread) -> Self {
        Self {
            default,
            families: Vec::new(),
            models: Vec::new(),
            off_peak: OFF_PEAK,
        }
    }

    /// Returns durations with the same times for every task.
    #[must_use]
    pub fn fixed(wait: Duration, run: Duration) -> Self {
        Self::new(Spread::fixed(wait, run))
    }

    /// Returns realistic times: about a minute for a video, seconds for an image. Estimated from
    /// the polling of the vendor's own scripts: every 10 s for up to 30 minutes for a video, every
    /// 5 s for up to 5 minutes for an image.
    #[must_use]
    pub fn realistic() -> Self {
        Self::new(between([2, 20], [40, 180]))
            .family(TaskFamily::Image, between([1, 5], [8, 40]))
            .family(TaskFamily::Audio, between([1, 10], [20, 90]))
            .family(TaskFamily::Scenario, between([5, 60], [180, 900]))
    }

    /// Sets the spread of a family. Default: the spread of all tasks.
    #[must_use]
    pub fn family(mut self, family: TaskFamily, spread: Spread) -> Self {
        self.families.retain(|(known, _)| *known != family);
        self.families.push((family, spread));
        self
    }

    /// Sets the spread of a family's tasks that name this model. Default: the family's spread.
    #[must_use]
    pub fn model(mut self, family: TaskFamily, model: impl Into<String>, spread: Spread) -> Self {
        let model = model.into();
        self.models
            .retain(|(known, name, _)| (*known, name.as_str()) != (family, &model));
        self.models.push((family, model, spread));
        self
    }

    /// Returns the spread for a family and model: the model's, else the family's, else the default.
    #[must_use]
    pub fn of(&self, family: TaskFamily, model: Option<&str>) -> &Spread {
        let own = self
            .models
            .iter()
            .find(|(known, name, _)| *known == family && Some(name.as_str()) == model)
            .map(|(_, _, spread)| spread);
        let shared = || self.families.iter().find(|(known, _)| *known == family);
        own.or_else(|| shared().map(|(_, spread)| spread))
            .unwrap_or(&self.default)
    }

    /// Sets the extra waiting time of a video with `OffPeak`. Default: 1 to 8 hours; at most 48.
    #[must_use]
    pub fn off_peak(mut self, wait: RangeInclusive<Duration>) -> Self {
        self.off_peak = wait;
        self
    }

    /// Returns the times of one task; `id` selects them from the ranges.
    pub(crate) fn times(&self, kind: &TaskKind<'_>, id: &str) -> Times {
        let spread = self.of(kind.family, kind.model);
        let mut wait = pick(&spread.wait, id, "wait");
        if kind.is_off_peak {
            let more = pick(&self.off_peak, id, "off-peak");
            wait = wait.saturating_add(more).min(Self::MAX_OFF_PEAK);
        }
        Times {
            wait,
            run: pick(&spread.run, id, "run"),
        }
    }
}

impl Default for Durations {
    /// Returns quick times: 1 s waiting, 2 s running.
    fn default() -> Self {
        Self::fixed(Duration::from_secs(1), Duration::from_secs(2))
    }
}

/// The facts that determine how long a task takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaskKind<'a> {
    pub(crate) family: TaskFamily,
    pub(crate) model: Option<&'a str>,
    pub(crate) is_off_peak: bool,
}

fn between(wait: [u64; 2], run: [u64; 2]) -> Spread {
    let range = |[least, most]: [u64; 2]| Duration::from_secs(least)..=Duration::from_secs(most);
    Spread::new(range(wait), range(run))
}

/// Returns a time in the range. Ids depend on the seed, and so does this time.
fn pick(range: &RangeInclusive<Duration>, id: &str, what: &str) -> Duration {
    let room = range.end().saturating_sub(*range.start());
    if room.is_zero() {
        return *range.start();
    }
    let digest = Sha256::new().chain_update(id).chain_update(what).finalize();
    let share = digest
        .iter()
        .take(4)
        .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    let extra = room.as_secs_f64() * f64::from(share) / f64::from(u32::MAX);
    let extra = Duration::try_from_secs_f64(extra).unwrap_or(room).min(room);
    range.start().saturating_add(extra)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIDEO: TaskKind<'static> = TaskKind {
        family: TaskFamily::Video,
        model: Some("Kling"),
        is_off_peak: false,
    };

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_model_overrides_its_family_and_a_family_the_default() {
        let fixed = |run| Spread::fixed(seconds(0), seconds(run));
        let durations = Durations::new(fixed(1))
            .family(TaskFamily::Video, fixed(2))
            .model(TaskFamily::Video, "Kling", fixed(7))
            .model(TaskFamily::Video, "Kling", fixed(3));
        let run = |kind: TaskKind<'_>| durations.times(&kind, "id").run;
        assert_eq!(run(VIDEO), seconds(3));
        assert_eq!(
            run(TaskKind {
                model: Some("Vidu"),
                ..VIDEO
            }),
            seconds(2)
        );
        assert_eq!(
            run(TaskKind {
                model: None,
                ..VIDEO
            }),
            seconds(2)
        );
        assert_eq!(
            run(TaskKind {
                family: TaskFamily::Image,
                ..VIDEO
            }),
            seconds(1)
        );
    }

    #[test]
    fn half_of_a_spread_can_be_changed() {
        let spread = Spread::fixed(seconds(1), seconds(2));
        let wait = spread.clone().with_wait(seconds(5)..=seconds(6));
        assert_eq!(
            wait,
            Spread::new(seconds(5)..=seconds(6), seconds(2)..=seconds(2))
        );
        assert_eq!(
            wait.with_wait(seconds(1)..=seconds(1))
                .with_run(seconds(2)..=seconds(2)),
            spread
        );
    }

    #[test]
    fn times_fill_their_ranges_and_are_the_same_for_the_same_task() {
        let durations = Durations::realistic();
        let runs: Vec<u64> = (0..200)
            .map(|number| durations.times(&VIDEO, &number.to_string()).run.as_secs())
            .collect();
        assert!(runs.iter().all(|run| (40..=180).contains(run)), "{runs:?}");
        assert!(runs.iter().any(|run| *run < 55) && runs.iter().any(|run| *run > 165));
        assert_eq!(durations.times(&VIDEO, "7"), durations.times(&VIDEO, "7"));
    }

    #[test]
    fn an_off_peak_task_waits_for_hours_but_not_for_days() {
        let kind = TaskKind {
            is_off_peak: true,
            ..VIDEO
        };
        let wait = Durations::default().times(&kind, "id").wait;
        assert!(
            (seconds(3_601)..=seconds(8 * 3_600 + 1)).contains(&wait),
            "{wait:?}"
        );
        let forever = Durations::default().off_peak(Duration::MAX..=Duration::MAX);
        assert_eq!(forever.times(&kind, "id").wait, Durations::MAX_OFF_PEAK);
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_its_beginning() {
        let spread = Spread::new(seconds(5)..=seconds(1), seconds(0)..=seconds(0));
        assert_eq!(Durations::new(spread).times(&VIDEO, "id").wait, seconds(5));
    }
}

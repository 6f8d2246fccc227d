//! The distribution of the durations of tasks, learned from polls.

use std::{fmt, time::Duration};

mod piece;

use self::piece::{BINS, NEGLIGIBLE, Piece, bin, edge};

/// Share of tasks that end in a bin which nothing was learned of: the hazard of a power law, which
/// fits no duration better than another. The first poll comes after 0.7 s, and pauses grow with the
/// square root of the age.
const PRIOR_HAZARD: f64 = 0.017;
/// Weight of that assumption, in tasks.
const PRIOR_WEIGHT: f64 = 1.0;
/// Number of tasks in a bin from which older ones are forgotten, so that the curve follows the service.
const MEMORY: f64 = 300.0;
/// Number of tasks from which a curve is used for estimates.
const ENOUGH: f64 = 3.0;

/// The learned distribution of the durations of tasks of one kind: a hazard per bin of the age.
///
/// A poll says that a task was pending at one age and, at a later one, pending or done. Both are
/// counted, so that tasks which are still pending do not bias the curve. A curve without observations
/// assumes a power law.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mps_aigc::Curve;
///
/// let mut curve = Curve::new();
/// for seconds in 220..260 {
///     curve.observe(Duration::from_secs(seconds));
/// }
/// let median = curve.quantile(0.5).as_secs();
/// assert!((230..250).contains(&median));
/// assert!(curve.quantile(0.1) < curve.quantile(0.9));
/// ```
#[derive(Clone, PartialEq)]
pub struct Curve {
    /// Number of tasks that ended in a bin.
    events: Box<[f32]>,
    /// Number of tasks that were watched through a bin.
    exposure: Box<[f32]>,
    /// Probability to be pending at the lower edge of a bin, and at the end of the last one.
    survival: Box<[f64]>,
    /// Number of tasks that were seen to end.
    observed: f32,
}

impl Curve {
    /// Returns a curve without observations.
    #[must_use]
    pub fn new() -> Self {
        let mut curve = Self {
            events: vec![0.0; BINS].into(),
            exposure: vec![0.0; BINS].into(),
            survival: vec![1.0; BINS + 1].into(),
            observed: 0.0,
        };
        curve.refresh();
        curve
    }

    /// Records the duration of a task.
    pub fn observe(&mut self, duration: Duration) {
        self.observe_between(duration, duration);
    }

    /// Records that a task ended between two ages.
    pub fn observe_between(&mut self, pending: Duration, done: Duration) {
        let (low, high) = ordered(pending, done);
        self.record_watched(0.0, low, |_| 1.0);
        self.record_end(low, high);
        self.refresh();
    }

    /// Records that a task was pending at two ages.
    pub(crate) fn record_pending(&mut self, before: Duration, now: Duration) {
        let (low, high) = ordered(before, now);
        self.record_watched(low, high, |_| 1.0);
        self.refresh();
    }

    /// Records that a task that was pending at one age was done at another.
    pub(crate) fn record_done(&mut self, pending: Duration, done: Duration) {
        let (low, high) = ordered(pending, done);
        self.record_end(low, high);
        self.refresh();
    }

    /// Returns the number of tasks that were seen to end, of those that are not forgotten.
    #[must_use]
    pub fn observed(&self) -> f32 {
        self.observed
    }

    /// Returns whether enough was observed for an estimate that is worth showing.
    #[must_use]
    pub fn is_known(&self) -> bool {
        f64::from(self.observed) >= ENOUGH
    }

    /// Returns the age at which a share of all tasks is done, from 0 to 1.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        self.quantile_after(Duration::ZERO, share)
    }

    /// Returns the age at which a share of those tasks is done that are pending at `age`.
    #[must_use]
    pub fn quantile_after(&self, age: Duration, share: f64) -> Duration {
        let age = age.as_secs_f64();
        let target = self.survives(age) * (1.0 - share.clamp(0.0, 1.0));
        let reached = self.pieces(age).find(|piece| piece.to_survival <= target);
        let at = reached.map_or(f64::MAX, |piece| piece.age_at(target));
        duration(at.max(age))
    }

    /// Returns the expected delay between the end of a task and a poll at `now`, if it was pending at
    /// `pending`: zero if it cannot have ended, the whole time if it must have ended at once.
    #[must_use]
    pub fn expected_delay(&self, pending: Duration, now: Duration) -> Duration {
        let (low, high) = ordered(pending, now);
        let survival = self.survives(low);
        if survival <= NEGLIGIBLE {
            return duration(high - low);
        }
        let pieces = self.pieces(low).take_while(|piece| piece.from < high);
        let delays = pieces.map(|piece| piece.until(high).delay(survival));
        let last = edge(BINS);
        duration(delays.sum::<f64>() + (high - low.max(last)).max(0.0))
    }

    /// Returns the age at which the expected delay of a task that was pending at `pending` reaches
    /// `delay`.
    #[must_use]
    pub fn age_of_delay(&self, pending: Duration, delay: Duration) -> Duration {
        let (low, mut left) = (pending.as_secs_f64(), delay.as_secs_f64());
        let survival = self.survives(low);
        if survival <= NEGLIGIBLE {
            return pending.saturating_add(delay);
        }
        let mut end = low;
        for piece in self.pieces(low) {
            let whole = piece.delay(survival);
            if whole >= left {
                return duration(piece.from + piece.time_of_delay(survival, left));
            }
            left -= whole;
            end = piece.to;
        }
        duration(end + left)
    }

    /// Adds the observations of another curve.
    pub fn merge(&mut self, other: &Self) {
        let add = |to: &mut [f32], from: &[f32]| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        };
        add(&mut self.events, &other.events);
        add(&mut self.exposure, &other.exposure);
        self.observed += other.observed;
        (0..BINS).for_each(|bin| self.forget(bin));
        self.refresh();
    }

    /// Returns the bins of which something is known: number, tasks that ended, tasks watched.
    pub(super) fn bins(&self) -> impl Iterator<Item = (usize, f32, f32)> + '_ {
        let both = self.events.iter().zip(&self.exposure);
        both.enumerate()
            .map(|(bin, (events, exposure))| (bin, *events, *exposure))
            .filter(|(_, events, exposure)| *events > 0.0 || *exposure > 0.0)
    }

    /// Returns a curve with such bins. Bins that do not exist and numbers that are not positive are
    /// left out.
    pub(super) fn from_bins(bins: impl IntoIterator<Item = (usize, f32, f32)>) -> Self {
        let mut curve = Self::new();
        let sane = |number: f32| number.is_finite() && number >= 0.0;
        for (bin, events, exposure) in bins {
            let slots = (curve.events.get_mut(bin), curve.exposure.get_mut(bin));
            let (Some(to_events), Some(to_exposure)) = slots else {
                continue;
            };
            if sane(events) && sane(exposure) {
                (*to_events, *to_exposure) = (events, exposure);
                curve.observed += events;
                curve.forget(bin);
            }
        }
        curve.refresh();
        curve
    }

    fn record_end(&mut self, low: f64, high: f64) {
        let (before, after) = (self.survives(low), self.survives(high));
        let mass = before - after;
        self.observed += 1.0;
        if mass <= NEGLIGIBLE {
            self.record_watched(low, high, |_| 1.0);
            self.add_event(bin(high), 1.0);
            return;
        }
        // The end is spread over the interval as the curve so far has it.
        let known = self.clone();
        self.record_watched(low, high, |age| {
            ((known.survives(age) - after) / mass).clamp(0.0, 1.0)
        });
        for piece in known.pieces(low).take_while(|piece| piece.from < high) {
            let piece_end = piece.until(high);
            let share = (piece_end.from_survival - piece_end.to_survival) / mass;
            self.add_event(piece.bin, share);
        }
    }

    /// Adds to the time that tasks were watched; `share` is the probability to be pending at an age.
    fn record_watched(&mut self, low: f64, high: f64, share: impl Fn(f64) -> f64) {
        for bin in bin(low)..=bin(high) {
            let (from, to) = (edge(bin), edge(bin + 1));
            let (begin, end) = (from.max(low), to.min(high));
            if end > begin {
                let part = (end - begin) / (to - from) * share(f64::midpoint(begin, end));
                if let Some(exposure) = self.exposure.get_mut(bin) {
                    *exposure += narrow(part);
                }
                self.forget(bin);
            }
        }
    }

    fn add_event(&mut self, bin: usize, share: f64) {
        if let Some(events) = self.events.get_mut(bin) {
            *events += narrow(share);
        }
    }

    /// Halves the weight of a bin that has enough of it.
    fn forget(&mut self, bin: usize) {
        let both = (self.events.get_mut(bin), self.exposure.get_mut(bin));
        if let (Some(events), Some(exposure)) = both {
            while f64::from(*exposure) > MEMORY {
                *exposure /= 2.0;
                *events /= 2.0;
            }
        }
    }

    fn refresh(&mut self) {
        let mut hazard = 0.0;
        let both = self.events.iter().zip(&self.exposure);
        for (survival, (events, exposure)) in self.survival.iter_mut().zip(both) {
            *survival = f64::exp(-hazard);
            let ended = f64::from(*events) + PRIOR_HAZARD * PRIOR_WEIGHT;
            hazard += ended / (f64::from(*exposure) + PRIOR_WEIGHT);
        }
        if let Some(last) = self.survival.last_mut() {
            *last = f64::exp(-hazard);
        }
    }

    fn survives(&self, age: f64) -> f64 {
        let first = self.pieces(age).next();
        first.map_or_else(|| self.survival_at(BINS), |piece| piece.from_survival)
    }

    fn survival_at(&self, edge: usize) -> f64 {
        self.survival.get(edge).copied().unwrap_or_default()
    }

    /// Returns the pieces of the survival function from an age on, each of them linear.
    fn pieces(&self, age: f64) -> impl Iterator<Item = Piece> + '_ {
        let first = bin(age);
        (first..BINS).filter_map(move |bin| {
            let whole = Piece {
                bin,
                from: edge(bin),
                to: edge(bin + 1),
                from_survival: self.survival_at(bin),
                to_survival: self.survival_at(bin + 1),
            };
            whole.after(age)
        })
    }
}

fn ordered(low: Duration, high: Duration) -> (f64, f64) {
    (low.as_secs_f64(), high.max(low).as_secs_f64())
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a weight needs no more digits"
)]
fn narrow(weight: f64) -> f32 {
    weight as f32
}

impl Default for Curve {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Curve")
            .field("observed", &self.observed)
            .field("p10", &self.quantile(0.1))
            .field("p50", &self.quantile(0.5))
            .field("p90", &self.quantile(0.9))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn curve() -> impl Strategy<Value = Curve> {
        proptest::collection::vec((1_u64..5_000_000, 0_u64..60_000), 0..60).prop_map(|tasks| {
            let mut curve = Curve::new();
            for (millis, width) in tasks {
                let low = Duration::from_millis(millis);
                curve.observe_between(low, low + Duration::from_millis(width));
            }
            curve
        })
    }

    proptest! {
        #[test]
        fn quantiles_are_ordered_and_after_the_age(curve in curve(), age in 0_u64..10_000) {
            let age = Duration::from_secs(age);
            let at = |share| curve.quantile_after(age, share);
            prop_assert!(age <= at(0.1) && at(0.1) <= at(0.5) && at(0.5) <= at(0.9));
        }

        #[test]
        fn the_age_of_a_delay_has_that_delay(curve in curve(), age in 0_u64..5_000, delay in 1_u64..100_000) {
            let (age, delay) = (Duration::from_secs(age), Duration::from_millis(delay));
            let at = curve.age_of_delay(age, delay);
            let found = curve.expected_delay(age, at).as_secs_f64();
            prop_assert!((found / delay.as_secs_f64() - 1.0).abs() < 0.01, "{found} {delay:?}");
        }

        #[test]
        fn an_expected_delay_grows_and_is_no_longer_than_the_time(curve in curve(), age in 0_u64..5_000, by in 0_u64..5_000) {
            let (age, by) = (Duration::from_secs(age), Duration::from_secs(by));
            let delay = curve.expected_delay(age, age + by);
            prop_assert!(delay <= by + Duration::from_millis(1));
            prop_assert!(delay <= curve.expected_delay(age, age + by * 2) + Duration::from_millis(1));
        }

        #[test]
        fn bins_read_back(curve in curve()) {
            let read = Curve::from_bins(curve.bins());
            prop_assert_eq!(read.quantile(0.5), curve.quantile(0.5));
        }
    }

    #[test]
    fn tasks_that_are_still_pending_do_not_bias_a_curve() {
        let seconds = Duration::from_secs;
        // 10 tasks take 100 s and 90 tasks 1,000 s; seen after 500 s.
        let mut curve = Curve::new();
        (0..10).for_each(|_| curve.observe(seconds(100)));
        (0..90).for_each(|_| curve.record_pending(Duration::ZERO, seconds(500)));
        let done_by_500 = 1.0 - curve.survives(500.0);
        assert!((0.08..0.14).contains(&done_by_500), "{done_by_500}");
    }

    #[test]
    fn an_unknown_curve_is_polled_early_and_then_with_growing_pauses() {
        let curve = Curve::new();
        assert!(!curve.is_known());
        let first = curve.quantile(0.1);
        assert!(first < Duration::from_secs(1), "{first:?}");
        let pause = |age| {
            let age = Duration::from_secs(age);
            curve
                .age_of_delay(age, Duration::from_millis(100))
                .abs_diff(age)
        };
        assert!(pause(2) < Duration::from_secs(2));
        assert!(pause(100) > pause(10) && pause(100) < Duration::from_secs(15));
    }
}

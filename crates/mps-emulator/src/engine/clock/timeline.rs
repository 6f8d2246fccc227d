//! Virtual time as a linear function of the machine's time. Each change starts a new line at the
//! present.

use std::time::{Duration, SystemTime};

use mps_core::clock::Clock;
use serde::{Deserialize, Serialize};

use super::{Change, checked_rate};

/// The end of time: far beyond any test, and within the range of every clock and date.
const MAX_TIME: Duration = Duration::from_secs(1_000 * 365 * 86_400);

/// Both sides of the machine's clock at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) monotonic: Duration,
    pub(super) wall: SystemTime,
}

impl Reading {
    pub(super) fn of(clock: &dyn Clock) -> Self {
        Self {
            monotonic: clock.monotonic(),
            wall: clock.wall(),
        }
    }
}

/// A point in time, and the rate from there on.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    /// The machine's time at the point.
    base: Reading,
    /// Virtual time at the point.
    now: Duration,
    /// The virtual wall clock at the point.
    wall: SystemTime,
    /// The machine's time since the emulator was created, at the point.
    uptime: Duration,
    rate: f64,
    is_frozen: bool,
}

/// A serialized [`Timeline`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedTimeline {
    pub(crate) now: Duration,
    pub(crate) wall: SystemTime,
    pub(crate) uptime: Duration,
    pub(crate) rate: f64,
    pub(crate) frozen: bool,
    /// The machine's wall clock, from which a later run computes the elapsed time.
    pub(crate) machine_wall: SystemTime,
}

impl SavedTimeline {
    /// Returns whether a clock can have written these values.
    pub(crate) fn is_valid(&self) -> bool {
        checked_rate(self.rate).is_ok() && self.now <= MAX_TIME && self.uptime <= MAX_TIME
    }
}

impl Timeline {
    pub(super) fn starting(base: Reading) -> Self {
        Self {
            base,
            now: Duration::ZERO,
            wall: base.wall,
            uptime: Duration::ZERO,
            rate: 1.0,
            is_frozen: false,
        }
    }

    /// Continues a saved timeline. A clock that was not frozen has run on meanwhile.
    pub(super) fn restored(saved: &SavedTimeline, base: Reading) -> Self {
        let away = base.wall.duration_since(saved.machine_wall);
        let away = away.unwrap_or_default();
        let mut timeline = Self {
            base,
            now: saved.now,
            wall: saved.wall,
            uptime: saved.uptime.saturating_add(away).min(MAX_TIME),
            rate: saved.rate,
            is_frozen: saved.frozen,
        };
        timeline.skip(timeline.passed(away));
        timeline
    }

    pub(super) fn save(&self, base: Reading) -> SavedTimeline {
        SavedTimeline {
            now: self.now(base.monotonic),
            wall: self.wall(base),
            uptime: self.uptime(base.monotonic),
            rate: self.rate,
            frozen: self.is_frozen,
            machine_wall: base.wall,
        }
    }

    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.is_frozen
    }

    pub(super) fn now(&self, monotonic: Duration) -> Duration {
        let passed = self.passed(self.since(monotonic));
        self.now.saturating_add(passed).min(MAX_TIME)
    }

    /// At rate 1 the virtual wall clock follows the machine's, jumps included, so that it stays
    /// right after the machine has slept. At any other rate it follows the monotonic clock.
    pub(super) fn wall(&self, base: Reading) -> SystemTime {
        if self.is_real() {
            moved(base.wall, self.base.wall, self.wall)
        } else {
            let passed = self.now(base.monotonic).saturating_sub(self.now);
            self.wall.checked_add(passed).unwrap_or(self.wall)
        }
    }

    pub(super) fn uptime(&self, monotonic: Duration) -> Duration {
        self.uptime.saturating_add(self.since(monotonic))
    }

    /// Starts a new line at the present, so that only `advance` moves time.
    pub(super) fn change(&mut self, change: Change, base: Reading) {
        (self.now, self.wall, self.uptime, self.base) = (
            self.now(base.monotonic),
            self.wall(base),
            self.uptime(base.monotonic),
            base,
        );
        self.skip(change.advance);
        self.rate = change.rate.unwrap_or(self.rate);
        self.is_frozen = change.freeze.unwrap_or(self.is_frozen);
    }

    fn skip(&mut self, by: Duration) {
        let end = self.now.saturating_add(by).min(MAX_TIME);
        let wall = self.wall.checked_add(end.saturating_sub(self.now));
        (self.now, self.wall) = (end, wall.unwrap_or(self.wall));
    }

    fn since(&self, monotonic: Duration) -> Duration {
        monotonic.saturating_sub(self.base.monotonic)
    }

    /// Returns the virtual time that passes in a span of the machine's time.
    fn passed(&self, elapsed: Duration) -> Duration {
        if self.is_frozen {
            Duration::ZERO
        } else if self.is_real() {
            elapsed
        } else {
            Duration::try_from_secs_f64(elapsed.as_secs_f64() * self.rate).unwrap_or(MAX_TIME)
        }
    }

    fn is_real(&self) -> bool {
        !self.is_frozen && (self.rate - 1.0).abs() < f64::EPSILON
    }
}

/// Returns `wall` moved by the difference between `from` and `to`.
fn moved(to: SystemTime, from: SystemTime, wall: SystemTime) -> SystemTime {
    let there = match to.duration_since(from) {
        Ok(forward) => wall.checked_add(forward),
        Err(back) => wall.checked_sub(back.duration()),
    };
    there.unwrap_or(wall)
}

#[cfg(test)]
mod tests {
    use mps_core::clock::TestClock;
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A timeline over a clock that a test advances.
    struct Case {
        clock: TestClock,
        timeline: Timeline,
    }

    impl Case {
        fn new() -> Self {
            let clock = TestClock::new(1_000_000);
            let timeline = Timeline::starting(Reading::of(&clock));
            Self { clock, timeline }
        }

        fn change(&mut self, change: Change) {
            self.timeline.change(change, Reading::of(&self.clock));
        }

        /// Returns virtual time, and the progress of the virtual wall clock.
        fn shown(&self) -> (Duration, Duration) {
            let start = SystemTime::UNIX_EPOCH + seconds(1_000_000);
            let base = Reading::of(&self.clock);
            let wall = self.timeline.wall(base).duration_since(start);
            (self.timeline.now(base.monotonic), wall.unwrap())
        }
    }

    #[test]
    fn time_runs_at_its_rate_and_can_be_frozen() {
        let mut case = Case::new();
        case.clock.advance(seconds(5));
        assert_eq!(case.shown(), (seconds(5), seconds(5)));
        case.change(Change {
            rate: Some(60.0),
            ..Change::default()
        });
        case.clock.advance(seconds(2));
        assert_eq!(case.shown(), (seconds(125), seconds(125)));
        case.change(Change {
            freeze: Some(true),
            advance: HOUR,
            ..Change::default()
        });
        case.clock.advance(seconds(100));
        assert_eq!(case.shown(), (seconds(3_725), seconds(3_725)));
        case.change(Change {
            freeze: Some(false),
            ..Change::default()
        });
        case.clock.advance(seconds(1));
        assert_eq!(case.shown(), (seconds(3_785), seconds(3_785)));
        assert_eq!(
            case.timeline.uptime(case.clock.monotonic()),
            seconds(108),
            "the machine's time knows nothing of it"
        );
    }

    #[test]
    fn at_the_machines_pace_the_wall_follows_its_jumps() {
        let mut case = Case::new();
        case.change(Change {
            advance: HOUR,
            ..Change::default()
        });
        case.clock.set_wall(1_000_000 + 600);
        assert_eq!(case.shown(), (HOUR, HOUR + seconds(600)));
        case.change(Change {
            freeze: Some(true),
            ..Change::default()
        });
        case.clock.set_wall(1_000_000);
        assert_eq!(
            case.shown(),
            (HOUR, HOUR + seconds(600)),
            "frozen is frozen"
        );
    }

    #[test]
    fn time_has_an_end() {
        let mut case = Case::new();
        case.change(Change {
            advance: Duration::MAX,
            rate: Some(100_000.0),
            ..Change::default()
        });
        case.clock.advance(HOUR);
        assert_eq!(case.shown(), (MAX_TIME, MAX_TIME));
    }

    #[test]
    fn a_restored_clock_includes_the_time_since_the_save() {
        let mut case = Case::new();
        case.change(Change {
            advance: HOUR,
            rate: Some(10.0),
            ..Change::default()
        });
        let saved = case.timeline.save(Reading::of(&case.clock));
        let other = TestClock::new(1_000_000 + 30);
        other.advance(seconds(0));
        case.timeline = Timeline::restored(&saved, Reading::of(&other));
        case.clock = other;
        assert_eq!(case.shown(), (HOUR + seconds(300), HOUR + seconds(300)));
        assert_eq!(case.timeline.uptime(Duration::ZERO), seconds(30));
    }

    #[test]
    fn a_frozen_clock_is_restored_to_the_moment() {
        let mut case = Case::new();
        case.change(Change {
            advance: HOUR,
            freeze: Some(true),
            ..Change::default()
        });
        let saved = case.timeline.save(Reading::of(&case.clock));
        case.clock.advance(HOUR);
        case.timeline = Timeline::restored(&saved, Reading::of(&case.clock));
        assert_eq!(case.shown(), (HOUR, HOUR));
    }

    proptest! {
        #[test]
        fn no_change_takes_time_back(
            changes in proptest::collection::vec(
                (0_u64..5_000, 0_u64..5_000, proptest::option::of(0.001..100_000.0), any::<Option<bool>>()),
                0..40,
            ),
        ) {
            let mut case = Case::new();
            let mut last = case.shown();
            for (pass, advance, rate, freeze) in changes {
                case.clock.advance(Duration::from_millis(pass));
                let before = case.shown();
                case.change(Change { advance: Duration::from_millis(advance), rate, freeze });
                let after = case.shown();
                prop_assert!(last <= before && before <= after, "{last:?} {before:?} {after:?}");
                prop_assert_eq!(after.0.saturating_sub(before.0), Duration::from_millis(advance));
                last = after;
            }
        }
    }
}

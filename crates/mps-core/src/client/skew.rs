//! How far this machine's clock is off, learned from the service's own.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime},
};

use crate::clock::{shifted, unix_seconds};

/// More than this is not a clock that is off, or set to another time zone, but an answer that is
/// wrong; following it would sign requests that somebody could use much later.
pub(super) const REMOTE_BOUND: Duration = Duration::from_secs(24 * 60 * 60);
/// The clock of an emulator can be moved at will, twelve hours and more at a time, and what is
/// signed for it is worth nothing anywhere else. Ten years.
pub(super) const CONFINED_BOUND: Duration = Duration::from_secs(3_650 * 24 * 60 * 60);

/// An offset in seconds, shared by all clones of a client.
#[derive(Debug)]
pub(super) struct Skew {
    offset_s: AtomicI64,
    bound_s: u64,
}

impl Skew {
    /// None yet, and never more than `bound`.
    pub(super) fn within(bound: Duration) -> Self {
        Self {
            offset_s: AtomicI64::new(0),
            bound_s: bound.as_secs(),
        }
    }

    /// What the service's clock shows when this machine's shows `machine`.
    pub(super) fn correct(&self, machine: SystemTime) -> SystemTime {
        shifted(machine, self.offset_s())
    }

    /// Follows the service's clock; the new offset, or `None` when it teaches nothing.
    pub(super) fn learn(&self, service: SystemTime, machine: SystemTime) -> Option<i64> {
        let offset = unix_seconds(service).saturating_sub(unix_seconds(machine));
        let news = offset.unsigned_abs() <= self.bound_s && offset != self.offset_s();
        news.then(|| {
            self.offset_s.store(offset, Ordering::Relaxed);
            offset
        })
    }

    fn offset_s(&self) -> i64 {
        self.offset_s.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    const NOW: u64 = 1_771_125_945;

    #[test]
    fn an_offset_is_learned_once_and_within_reason() {
        let skew = Skew::within(REMOTE_BOUND);
        assert_eq!(skew.learn(at(NOW), at(NOW)), None);
        assert_eq!(skew.learn(at(NOW + 900), at(NOW)), Some(900));
        assert_eq!(skew.learn(at(NOW + 900), at(NOW)), None);
        assert_eq!(skew.learn(at(NOW - 30), at(NOW)), Some(-30));
        assert_eq!(skew.learn(SystemTime::UNIX_EPOCH, at(NOW)), None);
        assert_eq!(skew.correct(at(NOW)), at(NOW - 30));
    }

    #[test]
    fn the_bound_holds_on_both_sides_to_the_second() {
        const DAY: u64 = 24 * 60 * 60;
        for (service, offset) in [
            (NOW + DAY, Some(86_400)),
            (NOW + DAY + 1, None),
            (NOW - DAY, Some(-86_400)),
            (NOW - DAY - 1, None),
        ] {
            let skew = Skew::within(REMOTE_BOUND);
            assert_eq!(skew.learn(at(service), at(NOW)), offset);
        }
        let emulator = Skew::within(CONFINED_BOUND);
        assert_eq!(emulator.learn(at(NOW + 30 * DAY), at(NOW)), Some(2_592_000));
        assert_eq!(emulator.learn(SystemTime::UNIX_EPOCH, at(NOW)), None);
    }

    #[test]
    fn a_correction_moves_the_day_too() {
        let skew = Skew::within(REMOTE_BOUND);
        let (before, after) = (at(1_771_199_995), at(1_771_200_005));
        skew.learn(after, before);
        assert_eq!(skew.correct(before), after);
    }
}

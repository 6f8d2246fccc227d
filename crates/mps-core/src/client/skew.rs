//! The offset of this machine's clock, learned from the service.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime},
};

use crate::clock::{shifted, unix_seconds};

/// The clock of an emulator is moved at will, twelve hours and more at a time, and signatures made
/// for it are useless elsewhere. Ten years.
pub(super) const CONFINED_BOUND: Duration = Duration::from_secs(3_650 * 24 * 60 * 60);

/// An offset in seconds, shared by all clones of a client.
#[derive(Debug)]
pub(super) struct Skew {
    offset_s: AtomicI64,
    bound_s: u64,
}

/// The clocks at the time when a request was refused for its timestamp.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) service: SystemTime,
    pub(super) machine: SystemTime,
    /// The timestamp that was refused, in Unix seconds.
    pub(super) timestamp: i64,
    /// Time from the signature to the answer.
    pub(super) took: Duration,
}

impl Refused {
    /// Returns how far the service's clock is ahead of this machine's, in seconds.
    fn offset_s(&self) -> i64 {
        unix_seconds(self.service).saturating_sub(unix_seconds(self.machine))
    }

    /// Returns whether the request had the service's own time, within the time of transfer and the
    /// rounding to seconds.
    fn was_on_time(&self) -> bool {
        let off = unix_seconds(self.service).abs_diff(self.timestamp);
        off <= self.took.as_secs().saturating_add(1)
    }
}

impl Skew {
    /// Returns a zero offset that never exceeds `bound`.
    pub(super) fn within(bound: Duration) -> Self {
        Self {
            offset_s: AtomicI64::new(0),
            bound_s: bound.as_secs(),
        }
    }

    /// Returns the service's time at this machine's time `machine`.
    pub(super) fn correct(&self, machine: SystemTime) -> SystemTime {
        shifted(machine, self.offset_s())
    }

    /// Returns whether following the service's clock leads to another timestamp.
    pub(super) fn could_help(&self, refused: &Refused) -> bool {
        self.can_follow(refused.offset_s()) && !refused.was_on_time()
    }

    /// Follows the service's clock. Returns the new offset, or `None` when it did not change.
    pub(super) fn learn(&self, refused: &Refused) -> Option<i64> {
        let offset = refused.offset_s();
        let news = self.can_follow(offset) && offset != self.offset_s();
        news.then(|| {
            self.offset_s.store(offset, Ordering::Relaxed);
            offset
        })
    }

    /// Returns the hint of a final refusal.
    pub(super) fn hint(&self, refused: &Refused) -> String {
        let offset = refused.offset_s();
        let side = if offset < 0 { "behind" } else { "ahead of" };
        let difference = format!(
            "the service's clock is {} s {side} this machine's",
            offset.unsigned_abs()
        );
        if !self.can_follow(offset) {
            let most = self.bound_s;
            format!(
                "{difference}, and more than {most} s is not followed; set this machine's clock"
            )
        } else if refused.was_on_time() {
            format!(
                "{difference}, and the request bore the service's time; something else is wrong"
            )
        } else {
            format!("{difference}; set this machine's clock")
        }
    }

    fn can_follow(&self, offset_s: i64) -> bool {
        offset_s.unsigned_abs() <= self.bound_s
    }

    fn offset_s(&self) -> i64 {
        self.offset_s.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::MAX_SKEW;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    const NOW: u64 = 1_771_125_945;

    /// Signed with this machine's own time.
    fn refused(service: SystemTime, machine: SystemTime) -> Refused {
        Refused {
            service,
            machine,
            timestamp: unix_seconds(machine),
            took: Duration::from_millis(200),
        }
    }

    fn learn(skew: &Skew, service: SystemTime, machine: SystemTime) -> Option<i64> {
        skew.learn(&refused(service, machine))
    }

    #[test]
    fn an_offset_is_learned_once_and_within_reason() {
        let skew = Skew::within(MAX_SKEW);
        assert_eq!(learn(&skew, at(NOW), at(NOW)), None);
        assert_eq!(learn(&skew, at(NOW + 900), at(NOW)), Some(900));
        assert_eq!(learn(&skew, at(NOW + 900), at(NOW)), None);
        assert_eq!(learn(&skew, at(NOW - 30), at(NOW)), Some(-30));
        assert_eq!(learn(&skew, SystemTime::UNIX_EPOCH, at(NOW)), None);
        assert_eq!(skew.correct(at(NOW)), at(NOW - 30));
    }

    #[test]
    fn the_bound_is_exact_in_both_directions() {
        const DAY: u64 = 24 * 60 * 60;
        for (service, offset) in [
            (NOW + DAY, Some(86_400)),
            (NOW + DAY + 1, None),
            (NOW - DAY, Some(-86_400)),
            (NOW - DAY - 1, None),
        ] {
            let skew = Skew::within(MAX_SKEW);
            assert_eq!(learn(&skew, at(service), at(NOW)), offset);
        }
        let emulator = Skew::within(CONFINED_BOUND);
        assert_eq!(
            learn(&emulator, at(NOW + 30 * DAY), at(NOW)),
            Some(2_592_000)
        );
        assert_eq!(learn(&emulator, SystemTime::UNIX_EPOCH, at(NOW)), None);
    }

    #[test]
    fn a_correction_moves_the_day_too() {
        let skew = Skew::within(MAX_SKEW);
        let (before, after) = (at(1_771_199_995), at(1_771_200_005));
        learn(&skew, after, before);
        assert_eq!(skew.correct(before), after);
    }

    #[test]
    fn only_another_timestamp_could_help() {
        const DAY: u64 = 24 * 60 * 60;
        let skew = Skew::within(MAX_SKEW);
        for (service, could) in [
            (NOW + 900, true),
            (NOW - DAY, true),
            (NOW - DAY - 1, false),
            (NOW + 30 * DAY, false),
            (NOW, false),
            // The second changed during the transfer.
            (NOW + 1, false),
        ] {
            let refused = refused(at(service), at(NOW));
            assert_eq!(skew.could_help(&refused), could, "{service}");
        }
        // Refused with its old time while another call learned the offset.
        let late = refused(at(NOW + 900), at(NOW));
        skew.learn(&late);
        assert!(skew.could_help(&late));
        let corrected = Refused {
            timestamp: 1_771_126_845,
            ..late
        };
        assert!(!skew.could_help(&corrected));
    }

    #[test]
    fn a_hint_names_the_difference_and_the_next_step() {
        let skew = Skew::within(MAX_SKEW);
        let hint = |service| skew.hint(&refused(at(service), at(NOW)));
        assert_eq!(
            hint(NOW - 172_800),
            "the service's clock is 172800 s behind this machine's, \
             and more than 86400 s is not followed; set this machine's clock"
        );
        assert_eq!(
            hint(NOW + 900),
            "the service's clock is 900 s ahead of this machine's; set this machine's clock"
        );
        assert_eq!(
            hint(NOW),
            "the service's clock is 0 s ahead of this machine's, \
             and the request bore the service's time; something else is wrong"
        );
    }
}

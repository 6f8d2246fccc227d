//! Checks that this process has observed the server's clock for long enough to use a slot.
//!
//! A clock that is set forward skips time in which slots were used just now, and the server grants
//! them again. A process that read the clock before and after detects the step
//! ([`StepDetector`]); other processes cannot. So a process uses a slot only after it has observed
//! the clock without a gap for as long as earlier slots can matter: whenever the clock was set, all
//! slots of the new time are used that much later.

use std::{sync::Mutex, time::Duration};

use super::clock_step::{ClockReading, StepDetector};
use crate::{
    limit::ring::{GRANT_AHEAD, START_TOLERANCE, WINDOW},
    sync::lock,
};

/// The time for which slots granted before a moment can matter after it.
const OBSERVE_FOR: Duration = GRANT_AHEAD
    .saturating_add(WINDOW)
    .saturating_add(START_TOLERANCE);
/// A longer pause between readings is a gap. Shorter than the step detector looks back, because a
/// reply arrives some time after the kind of its request was chosen.
const GAP: Duration = Duration::from_secs(25);

#[derive(Debug, Default)]
pub(in crate::limit) struct ClockGuard {
    steps: StepDetector,
    observed: Mutex<Option<Observed>>,
}

/// A period of observation without a gap.
#[derive(Clone, Copy, Debug)]
struct Observed {
    since: Duration,
    /// The time of the last request for a reading.
    last: Duration,
}

impl ClockGuard {
    /// Returns the time for which the clock must still be observed before a slot may be used.
    pub(in crate::limit) fn missing(&self, now: Duration) -> Duration {
        let observed = lock(&self.observed).filter(|observed| observed.reaches(now));
        observed.map_or(OBSERVE_FOR, |observed| observed.missing(now))
    }

    /// Records a reading. Returns the time for which the clock must still be observed. A reading
    /// that took too long says too little about the clock and does not count.
    pub(in crate::limit) fn record(&self, reading: ClockReading) -> Duration {
        if reading.is_too_slow() {
            return self.missing(reading.received);
        }
        let mut kept = lock(&self.observed);
        let set_forward = self.steps.was_set_forward(reading);
        let before = kept.filter(|observed| observed.reaches(reading.sent) && !set_forward);
        let observed = Observed {
            since: before.map_or(reading.received, |observed| observed.since),
            last: reading.sent,
        };
        *kept = Some(observed);
        observed.missing(reading.received)
    }
}

impl ClockReading {
    /// Returns whether a slot granted with this reading is already over.
    pub(in crate::limit) fn is_too_slow(self) -> bool {
        self.received.saturating_sub(self.sent) > START_TOLERANCE
    }
}

impl Observed {
    fn reaches(&self, now: Duration) -> bool {
        now.saturating_sub(self.last) <= GAP
    }

    fn missing(&self, now: Duration) -> Duration {
        self.since.saturating_add(OBSERVE_FOR).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests;

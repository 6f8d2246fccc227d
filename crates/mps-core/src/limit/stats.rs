//! What a limiter has done so far.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::{FENCE, LimitError, Permit};

/// What one limiter of this process has done for one action since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitStats {
    /// Callers that wait for their turn now.
    pub waiting: u64,
    /// Permits handed out.
    pub granted: u64,
    /// Callers told that their turn comes later than they can wait.
    pub too_long: u64,
    /// Callers refused because the limiter could not tell what others started.
    pub unavailable: u64,
    /// Callers that left before their turn, and permits that came back unused.
    pub given_up: u64,
    /// Calls the service throttled although they were permitted.
    pub throttled: u64,
    /// What a slot is kept apart beyond the second, as it stands now: [`FENCE`] and what
    /// throttling added. For a shared limiter, as it was last heard.
    pub fence: Duration,
}

/// Counts for [`LimitStats`].
#[derive(Debug, Default)]
pub(super) struct Meter {
    waiting: AtomicU64,
    granted: AtomicU64,
    too_long: AtomicU64,
    unavailable: AtomicU64,
    given_up: AtomicU64,
    throttled: AtomicU64,
}

/// Somebody who waits; gives up when dropped before [`done`](Self::done).
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    meter: &'a Meter,
    waited: bool,
}

impl Meter {
    /// Somebody arrives, and how many wait already.
    pub(super) fn arrive(&self) -> (Arrival<'_>, u64) {
        let ahead = self.waiting.fetch_add(1, Relaxed);
        let arrival = Arrival {
            meter: self,
            waited: false,
        };
        (arrival, ahead)
    }

    pub(super) fn gave_up(&self) {
        self.given_up.fetch_add(1, Relaxed);
    }

    pub(super) fn throttled(&self) {
        self.throttled.fetch_add(1, Relaxed);
    }

    pub(super) fn stats(&self, widened: Duration) -> LimitStats {
        LimitStats {
            waiting: self.waiting.load(Relaxed),
            granted: self.granted.load(Relaxed),
            too_long: self.too_long.load(Relaxed),
            unavailable: self.unavailable.load(Relaxed),
            given_up: self.given_up.load(Relaxed),
            throttled: self.throttled.load(Relaxed),
            fence: FENCE + widened,
        }
    }
}

impl Arrival<'_> {
    pub(super) fn done(
        mut self,
        outcome: Result<Permit, LimitError>,
    ) -> Result<Permit, LimitError> {
        self.waited = true;
        let count = match &outcome {
            Ok(_) => &self.meter.granted,
            Err(LimitError::TooLong(_)) => &self.meter.too_long,
            Err(LimitError::Unavailable(_)) => &self.meter.unavailable,
        };
        count.fetch_add(1, Relaxed);
        outcome
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        self.meter.waiting.fetch_sub(1, Relaxed);
        if !self.waited {
            self.meter.gave_up();
        }
    }
}

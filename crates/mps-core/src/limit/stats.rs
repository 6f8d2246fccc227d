//! What a limiter has done so far.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::{LimitError, START_TOLERANCE};

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
    /// Callers that left before their turn.
    pub given_up: u64,
    /// Slots that came back unused, from permits and from callers that left.
    pub given_back: u64,
    /// Calls the service throttled although they were permitted.
    pub throttled: u64,
    /// What a slot is kept apart beyond the second, as it stands now: [`START_TOLERANCE`] and what
    /// throttling added. For a shared limiter, as it was last heard.
    pub tolerance: Duration,
}

/// Counts for [`LimitStats`].
#[derive(Debug, Default)]
pub(super) struct Meter {
    waiting: AtomicU64,
    granted: AtomicU64,
    too_long: AtomicU64,
    unavailable: AtomicU64,
    given_up: AtomicU64,
    given_back: AtomicU64,
    throttled: AtomicU64,
}

/// Somebody who waits; gives up when dropped before [`over`](Self::over).
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    meter: &'a Meter,
    over: bool,
}

impl Meter {
    /// Somebody begins to wait. Also tells how many do already.
    pub(super) fn wait(&self) -> (Waiting<'_>, u64) {
        let ahead = self.waiting.fetch_add(1, Relaxed);
        let waiting = Waiting {
            meter: self,
            over: false,
        };
        (waiting, ahead)
    }

    /// Counts how it ended.
    pub(super) fn count(&self, outcome: Result<(), &LimitError>) {
        let count = match outcome {
            Ok(()) => &self.granted,
            Err(LimitError::TooLong(_)) => &self.too_long,
            Err(LimitError::Unavailable(_)) => &self.unavailable,
        };
        count.fetch_add(1, Relaxed);
    }

    pub(super) fn given_back(&self) {
        self.given_back.fetch_add(1, Relaxed);
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
            given_back: self.given_back.load(Relaxed),
            throttled: self.throttled.load(Relaxed),
            tolerance: START_TOLERANCE + widened,
        }
    }
}

impl Waiting<'_> {
    /// The wait is over, whatever came of it.
    pub(super) fn over(mut self) {
        self.over = true;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.meter.waiting.fetch_sub(1, Relaxed);
        if !self.over {
            self.meter.given_up.fetch_add(1, Relaxed);
        }
    }
}

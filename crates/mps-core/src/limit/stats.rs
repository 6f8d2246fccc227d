//! Counts of a limiter.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::{LimitError, ring::START_TOLERANCE};

/// Counts for one action of one limiter of this process since the limiter was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LimitStats {
    /// Callers that wait for a permit now.
    pub waiting: u64,
    /// Permits granted.
    pub granted: u64,
    /// Requests refused because the permit would have come later than their longest wait.
    pub too_long: u64,
    /// Requests refused because the shared state was unavailable.
    pub unavailable: u64,
    /// Requests whose caller left before the permit.
    pub cancelled: u64,
    /// Unused slots released, by dropped permits and by callers that left.
    pub released: u64,
    /// Calls that the service throttled although they were permitted.
    pub throttled: u64,
    /// Current distance between slots beyond one second: the tolerance of 50 ms and the room that
    /// throttling added. For a shared limiter, as of its last reply.
    pub tolerance: Duration,
}

/// The counters behind [`LimitStats`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    waiting: AtomicU64,
    granted: AtomicU64,
    too_long: AtomicU64,
    unavailable: AtomicU64,
    cancelled: AtomicU64,
    released: AtomicU64,
    throttled: AtomicU64,
}

/// A caller that waits. Dropped before [`finish`](Self::finish), it counts as cancelled.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    counters: &'a Counters,
    finished: bool,
}

impl Counters {
    /// Counts a caller that begins to wait. Returns it with the number of callers before it.
    pub(super) fn wait(&self) -> (Waiting<'_>, u64) {
        let ahead = self.waiting.fetch_add(1, Relaxed);
        let waiting = Waiting {
            counters: self,
            finished: false,
        };
        (waiting, ahead)
    }

    pub(super) fn record_outcome(&self, outcome: Result<(), &LimitError>) {
        let counter = match outcome {
            Ok(()) => &self.granted,
            Err(LimitError::TooLong(_)) => &self.too_long,
            Err(LimitError::Unavailable(_)) => &self.unavailable,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn record_release(&self) {
        self.released.fetch_add(1, Relaxed);
    }

    pub(super) fn record_throttling(&self) {
        self.throttled.fetch_add(1, Relaxed);
    }

    pub(super) fn stats(&self, widening: Duration) -> LimitStats {
        LimitStats {
            waiting: self.waiting.load(Relaxed),
            granted: self.granted.load(Relaxed),
            too_long: self.too_long.load(Relaxed),
            unavailable: self.unavailable.load(Relaxed),
            cancelled: self.cancelled.load(Relaxed),
            released: self.released.load(Relaxed),
            throttled: self.throttled.load(Relaxed),
            tolerance: START_TOLERANCE + widening,
        }
    }
}

impl Waiting<'_> {
    /// Ends the wait with any outcome but cancellation.
    pub(super) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.counters.waiting.fetch_sub(1, Relaxed);
        if !self.finished {
            self.counters.cancelled.fetch_add(1, Relaxed);
        }
    }
}

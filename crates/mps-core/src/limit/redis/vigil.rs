//! Whether this process knows the server's clock well enough to use a slot.
//!
//! A clock that is set forward passes over time in which slots were used just now, and hands them
//! out again. Who read it before and after notices ([`Watch`]); who did not, cannot. So a slot is
//! used only by a process that has watched the clock without a gap for as long as what was used
//! before can matter: whenever the clock was set, all slots of the new time are used that much later.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::watch::{Reading, Watch};
use crate::limit::{START_TOLERANCE, WINDOW, queue::HORIZON};

/// From a moment on, how long slots handed out before it can be in the way.
const ENOUGH: Duration = HORIZON
    .saturating_add(WINDOW)
    .saturating_add(START_TOLERANCE);
/// A longer pause between readings is a gap. Less than the watch looks back, since an answer comes
/// some time after it was decided what to ask.
const GAP: Duration = Duration::from_secs(25);

#[derive(Debug, Default)]
pub(super) struct Vigil {
    watch: Watch,
    span: Mutex<Option<Span>>,
}

/// Time without a gap.
#[derive(Clone, Copy, Debug)]
struct Span {
    since: Duration,
    /// When the last reading was asked for.
    last: Duration,
}

impl Vigil {
    /// How much longer the clock has to be watched before a slot may be used.
    pub(super) fn lacks(&self, now: Duration) -> Duration {
        let span = self.span().filter(|span| span.reaches(now));
        span.map_or(ENOUGH, |span| span.lacks(now))
    }

    /// Takes a reading into account; then tells how much is lacking. One that is too slow
    /// says too little about the clock.
    pub(super) fn heard(&self, reading: Reading) -> Duration {
        if reading.is_too_slow() {
            return self.lacks(reading.received);
        }
        let mut kept = self.span();
        let set_forward = self.watch.was_set_forward(reading);
        let span = kept.filter(|span| span.reaches(reading.sent) && !set_forward);
        let span = Span {
            since: span.map_or(reading.received, |span| span.since),
            last: reading.sent,
        };
        *kept = Some(span);
        span.lacks(reading.received)
    }

    fn span(&self) -> MutexGuard<'_, Option<Span>> {
        self.span.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    /// Whether a slot told with it would be over.
    pub(super) fn is_too_slow(self) -> bool {
        self.received.saturating_sub(self.sent) > START_TOLERANCE
    }
}

impl Span {
    fn reaches(&self, now: Duration) -> bool {
        now.saturating_sub(self.last) <= GAP
    }

    fn lacks(&self, now: Duration) -> Duration {
        self.since.saturating_add(ENOUGH).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests;

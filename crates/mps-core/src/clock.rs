//! Time as an injected dependency: wall clock, monotonic clock and sleep.
//!
//! Everything that waits or reads the time takes a [`SharedClock`], so that tests set the time and
//! never sleep. Only this module may read the machine's clocks (see `clippy.toml`).
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that may read the machine's clocks"
)]

use std::{
    fmt,
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::BoxFuture;

#[cfg(all(unix, feature = "file-limit"))]
mod machine;
#[cfg(all(unix, feature = "file-limit"))]
pub use machine::{MachineClock, SystemMachineClock};
#[cfg(any(test, feature = "test-util"))]
mod test_clock;
#[cfg(any(test, feature = "test-util"))]
pub use test_clock::TestClock;

/// A source of time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the wall-clock time, with which requests are signed. It may jump.
    fn wall(&self) -> SystemTime;

    /// Returns the time since a fixed but arbitrary moment. It never goes back; limits and deadlines
    /// use it.
    fn monotonic(&self) -> Duration;

    /// Waits until the monotonic clock has advanced by `duration`.
    ///
    /// # Cancel safety
    /// Dropping the future ends the wait and has no other effect.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// A clock shared by clients, limiters and tasks.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clocks; the default of a client. Sleeping needs a tokio runtime with its timer
/// enabled.
///
/// The monotonic time is tokio's, so that a runtime with a paused clock controls it.
///
/// # Examples
/// ```
/// use mps_core::clock::{Clock, SystemClock};
///
/// let clock = SystemClock::new();
/// let started = clock.monotonic();
/// assert!(clock.monotonic() >= started);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// Returns a clock whose monotonic time starts at zero now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    /// Returns a new clock as a [`SharedClock`].
    #[must_use]
    pub fn shared() -> SharedClock {
        Arc::new(Self::new())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Runs `work` for at most `limit` on `clock` and returns its output, or `None` if the time ran out
/// first, which drops `work`.
///
/// Work that is ready at the very moment at which the time runs out counts as done.
///
/// # Cancel safety
/// As cancel safe as `work`.
pub async fn timeout<T>(
    clock: &dyn Clock,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    // Set only when `work` is not ready at once, as much of it is.
    let mut alarm = None;
    std::future::poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        let alarm = alarm.get_or_insert_with(|| clock.sleep(limit));
        alarm.as_mut().poll(cx).map(|()| None)
    })
    .await
}

/// The largest difference between two clocks that is followed. A larger one is no wrong clock or time
/// zone but a wrong answer, and signing with it would create requests that are valid much later.
pub(crate) const MAX_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns a wall-clock time moved by `seconds`, forward or back. Returns it unchanged when the
/// result cannot be represented.
#[must_use]
pub fn shifted(wall: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    let moved = if seconds < 0 {
        wall.checked_sub(by)
    } else {
        wall.checked_add(by)
    };
    moved.unwrap_or(wall)
}

/// Returns the Unix seconds of a wall-clock time; negative before 1970.
#[must_use]
pub fn unix_seconds(wall: SystemTime) -> i64 {
    match wall.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moved_both_ways_and_before_1970() {
        let at = |seconds| shifted(SystemTime::UNIX_EPOCH, seconds);
        for seconds in [-86_400, -1, 0, 1, 1_771_125_945] {
            assert_eq!(unix_seconds(at(seconds)), seconds);
        }
        assert_eq!(shifted(at(10), -15), at(-5));
        assert_eq!(shifted(at(-10), i64::MIN), at(-10));
    }
}

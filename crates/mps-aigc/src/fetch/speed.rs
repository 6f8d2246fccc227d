//! The slowest transfer that is continued.

use std::time::Duration;

/// Measures the speed of one body over consecutive windows.
#[derive(Debug)]
pub(super) struct SpeedGuard {
    least: u64,
    window: Duration,
    /// The begin of the current window, on the client's monotonic clock.
    begin: Duration,
    received: u64,
}

/// A transfer was slower than the minimum over a whole window.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooSlow;

impl SpeedGuard {
    /// Returns a guard whose first window begins `now`. At least one byte must arrive in each.
    pub(super) fn new(bytes_per_second: u64, window: Duration, now: Duration) -> Self {
        let least = u128::from(bytes_per_second) * window.as_millis() / 1_000;
        Self {
            least: u64::try_from(least).unwrap_or(u64::MAX).max(1),
            window,
            begin: now,
            received: 0,
        }
    }

    /// Returns the rest of the current window.
    pub(super) fn time_left(&self, now: Duration) -> Duration {
        let end = self.begin.saturating_add(self.window);
        end.saturating_sub(now)
    }

    /// Adds bytes that arrived by `now`.
    ///
    /// # Errors
    /// Fails if a window ended with too few bytes.
    pub(super) fn add(&mut self, bytes: u64, now: Duration) -> Result<(), TooSlow> {
        self.received = self.received.saturating_add(bytes);
        if !self.time_left(now).is_zero() {
            return Ok(());
        }
        let is_enough = self.received >= self.least;
        (self.begin, self.received) = (now, 0);
        if is_enough { Ok(()) } else { Err(TooSlow) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_needs_its_bytes_and_a_fast_start_does_not_count_later() {
        let at = Duration::from_secs;
        let mut guard = SpeedGuard::new(10, at(60), at(100));
        assert_eq!(guard.time_left(at(100)), at(60));
        assert_eq!(guard.add(1, at(159)), Ok(()));
        assert_eq!(guard.add(599, at(160)), Ok(()));
        assert_eq!(guard.add(599, at(219)), Ok(()));
        assert_eq!(guard.add(0, at(220)), Err(TooSlow));
    }

    #[test]
    fn silence_is_too_slow_also_without_a_minimum() {
        let at = Duration::from_secs;
        let mut guard = SpeedGuard::new(0, at(60), at(0));
        assert_eq!(guard.add(1, at(60)), Ok(()));
        assert_eq!(guard.add(0, at(120)), Err(TooSlow));
    }
}

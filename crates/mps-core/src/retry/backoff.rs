//! Pauses between attempts.

use std::{fmt, time::Duration};

/// Exponential backoff with full jitter: a pause is random between zero and a doubling bound, so
/// that clients that failed together do not retry together.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use mps_core::retry::Backoff;
///
/// let backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
/// assert_eq!(backoff.pause(0, 1.0), Duration::from_millis(200));
/// assert_eq!(backoff.pause(1, 0.5), Duration::from_millis(200));
/// assert_eq!(backoff.pause(9, 1.0), Duration::from_secs(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Backoff {
    /// Longest first pause.
    pub base: Duration,
    /// Longest pause.
    pub cap: Duration,
}

impl Backoff {
    /// Returns a backoff whose first pause is at most `base`, doubling up to `cap`. Without pauses
    /// if both are zero.
    #[must_use]
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }

    /// Returns the pause before retry number `retry`, counted from 0. `chance` is a random number
    /// from 0 to 1.
    #[must_use]
    pub fn pause(&self, retry: u32, chance: f64) -> Duration {
        let doublings = 2_u32.saturating_pow(retry);
        let bound = self.base.saturating_mul(doublings).min(self.cap);
        bound.mul_f64(chance.clamp(0.0, 1.0))
    }

    /// Returns the same backoff with no pause longer than `limit`.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self {
            base: self.base.min(limit),
            cap: self.cap.min(limit),
        }
    }

    /// Returns the pause as [`pause`](Self::pause), but not shorter than an answer asks for
    /// ([`retry_after`](super::retry_after)). That may exceed the cap, so compare it with the time
    /// that is left.
    #[must_use]
    pub fn pause_asked(&self, retry: u32, chance: f64, asked: Option<Duration>) -> Duration {
        self.pause(retry, chance).max(asked.unwrap_or_default())
    }
}

impl fmt::Display for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, cap } = self;
        write!(f, "0 to {base:?}, doubling to {cap:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_the_cap_and_chance_picks_below_it() {
        let backoff = Backoff {
            base: Duration::from_millis(200),
            cap: Duration::from_secs(1),
        };
        let bounds = [0, 1, 2, 3, 40, u32::MAX].map(|retry| backoff.pause(retry, 1.0).as_millis());
        assert_eq!(bounds, [200, 400, 800, 1_000, 1_000, 1_000]);
        assert_eq!(backoff.pause(1, 0.5).as_millis(), 200);
        assert_eq!(backoff.pause(3, 0.0), Duration::ZERO);
        let asked = |seconds| backoff.pause_asked(3, 1.0, Some(Duration::from_secs(seconds)));
        assert_eq!([0, 7].map(|seconds| asked(seconds).as_secs()), [1, 7]);
    }
}

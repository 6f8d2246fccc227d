//! When to ask about a task next.

use std::time::Duration;

/// How to wait for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitOptions {
    /// Longest wait; 30 minutes unless set, which the vendor's own scripts use.
    pub timeout: Duration,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30 * 60),
        }
    }
}

impl WaitOptions {
    /// Waits as long as usual.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the longest wait.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }
}

/// Pauses between polls: short at first, then growing to ten seconds, since a task that took a
/// minute will not be done in the next second. Together with the limit on describes this is kind
/// to the service; finished tasks are noticed within a sixth of the time they took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    waited: Duration,
}

const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(10);
const SHARE_OF_WAIT: u32 = 6;
/// Spread of a pause around its middle, so that tasks created together are not polled together.
const SPREAD: f64 = 0.2;

impl Pauses {
    pub(crate) fn new() -> Self {
        Self {
            waited: Duration::ZERO,
        }
    }

    /// The next pause, where `chance` is drawn evenly from 0 to 1.
    pub(crate) fn next(&mut self, chance: f64) -> Duration {
        let middle = (self.waited / SHARE_OF_WAIT).clamp(SHORTEST, LONGEST);
        let pause = middle.mul_f64(1.0 + SPREAD * (2.0 * chance - 1.0));
        self.waited += pause;
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_the_wait_and_stay_within_bounds() {
        let mut pauses = Pauses::new();
        let all: Vec<_> = std::iter::repeat_with(|| pauses.next(0.5))
            .take(200)
            .collect();
        assert_eq!(all[0], SHORTEST);
        assert!(all.is_sorted());
        assert_eq!(all[199], LONGEST);
        let polls_in_five_minutes = all
            .iter()
            .scan(Duration::ZERO, |waited, pause| {
                *waited += *pause;
                Some(*waited)
            })
            .filter(|waited| *waited <= Duration::from_secs(300))
            .count();
        assert!(
            (30..60).contains(&polls_in_five_minutes),
            "{polls_in_five_minutes}"
        );
    }

    #[test]
    fn chance_spreads_a_pause_by_a_fifth() {
        assert_eq!(Pauses::new().next(0.0), Duration::from_millis(400));
        assert_eq!(Pauses::new().next(1.0), Duration::from_millis(600));
    }
}

//! Pauses between polls.

use std::time::Duration;

/// Pauses between polls: 0.5 s at first, growing to 10 s, since a task that has run for a minute is
/// not done in the next second. A finished task is noticed within a sixth of the time it took.
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

    /// Returns the next pause; `chance` is drawn evenly from 0 to 1.
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

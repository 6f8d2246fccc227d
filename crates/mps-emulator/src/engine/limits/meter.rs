//! The three ways to count starts.

use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

use mps_core::clock::unix_seconds;
use serde::{Deserialize, Serialize};

use super::{CallStart, RateLimit};

const WINDOW: Duration = Duration::from_secs(1);

/// The starts of one account and action, as one flavour counts them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Meter {
    /// The latest starts, at most as many as the limit.
    SlidingWindow(VecDeque<Duration>),
    /// A second of the wall clock, and the number of starts in it.
    FixedWindow { second: i64, starts: u32 },
    /// The part of the bucket that is used at time `at`, in billionths of a start.
    TokenBucket { taken: u64, at: Duration },
}

impl Meter {
    /// Returns an empty meter, or `None` without a limit.
    pub(super) fn empty(flavour: RateLimit) -> Option<Self> {
        match flavour {
            RateLimit::SlidingWindow => Some(Self::SlidingWindow(VecDeque::new())),
            RateLimit::FixedWindow => Some(Self::FixedWindow {
                second: i64::MIN,
                starts: 0,
            }),
            RateLimit::TokenBucket => Some(Self::TokenBucket {
                taken: 0,
                at: Duration::ZERO,
            }),
            RateLimit::Off => None,
        }
    }

    pub(super) fn is_of(&self, flavour: RateLimit) -> bool {
        Self::empty(flavour)
            .is_some_and(|empty| std::mem::discriminant(&empty) == std::mem::discriminant(self))
    }

    /// Counts a start, and returns whether it is within the limit.
    pub(super) fn admit(&mut self, limit: u32, start: CallStart) -> bool {
        match self {
            Self::SlidingWindow(starts) => slide(starts, limit, start.uptime),
            Self::FixedWindow { second, starts } => count(second, starts, limit, start.wall),
            Self::TokenBucket { taken, at } => take(taken, at, limit, start.uptime),
        }
    }
}

fn slide(starts: &mut VecDeque<Duration>, limit: u32, now: Duration) -> bool {
    let is_past = |start: &Duration| start.saturating_add(WINDOW) <= now;
    while starts.front().is_some_and(is_past) {
        starts.pop_front();
    }
    let is_free = usize::try_from(limit).is_ok_and(|limit| starts.len() < limit);
    if is_free {
        starts.push_back(now);
    }
    is_free
}

fn count(second: &mut i64, starts: &mut u32, limit: u32, wall: SystemTime) -> bool {
    let present = unix_seconds(wall);
    if present != *second {
        (*second, *starts) = (present, 0);
    }
    let is_free = *starts < limit;
    if is_free {
        *starts += 1;
    }
    is_free
}

/// Uses integers, so that rounding loses no start.
fn take(taken: &mut u64, at: &mut Duration, limit: u32, now: Duration) -> bool {
    const ONE: u64 = 1_000_000_000;
    let elapsed = u64::try_from(now.saturating_sub(*at).as_nanos()).unwrap_or(u64::MAX);
    let back = elapsed.saturating_mul(limit.into());
    (*taken, *at) = (taken.saturating_sub(back), now);
    let is_free = taken.saturating_add(ONE) <= ONE * u64::from(limit);
    if is_free {
        *taken += ONE;
    }
    is_free
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: u32 = 5;

    /// Returns the moments, in milliseconds, of the admitted calls.
    fn admitted(flavour: RateLimit, moments: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut meter = Meter::empty(flavour).unwrap();
        let mut admit = |ms: &u64| {
            let uptime = Duration::from_millis(*ms);
            let wall = SystemTime::UNIX_EPOCH + uptime;
            meter.admit(LIMIT, CallStart { uptime, wall })
        };
        moments.into_iter().filter(|ms| admit(ms)).collect()
    }

    /// Returns the largest number of moments in any window of one second.
    fn fullest(moments: &[u64]) -> usize {
        let held = |from: &u64| {
            let second = *from..*from + 1_000;
            moments.iter().filter(|at| second.contains(*at)).count()
        };
        moments.iter().map(held).max().unwrap_or(0)
    }

    /// Simulates a client that tries every millisecond from the last tenth of a second on.
    fn pressed(flavour: RateLimit) -> Vec<u64> {
        admitted(flavour, (900..4_000).flat_map(|ms| [ms; 3]))
    }

    #[test]
    fn a_sliding_window_admits_n_in_any_second() {
        let starts = pressed(RateLimit::SlidingWindow);
        assert_eq!(fullest(&starts), 5);
        assert_eq!(starts[..6], [900, 900, 900, 901, 901, 1_900]);
    }

    #[test]
    fn a_fixed_window_admits_two_bursts_across_an_edge() {
        let starts = pressed(RateLimit::FixedWindow);
        assert_eq!(fullest(&starts), 10);
        assert_eq!(
            starts[..11],
            [
                900, 900, 900, 901, 901, 1_000, 1_000, 1_000, 1_001, 1_001, 2_000
            ]
        );
    }

    #[test]
    fn a_bucket_admits_a_burst_and_then_one_after_the_other() {
        let starts = pressed(RateLimit::TokenBucket);
        assert_eq!(fullest(&starts), 9);
        assert_eq!(starts[..8], [900, 900, 900, 901, 901, 1_100, 1_300, 1_500]);
    }

    #[test]
    fn a_refused_call_does_not_count() {
        let starts = admitted(
            RateLimit::SlidingWindow,
            [0, 0, 0, 400, 400, 999, 1_000, 1_399, 1_400],
        );
        assert_eq!(starts, [0, 0, 0, 400, 400, 1_000, 1_399, 1_400]);
    }

    proptest! {
        #[test]
        fn no_second_has_more_starts_than_the_flavour_allows(
            pauses in proptest::collection::vec(0_u64..400, 0..200),
        ) {
            let moments: Vec<u64> = pauses
                .iter()
                .scan(0, |now, pause| { *now += pause; Some(*now) })
                .collect();
            for (flavour, most) in [
                (RateLimit::SlidingWindow, 5),
                (RateLimit::FixedWindow, 10),
                (RateLimit::TokenBucket, 9),
            ] {
                prop_assert!(fullest(&admitted(flavour, moments.clone())) <= most);
            }
        }
    }
}

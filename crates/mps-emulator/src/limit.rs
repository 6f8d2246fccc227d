//! How many calls of one action the service starts in a second.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use mps_models::ActionInfo;
use serde::Serialize;

/// How the documented limit of an action is enforced. Nobody outside knows how the service does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RateLimit {
    /// No second, wherever it begins, holds more starts than the limit. A refused call is no
    /// start. The strictest reading of the documentation, and the default.
    #[default]
    SlidingWindow,
    /// No limit.
    Off,
}

const WINDOW: Duration = Duration::from_secs(1);

/// The latest starts of each action: at most as many as its limit.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    flavour: RateLimit,
    starts: HashMap<&'static str, VecDeque<Duration>>,
}

impl Limiter {
    pub(crate) fn new(flavour: RateLimit) -> Self {
        Self {
            flavour,
            ..Self::default()
        }
    }

    pub(crate) fn flavour(&self) -> RateLimit {
        self.flavour
    }

    /// Whether a call that starts `now` is within the limit; if so it counts.
    pub(crate) fn admit(&mut self, action: &ActionInfo, now: Duration) -> bool {
        match self.flavour {
            RateLimit::Off => true,
            RateLimit::SlidingWindow => self.slide(action.name, action.rate_limit, now),
        }
    }

    fn slide(&mut self, action: &'static str, limit: u32, now: Duration) -> bool {
        let starts = self.starts.entry(action).or_default();
        while starts.front().is_some_and(|start| *start + WINDOW <= now) {
            starts.pop_front();
        }
        let is_free = usize::try_from(limit).is_ok_and(|limit| starts.len() < limit);
        if is_free {
            starts.push_back(now);
        }
        is_free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_and_refusals_do_not_count() {
        let mut limiter = Limiter::default();
        let mut admit = |ms| limiter.slide("Some", 2, Duration::from_millis(ms));
        assert!(admit(0));
        assert!(admit(400));
        assert!(!admit(999));
        assert!(admit(1_000), "the first start is a whole second old");
        assert!(!admit(1_399));
        assert!(admit(1_400));
    }

    #[test]
    fn actions_do_not_share_a_window() {
        let mut limiter = Limiter::default();
        assert!(limiter.slide("One", 1, Duration::ZERO));
        assert!(limiter.slide("Other", 1, Duration::ZERO));
        assert!(!limiter.slide("One", 1, Duration::ZERO));
    }
}

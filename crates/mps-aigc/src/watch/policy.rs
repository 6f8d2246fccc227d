//! When to poll a task next, as a pure function.

use std::{fmt, time::Duration};

use super::curve::Curve;

/// Shortest pause between two polls of a task.
const SHORTEST: Duration = Duration::from_millis(500);
/// Share of tasks that are done at the first poll.
const FIRST_SHARE: f64 = 0.1;

/// A rule for the time of the next poll of a task. Pure: the same input gives the same time.
///
/// The default is [`LearnedPolicy`]. Set another one for all waits of a client with
/// [`PollSettings::policy`](crate::PollSettings::policy), or for one with
/// [`WaitOptions::policy`](crate::WaitOptions::policy). The poll scheduler keeps the budget whatever
/// the policy is: a poll may come later, never earlier than [`PollInput::max_delay`] asks for at no
/// load.
///
/// # Examples
/// ```
/// use std::{fmt, time::Duration};
/// use mps_aigc::{Curve, PollInput, PollingPolicy};
///
/// #[derive(Debug)]
/// struct Doubling;
///
/// impl fmt::Display for Doubling {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str("at twice the age of the last poll")
///     }
/// }
///
/// impl PollingPolicy for Doubling {
///     fn next_poll(&self, task: &PollInput<'_>) -> Duration {
///         task.age * 2 + Duration::from_secs(1)
///     }
/// }
///
/// let curve = Curve::new();
/// let task = PollInput::new(Duration::from_secs(20), &curve);
/// assert_eq!(Doubling.next_poll(&task).as_secs(), 41);
/// ```
pub trait PollingPolicy: fmt::Debug + fmt::Display + Send + Sync {
    /// Returns the age of the task at its next poll.
    fn next_poll(&self, task: &PollInput<'_>) -> Duration;
}

/// The input of a [`PollingPolicy`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PollInput<'a> {
    /// Age of the task when it was last pending: at the last poll, or zero.
    pub age: Duration,
    /// `true` if the task was polled before.
    pub polled: bool,
    /// The learned durations of such tasks.
    pub curve: &'a Curve,
    /// Expected delay between the end of the task and its next poll that a poll is worth. 100 ms, and
    /// more while the tasks of the client want more polls than the budget has.
    pub max_delay: Duration,
}

impl<'a> PollInput<'a> {
    /// Delay that a poll is worth without load.
    pub const MAX_DELAY: Duration = Duration::from_millis(100);

    /// Returns the input for a task of an age at its last poll, without load. At age zero it was never
    /// polled.
    #[must_use]
    pub fn new(age: Duration, curve: &'a Curve) -> Self {
        Self {
            age,
            polled: !age.is_zero(),
            curve,
            max_delay: Self::MAX_DELAY,
        }
    }

    /// Sets the delay that a poll is worth.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }
}

/// Polls first when one of ten such tasks is done, then when the expected delay since the end of the
/// task reaches what a poll is worth. The default.
///
/// Where many polls compete for the budget, this order has the least mean delay. It is never shorter
/// than half a second.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mps_aigc::{Curve, LearnedPolicy, PollInput, PollingPolicy};
///
/// let mut curve = Curve::new();
/// (200..300).for_each(|seconds| curve.observe(Duration::from_secs(seconds)));
/// let first = LearnedPolicy.next_poll(&PollInput::new(Duration::ZERO, &curve));
/// assert!((200..220).contains(&first.as_secs()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LearnedPolicy;

impl PollingPolicy for LearnedPolicy {
    fn next_poll(&self, task: &PollInput<'_>) -> Duration {
        let due = task.curve.age_of_delay(task.age, task.max_delay);
        let earliest = if task.polled {
            task.age.saturating_add(SHORTEST)
        } else {
            task.curve.quantile(FIRST_SHARE).max(SHORTEST)
        };
        due.max(earliest)
    }
}

impl fmt::Display for LearnedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("by learned durations")
    }
}

/// Polls at fixed intervals, the first time after one of them.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mps_aigc::{Curve, FixedPause, PollInput, PollingPolicy};
///
/// let policy = FixedPause::new(Duration::from_secs(5));
/// assert_eq!(policy.to_string(), "every 5s");
/// let curve = Curve::new();
/// assert_eq!(policy.next_poll(&PollInput::new(Duration::from_secs(10), &curve)).as_secs(), 15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FixedPause(Duration);

impl FixedPause {
    /// Returns a policy with this pause, of at least 1 ms.
    #[must_use]
    pub fn new(pause: Duration) -> Self {
        Self(pause.max(Duration::from_millis(1)))
    }
}

impl PollingPolicy for FixedPause {
    fn next_poll(&self, task: &PollInput<'_>) -> Duration {
        task.age.saturating_add(self.0)
    }
}

impl fmt::Display for FixedPause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "every {:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_come_more_often_near_the_usual_end_and_less_often_under_load() {
        let mut curve = Curve::new();
        (200..300).for_each(|seconds| curve.observe(Duration::from_secs(seconds)));
        let pause = |age: u64, delay: u64| {
            let task = PollInput::new(Duration::from_secs(age), &curve);
            let task = task.max_delay(Duration::from_millis(delay));
            LearnedPolicy.next_poll(&task).abs_diff(task.age)
        };
        assert!(pause(250, 100) < Duration::from_secs(5));
        assert!(pause(100, 100) > Duration::from_secs(60));
        assert!(pause(250, 10_000) > pause(250, 100) * 4);
        assert_eq!(LearnedPolicy.to_string(), "by learned durations");
    }

    /// A task of five minutes costs a third of what it cost with pauses that grow with the wait.
    #[test]
    fn a_single_task_of_five_minutes_is_polled_few_times() {
        let polls = |curve: &Curve| {
            let mut input = PollInput::new(Duration::ZERO, curve);
            let mut polls = 0;
            while input.age < Duration::from_secs(300) {
                input = PollInput::new(LearnedPolicy.next_poll(&input), curve);
                polls += 1;
            }
            polls
        };
        let unknown = polls(&Curve::new());
        assert!((15..48).contains(&unknown), "{unknown}");
        let mut learned = Curve::new();
        (0..100).for_each(|task| learned.observe(Duration::from_secs(260 + task)));
        let learned = polls(&learned);
        assert!((2..20).contains(&learned), "{learned}");
    }
}

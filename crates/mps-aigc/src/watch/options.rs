//! Settings of waits and of the poll scheduler.

use std::{sync::Arc, time::Duration};

use super::{
    curves::Curves,
    policy::{LearnedPolicy, PollingPolicy},
};

/// Settings of a wait or a watch.
///
/// # Which answers end a wait
/// - The task is done or has failed.
/// - The task stopped after a stage that has to be confirmed:
///   [`ErrorKind::AwaitsConfirmation`](crate::ErrorKind::AwaitsConfirmation).
/// - The deadline, whose error carries the task id.
/// - After a create of this process: refusals (unknown task, invalid parameter, rejected
///   credentials and the like), when nothing else came for a minute and at least 5 times in a row.
///   A single one does not, since the service has answered such codes for tasks that exist.
/// - For a task from an id or a handle: the answer that the service does not know the task, and
///   missing credentials, both at once, unless the service has described the task before. Other
///   refusals do not end it.
/// - A task that is done but has no result URL is polled 5 more times, in half a minute, then the
///   wait ends with [`ErrorKind::Unfetchable`](crate::ErrorKind::Unfetchable). If the request named
///   a bucket for the result, the wait ends after 2 more polls, and the task is done.
///
/// Trouble of the network and the service, throttling and a status that this version does not list
/// never end a wait.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mps_aigc::WaitOptions;
///
/// let options = WaitOptions::new().timeout(Duration::from_secs(3_600));
/// assert_eq!(options.timeout, Duration::from_secs(3_600));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WaitOptions {
    /// Longest wait for each task, from the begin of the wait. Default: 30 minutes, as in the vendor's
    /// own scripts.
    pub timeout: Duration,
    pub(crate) policy: Option<Arc<dyn PollingPolicy>>,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30 * 60),
            policy: None,
        }
    }
}

impl WaitOptions {
    /// Returns the default settings: a timeout of 30 minutes and the polling policy of the client.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the longest wait for each task, from the begin of the wait. Default: 30 minutes.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Sets the time of the polls. Default: the policy of the client.
    #[must_use]
    pub fn policy(mut self, policy: impl PollingPolicy + 'static) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }
}

/// Settings of the poll scheduler of a client, for
/// [`Aigc::with_polling`](crate::Aigc::with_polling).
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mps_aigc::{Aigc, Credentials, FixedPause, PollSettings};
///
/// # fn example() -> Result<(), mps_aigc::Error> {
/// let builder = Aigc::builder().credentials(Credentials::new("AKIDEXAMPLE", "not a real key"));
/// let settings = PollSettings::new().budget(20.0).policy(FixedPause::new(Duration::from_secs(5)));
/// let aigc = Aigc::from_builder(builder)?.with_polling(settings);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PollSettings {
    /// Most polls a second of all waits together. Default: 40, of the 50 that the service allows, so
    /// that calls of people always find room.
    pub budget: f64,
    pub(crate) policy: Arc<dyn PollingPolicy>,
    pub(crate) curves: Curves,
}

impl PollSettings {
    /// Default budget, in polls a second.
    pub const BUDGET: f64 = 40.0;

    /// Returns the default settings: 40 polls a second, at times learned from earlier tasks, and
    /// nothing learned yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            budget: Self::BUDGET,
            policy: Arc::new(LearnedPolicy),
            curves: Curves::new(),
        }
    }

    /// Sets the most polls a second of all waits together. Default: 40. Numbers that are not positive
    /// count as one poll in 1,000 s.
    #[must_use]
    pub fn budget(mut self, polls_a_second: f64) -> Self {
        self.budget = polls_a_second;
        self
    }

    /// Sets the time of the polls. Default: [`LearnedPolicy`].
    #[must_use]
    pub fn policy(mut self, policy: impl PollingPolicy + 'static) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Sets what was learned by earlier clients. Default: nothing.
    #[must_use]
    pub fn curves(mut self, curves: Curves) -> Self {
        self.curves = curves;
        self
    }
}

impl Default for PollSettings {
    fn default() -> Self {
        Self::new()
    }
}

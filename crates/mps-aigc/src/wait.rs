//! Waiting for a task: when to poll, and which answers end the wait.

use std::time::Duration;

use mps_models::TaskPhase;

use crate::family::Snapshot;

mod pauses;
mod refusals;

pub(crate) use self::{pauses::Pauses, refusals::Refusals};

/// Settings of a wait.
///
/// # Which answers end a wait
/// - The task is done or has failed.
/// - The deadline, whose error carries the task id.
/// - After a create of this process: refusals (unknown task, invalid parameter, rejected
///   credentials and the like), when nothing else came for a minute and at least 5 times in a row.
///   A single one does not, since the service has answered such codes for tasks that exist.
/// - For a task from its id alone: the answer that the service does not know the task, twice in a
///   row; missing credentials, at once; other refusals as above.
/// - A task that is done but has no result URL is polled 5 more times, in half a minute, then the
///   wait ends with [`ErrorKind::Unfetchable`](crate::ErrorKind::Unfetchable). If the request named
///   a bucket for the result, the wait ends after 2 more polls, and the task is done.
/// - The task stopped after a stage that has to be confirmed:
///   [`ErrorKind::AwaitsConfirmation`](crate::ErrorKind::AwaitsConfirmation).
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WaitOptions {
    /// Longest wait. Default: 30 minutes, as in the vendor's own scripts.
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
    /// Returns the default settings: a timeout of 30 minutes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the longest wait. Default: 30 minutes.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }
}

/// Returns the pauses before a task that is done is polled again for the URL of its result, which the
/// service is known to write after the status; empty if there is nothing to wait for.
///
/// A result in a bucket of the caller's may never get a URL, so it is waited for briefly.
pub(crate) fn pauses_without_url(snapshot: &Snapshot) -> &'static [Duration] {
    let is_done = snapshot.phase == TaskPhase::Succeeded && snapshot.awaiting.is_none();
    if !is_done || snapshot.results.iter().any(|file| file.url().is_some()) {
        return &[];
    }
    let stored = !snapshot.results.is_empty();
    PAUSES_WITHOUT_URL
        .get(..if stored { 2 } else { 5 })
        .unwrap_or(&[])
}

const PAUSES_WITHOUT_URL: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];

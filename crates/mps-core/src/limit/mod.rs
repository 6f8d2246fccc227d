//! Permission to start a request: at most so many in any one second.

use std::{error, fmt, time::Duration};

use crate::BoxFuture;

mod local;
mod ring;

pub use self::{
    local::LocalLimiter,
    ring::{FENCE, Ring, Slot, WINDOW},
};

/// What is asked for: one start of an action.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The action; each has a limit of its own.
    pub action: &'a str,
    /// Most starts in any one second.
    pub limit: u32,
    /// Longest wait that still makes sense to the caller.
    pub patience: Duration,
}

/// Hands out permits. One limiter stands for one account.
pub trait Limiter: fmt::Debug + Send + Sync {
    /// Waits for the turn to start, in the order of arrival.
    ///
    /// Dropping the future gives the place up.
    ///
    /// # Errors
    /// [`TooLong`] at once when the turn would come only after the caller's patience.
    fn acquire<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Permit, TooLong>>;

    /// The service throttled a call that this limiter allowed: leave more room from now on.
    fn throttled(&self, action: &str);
}

/// Leave to start one request now, or very soon after now.
///
/// Dropped unused, its place is given back where that is possible.
pub struct Permit {
    latest: Duration,
    lease: Option<Box<dyn Lease>>,
}

/// The limiter's side of a permit.
pub trait Lease: Send + Sync {
    /// The permit was dropped unused.
    fn give_back(self: Box<Self>);
}

impl Permit {
    /// A permit to start no later than `latest` on the limiter's monotonic clock.
    #[must_use]
    pub fn new(latest: Duration, lease: Box<dyn Lease>) -> Self {
        Self {
            latest,
            lease: Some(lease),
        }
    }

    /// Uses the permit at the time `now`; false when it came too late and must be asked for
    /// again. Either way its place is spent.
    #[must_use]
    pub fn start(mut self, now: Duration) -> bool {
        self.lease = None;
        now <= self.latest
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("latest", &self.latest)
            .finish_non_exhaustive()
    }
}

/// The turn would come later than the caller can wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// How long the wait would have been.
    pub wait: Duration,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the rate limit allows this call only in {:.1} s",
            self.wait.as_secs_f64()
        )
    }
}

impl error::Error for TooLong {}

//! Permission to start a request: at most so many in any one second.
//!
//! One algorithm, the fenced [`Ring`], wherever its slots are kept:
//!
//! | limiter | holds for | kept in |
//! |---|---|---|
//! | [`LocalLimiter`] | the clients of this process | memory |
//! | `FileLimiter` (feature `file-limit`, Unix) | all processes of this machine | a small file |
//! | `RedisLimiter` (feature `redis`) | all hosts | a key of a Redis server |
//! | [`Stacked`] | this process, with a share of any of them | both |
//! | [`Reserved`] | all who share one of them, and go on slowly without it | both |
//!
//! What is shared can be lost. Then nobody knows what others have just started, and all of them
//! assume the worst and wait; a limiter that cannot be asked at all lets nobody start.

use std::{fmt, sync::Arc};

use crate::BoxFuture;

mod error;
#[cfg(all(unix, feature = "file-limit"))]
mod file;
mod line;
mod local;
mod permit;
mod queue;
#[cfg(feature = "redis")]
mod redis;
mod reserved;
mod ring;
#[cfg(any(all(unix, feature = "file-limit"), feature = "redis"))]
mod shared;
mod stacked;
mod stats;

#[cfg(all(unix, feature = "file-limit"))]
pub use self::file::FileLimiter;
#[cfg(feature = "redis")]
pub use self::redis::RedisLimiter;
pub use self::{
    error::{LimitError, TooLong, Unavailable},
    local::LocalLimiter,
    permit::{Permit, PermitRequest},
    reserved::{Reserve, Reserved},
    stacked::Stacked,
    stats::LimitStats,
};
use self::{
    queue::{Queue, Turn},
    ring::{Ring, START_TOLERANCE, Slot, WINDOW},
};

/// Parts of the algorithm, for tests of this workspace. Not covered by semantic versioning.
#[cfg(any(test, feature = "test-util"))]
#[doc(hidden)]
pub mod internals {
    #[cfg(feature = "redis")]
    pub use super::redis::SCRIPT as REDIS_SCRIPT;
    pub use super::{
        queue::{HORIZON, Queue, Turn},
        ring::{Ring, START_TOLERANCE, Slot, WINDOW},
    };
}

/// Hands out permits. One limiter stands for one account.
pub trait Limiter: fmt::Debug + Send + Sync {
    /// Waits for the turn to start, in the order of arrival.
    ///
    /// Dropping the future gives the place up.
    ///
    /// # Errors
    /// [`LimitError::TooLong`] when the turn comes only after the caller's `max_wait`, as soon as
    /// that is known; [`LimitError::Unavailable`] when what is shared with others cannot be
    /// reached, which is never taken for leave to start.
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>>;

    /// The service throttled a call that this limiter allowed: leave more room from now on.
    fn throttled(&self, action: &str);

    /// What it has done for an action; `None` when it was never asked, or does not count.
    fn stats(&self, action: &str) -> Option<LimitStats> {
        let _ = action;
        None
    }
}

/// Shared by clients, or chosen at run time.
impl<L: Limiter + ?Sized> Limiter for Arc<L> {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        (**self).acquire(request)
    }

    fn throttled(&self, action: &str) {
        (**self).throttled(action);
    }

    fn stats(&self, action: &str) -> Option<LimitStats> {
        (**self).stats(action)
    }
}

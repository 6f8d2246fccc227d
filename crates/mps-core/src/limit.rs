//! Rate limiting: permits for at most N starts of an action in any window of one second.
//!
//! One algorithm, a ring of the last N slots (`limit/ring.rs`), wherever its state is kept:
//!
//! | limiter | scope | state |
//! |---|---|---|
//! | [`LocalLimiter`] (default of a client) | the clients of this process | memory |
//! | `FileLimiter` (feature `file-limit`, Unix) | all processes of this machine | a small file |
//! | `RedisLimiter` (feature `redis`) | all hosts | a key of a Redis server |
//! | `PostgresLimiter` (feature `postgres`) | all hosts | a row of a PostgreSQL server |
//! | [`Stacked`] | this process, with a share of any other limiter | both |
//! | [`Reserved`] | all users of a shared limiter, at a lower rate while it is away | both |
//!
//! Shared state can be lost. Then no process can know which calls others have just started, so
//! creates wait for about one second. A limiter whose state is unavailable grants no create. Reads
//! cost nothing and are safe to repeat: they skip both rules, and are limited within the process
//! while the shared state is unavailable.

use std::{fmt, sync::Arc};

use crate::BoxFuture;

mod account;
mod caller_queue;
mod error;
mod events;
#[cfg(all(unix, feature = "file-limit"))]
mod file;
mod local;
mod permit;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod reserved;
#[cfg_attr(
    not(any(test, feature = "test-util")),
    expect(unreachable_pub, reason = "public in `internals` only")
)]
mod ring;
#[cfg(any(
    all(unix, feature = "file-limit"),
    feature = "redis",
    feature = "postgres"
))]
mod shared;
#[cfg(any(
    test,
    feature = "test-util",
    feature = "postgres",
    all(unix, feature = "file-limit")
))]
#[cfg_attr(
    not(any(test, feature = "test-util")),
    expect(unreachable_pub, reason = "public in `internals` only")
)]
mod slot_queue;
mod stacked;
mod stats;

#[cfg(all(unix, feature = "file-limit"))]
pub use self::file::FileLimiter;
#[cfg(feature = "postgres")]
pub use self::postgres::PostgresLimiter;
#[cfg(feature = "redis")]
pub use self::redis::RedisLimiter;
pub use self::{
    account::Account,
    error::{LimitError, TooLong, Unavailable},
    local::LocalLimiter,
    permit::{Permit, PermitRequest},
    reserved::{Reserve, Reserved},
    stacked::Stacked,
    stats::LimitStats,
};

/// Parts of the algorithm, for the tests of this workspace. Not covered by semantic versioning.
#[cfg(any(test, feature = "test-util"))]
#[doc(hidden)]
pub mod internals {
    #[cfg(feature = "redis")]
    pub use super::redis::SCRIPT as REDIS_SCRIPT;
    pub use super::{
        ring::{GRANT_AHEAD, START_TOLERANCE, Slot, WINDOW},
        slot_queue::{Decision, SlotQueue},
    };
}

/// A rate limiter for the calls of one account.
pub trait Limiter: fmt::Debug + Send + Sync {
    /// Waits for a permit, in the order of arrival.
    ///
    /// # Errors
    /// Returns [`LimitError::TooLong`] as soon as it is known that the permit would come later than
    /// [`max_wait`](PermitRequest::max_wait) allows, and [`LimitError::Unavailable`] when shared
    /// state cannot be read or written. The latter never counts as a permit.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the queue; a slot that was already granted is released.
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>>;

    /// Records that the service throttled a call of `action` that this limiter had permitted. The
    /// limiter leaves more room between starts for some seconds.
    fn throttled(&self, action: &str);

    /// Returns the counts for an action. Returns `None` when the action was never requested, or,
    /// by default, when the limiter does not count.
    fn stats(&self, action: &str) -> Option<LimitStats> {
        let _ = action;
        None
    }
}

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

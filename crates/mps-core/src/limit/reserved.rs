//! A few starts set aside from a shared limit, which need no reply from others.

use std::pin::pin;

use futures_util::future::{Either, select};

use super::{
    LimitError, LimitStats, Limiter, Permit, PermitRequest, TooLong,
    caller_queue::{CallerQueue, CallerQueues},
    events,
};
use crate::{BoxFuture, clock::SharedClock};

/// The part of a limit that is set aside: `share` starts in any one second for each of `owners`.
///
/// Every owner must use the same values. Of a limit of N, the owners share the rest,
/// N − `owners` × `share`; where no rest would be left, nothing is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reserve {
    /// Starts in any one second that each owner keeps for itself.
    pub share: u32,
    /// The highest number of owners within one second. While a host is replaced, the old and the
    /// new one both count.
    pub owners: u32,
}

impl Reserve {
    /// Returns the part of a limit that all owners share; `None` when nothing is set aside.
    fn rest(self, limit: u32) -> Option<u32> {
        let reserved = self.share.checked_mul(self.owners)?;
        let rest = limit.checked_sub(reserved)?;
        (reserved > 0 && rest > 0).then_some(rest)
    }
}

/// A [`Limiter`] that continues at a lower rate while the limiter it shares is unavailable.
///
/// The limit is split once: the shared limiter never grants the part that each owner keeps. So it
/// does not matter which owners can reach the shared limiter, nor when it fails and recovers: the
/// parts are separate limits that add up to the whole. A caller takes whichever start is first, its
/// owner's or a shared one.
///
/// The split costs no rate while all owners are busy. The share of an idle owner is lost to the
/// others: an owner that works alone reaches N − (`owners` − 1) × `share`. While the shared limiter
/// is unavailable, each owner has its `share`.
///
/// The limiter passed as `own` defines the owner: a process with a
/// [`LocalLimiter`](super::LocalLimiter), a machine with a `FileLimiter`. Both wait for one second
/// after a restart by themselves; a limiter of your own must do the same.
///
/// # Example
/// ```
/// use mps_core::{clock::SystemClock, limit::{LocalLimiter, Reserve, Reserved}};
///
/// let clock = SystemClock::shared();
/// let fleet = LocalLimiter::new(clock.clone()); // in place of a `RedisLimiter`
/// // Of ten starts a second, six for all and one for each of at most four processes.
/// let reserve = Reserve { share: 1, owners: 4 };
/// let limiter = Reserved::new(fleet, LocalLimiter::new(clock.clone()), reserve, clock);
/// ```
#[derive(Debug)]
pub struct Reserved<S, O> {
    shared: S,
    own: O,
    reserve: Reserve,
    clock: SharedClock,
    queues: CallerQueues,
}

impl<S: Limiter, O: Limiter> Reserved<S, O> {
    /// Returns a limiter that takes `reserve` out of the limit of `shared`, and keeps this owner's
    /// part of it in `own`.
    ///
    /// All users of `shared` must set aside the same.
    pub fn new(shared: S, own: O, reserve: Reserve, clock: SharedClock) -> Self {
        Self {
            shared,
            own,
            reserve,
            clock,
            queues: CallerQueues::default(),
        }
    }

    async fn first_of_both(
        &self,
        queue: &CallerQueue,
        request: PermitRequest<'_>,
    ) -> Result<Permit, LimitError> {
        let Some(rest) = self.reserve.rest(request.limit) else {
            return self.shared.acquire(request).await;
        };
        let end = self.clock.monotonic().saturating_add(request.max_wait);
        // Only the first caller of the queue asks.
        let _first = queue
            .wait_to_be_first(&*self.clock, request.max_wait)
            .await?;
        let request = request.max_wait(end.saturating_sub(self.clock.monotonic()));
        let own = pin!(self.own.acquire(request.limit(self.reserve.share)));
        let shared = self.shared.acquire(request.limit(rest));
        // Its own first, because that takes nothing from the other owners.
        match select(own, shared).await {
            Either::Left((Ok(permit), _)) | Either::Right((Ok(permit), _)) => Ok(permit),
            Either::Left((Err(own), shared)) => shared.await.map_err(|shared| reason(shared, &own)),
            Either::Right((Err(shared), own)) => {
                if let LimitError::Unavailable(error) = &shared {
                    events::reserve(request.action, error);
                }
                own.await.map_err(|own| reason(shared, &own))
            }
        }
    }
}

/// Returns why neither limiter granted a permit: the shorter of two waits, or the failure of the
/// shared one.
fn reason(shared: LimitError, own: &LimitError) -> LimitError {
    match (shared, own) {
        (LimitError::TooLong(shared), LimitError::TooLong(own)) => TooLong {
            wait: shared.wait.min(own.wait),
        }
        .into(),
        (shared, _) => shared,
    }
}

impl<S: Limiter, O: Limiter> Limiter for Reserved<S, O> {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            let queue = self.queues.of(request.action);
            queue.count(self.first_of_both(&queue, request)).await
        })
    }

    /// Records throttling for both limiters, because the service does not say which start was one
    /// too many.
    fn throttled(&self, action: &str) {
        self.queues.record_throttling(action);
        self.shared.throttled(action);
        self.own.throttled(action);
    }

    /// Returns the counts of this limiter, with the tolerance of the shared one.
    fn stats(&self, action: &str) -> Option<LimitStats> {
        self.queues.stats(action, &self.shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up_to_the_limit_or_nothing_is_set_aside() {
        let rest = |share, owners| Reserve { share, owners }.rest(10);
        assert_eq!(rest(1, 4), Some(6));
        assert_eq!(rest(3, 3), Some(1));
        for (share, owners) in [(1, 10), (5, 3), (0, 4), (4, 0), (1 << 31, 2)] {
            assert_eq!(rest(share, owners), None, "{share} for {owners}");
        }
    }
}

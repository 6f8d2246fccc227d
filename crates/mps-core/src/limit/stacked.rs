//! A limit of this process under a limit that it shares.

use std::time::Duration;

use super::{
    LimitError, LimitStats, Limiter, LocalLimiter, Permit, PermitRequest, TooLong,
    caller_queue::{CallerQueue, CallerQueues},
};
use crate::{BoxFuture, clock::SharedClock};

/// A [`Limiter`] that gives this process a share of another limiter: a start needs both, and
/// uses both or neither. Stack it again for more levels.
///
/// A caller first waits until the process's own share has room, without reserving it; then it
/// acquires the shared permit; then it reserves its own slot, which is still free because callers
/// go one after the other. So waiting for one limit wastes nothing of the other.
///
/// A permit is granted ahead of its slot ([`PermitRequest::lead`]) only while the shared limit is the
/// one that is waited for, so a [`Gate`](crate::Gate) should take less than 50 ms.
///
/// # Example
/// ```
/// use mps_core::{clock::SystemClock, limit::{LocalLimiter, Stacked}};
///
/// let clock = SystemClock::shared();
/// let account = LocalLimiter::new(clock.clone());
/// let limiter = Stacked::new(account, 4, clock); // at most 4 of the account's 10 starts a second
/// ```
#[derive(Debug)]
pub struct Stacked<L> {
    shared: L,
    own: LocalLimiter,
    share: u32,
    clock: SharedClock,
    queues: CallerQueues,
}

impl<L: Limiter> Stacked<L> {
    /// Returns a limiter for at most `share` of the starts that `shared` allows in any one second;
    /// 0 counts as 1.
    pub fn new(shared: L, share: u32, clock: SharedClock) -> Self {
        Self {
            shared,
            // The shared limiter counts the starts before this process.
            own: LocalLimiter::without_warm_up(clock.clone()),
            share,
            clock,
            queues: CallerQueues::default(),
        }
    }

    async fn wait_for_both(
        &self,
        queue: &CallerQueue,
        request: PermitRequest<'_>,
    ) -> Result<Permit, LimitError> {
        let end = self.clock.monotonic().saturating_add(request.max_wait);
        let _first = queue
            .wait_to_be_first(&*self.clock, request.max_wait)
            .await?;
        let own = request.limit(self.share.min(request.limit));
        self.wait_for_own(&own, end).await?;
        let shared = self.shared.acquire(request.max_wait(self.time_left(end)));
        let shared = shared.await?;
        // Both slots begin at the same time, also when the shared one is granted ahead.
        let own = self.own.permit_from(&own, shared.opens_in());
        Ok(own.and(shared))
    }

    async fn wait_for_own(&self, own: &PermitRequest<'_>, end: Duration) -> Result<(), LimitError> {
        let wait = self.own.next_slot_in(own);
        if wait > self.time_left(end) {
            return Err(TooLong { wait }.into());
        }
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        Ok(())
    }

    fn time_left(&self, end: Duration) -> Duration {
        end.saturating_sub(self.clock.monotonic())
    }
}

impl<L: Limiter> Limiter for Stacked<L> {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            let queue = self.queues.of(request.action);
            queue.count(self.wait_for_both(&queue, request)).await
        })
    }

    /// Records throttling for the shared limiter only: the service counts the account, not the
    /// share.
    fn throttled(&self, action: &str) {
        self.queues.record_throttling(action);
        self.shared.throttled(action);
    }

    /// Returns the counts of this limiter, with the tolerance of the shared one.
    fn stats(&self, action: &str) -> Option<LimitStats> {
        self.queues.stats(action, &self.shared)
    }
}

//! A limit of this process under one that it shares.

use std::time::Duration;

use super::{
    LimitError, LimitStats, Limiter, LocalLimiter, Permit, PermitRequest, TooLong,
    line::{Line, Lines},
};
use crate::{BoxFuture, clock::SharedClock};

/// A [`Limiter`] that gives this process a share of another one's starts: both must allow a
/// start, or neither is used. Stack again for more levels.
///
/// First it waits until its own share has room, without taking it; then it asks the other one;
/// then it takes its own, which is free because callers come here one after the other. So a wait
/// for either burns nothing of the other, and who leaves at any point leaves nothing behind.
///
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
    lines: Lines,
}

impl<L: Limiter> Stacked<L> {
    /// At most `share` of the starts that `shared` allows in any one second; 0 is taken as 1.
    pub fn new(shared: L, share: u32, clock: SharedClock) -> Self {
        Self {
            shared,
            own: LocalLimiter::new(clock.clone()),
            share,
            clock,
            lines: Lines::default(),
        }
    }

    async fn wait_for_both(
        &self,
        line: &Line,
        request: PermitRequest<'_>,
    ) -> Result<Permit, LimitError> {
        let end = self.clock.monotonic().saturating_add(request.max_wait);
        let _first = line.head(&*self.clock, request.max_wait).await?;
        let own = PermitRequest {
            limit: self.share.min(request.limit),
            max_wait: Duration::ZERO,
            ..request
        };
        self.wait_for_own(&own, end).await?;
        let shared = PermitRequest {
            max_wait: self.time_left(end),
            ..request
        };
        let shared = self.shared.acquire(shared).await?;
        Ok(self.own.acquire(own).await?.and(shared))
    }

    async fn wait_for_own(&self, own: &PermitRequest<'_>, end: Duration) -> Result<(), LimitError> {
        let wait = self.own.next_turn_in(own);
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
            let line = self.lines.of(request.action);
            line.count(self.wait_for_both(&line, request)).await
        })
    }

    /// Only the other one learns it: the share says nothing about what the service counts.
    fn throttled(&self, action: &str) {
        self.lines.throttled(action);
        self.shared.throttled(action);
    }

    /// Its own counts, with the fence of the other one.
    fn stats(&self, action: &str) -> Option<LimitStats> {
        self.lines.stats(action, &self.shared)
    }
}

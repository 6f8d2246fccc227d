//! A limit of this process under one that it shares.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{LimitError, LimitStats, Limiter, LocalLimiter, Permit, Start, TooLong, stats::Meter};
use crate::{
    BoxFuture,
    clock::{SharedClock, timeout},
};

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
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
}

#[derive(Debug, Default)]
struct Lane {
    /// Who holds this is first in line.
    head: tokio::sync::Mutex<()>,
    meter: Meter,
}

impl<L: Limiter> Stacked<L> {
    /// At most `share` of the starts that `shared` allows in any one second; 0 is taken as 1.
    pub fn new(shared: L, share: u32, clock: SharedClock) -> Self {
        Self {
            shared,
            own: LocalLimiter::new(clock.clone()),
            share,
            clock,
            lanes: Mutex::default(),
        }
    }

    fn lane(&self, action: &str) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(action.to_owned()).or_default().clone()
    }

    async fn wait_for_both(&self, lane: &Lane, start: Start<'_>) -> Result<Permit, LimitError> {
        let end = self.clock.monotonic().saturating_add(start.patience);
        let first = timeout(&*self.clock, start.patience, lane.head.lock()).await;
        let _first = first.ok_or(TooLong {
            wait: start.patience,
        })?;
        let own = Start {
            limit: self.share.min(start.limit),
            patience: Duration::ZERO,
            ..start
        };
        self.wait_for_own(&own, end).await?;
        let shared = Start {
            patience: self.time_left(end),
            ..start
        };
        let shared = self.shared.acquire(shared).await?;
        Ok(self.own.acquire(own).await?.and(shared))
    }

    async fn wait_for_own(&self, own: &Start<'_>, end: Duration) -> Result<(), LimitError> {
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
    fn acquire<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            let lane = self.lane(start.action);
            let (waiting, _ahead) = lane.meter.wait();
            let outcome = self.wait_for_both(&lane, start).await;
            waiting.over();
            lane.meter.count(outcome.as_ref().map(drop));
            outcome
        })
    }

    /// Only the other one learns it: the share says nothing about what the service counts.
    fn throttled(&self, action: &str) {
        self.lane(action).meter.throttled();
        self.shared.throttled(action);
    }

    /// Its own counts, with the fence of the other one.
    fn stats(&self, action: &str) -> Option<LimitStats> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let own = lanes.get(action)?.meter.stats(Duration::ZERO);
        let fence = self.shared.stats(action).map(|shared| shared.fence);
        Some(LimitStats {
            fence: fence.unwrap_or(own.fence),
            ..own
        })
    }
}

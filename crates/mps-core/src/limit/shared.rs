//! A limiter whose slots are kept outside of this process.
//!
//! Within the process callers wait in a queue of their own, first come, first served, and only the
//! first of them sends requests: a process never has more than one unused slot. Callers that take
//! their permits ahead of the slot (`PermitRequest::lead`) may have as many as are granted ahead.
//!
//! Two clocks meet here. The slot is a time on the store's clock; this process learns how far away
//! it is and counts that on its own clock. It starts no sooner than that after the reply arrived,
//! so not before the slot; and no later than that plus the tolerance after the request was sent, so
//! not after the slot's tolerance. No clock needs to be set for this to be true.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use mps_models::Effect;

use super::{
    LimitError, LimitStats, Limiter, LocalLimiter, Permit, PermitRequest, TooLong, events,
    ring::{START_TOLERANCE, WINDOW},
    stats::Counters,
};
use crate::{
    BoxFuture,
    clock::{SharedClock, timeout},
    sync::lock,
};

#[cfg(any(feature = "redis", feature = "postgres"))]
mod clock_guard;
#[cfg(any(feature = "redis", feature = "postgres"))]
mod clock_step;
#[cfg(any(all(unix, feature = "file-limit"), feature = "postgres"))]
mod state;
mod store;
mod turn;

#[cfg(any(all(unix, feature = "file-limit"), feature = "postgres"))]
pub(super) use self::state::State;
pub(super) use self::store::{SlotReply, SlotRequest, Store, StoreDecision, StoreError};
use self::turn::QueueTurn;
#[cfg(any(feature = "redis", feature = "postgres"))]
pub(super) use self::{clock_guard::ClockGuard, clock_step::ClockReading, store::slow_reply};

/// The time for which reads skip a store that failed, so that not each of them waits for it.
const READS_SKIP_STORE_FOR: Duration = Duration::from_secs(5);
/// Process ids are below this: Redis scripts count with floating-point numbers, which are exact up
/// to 2^53.
const HIGHEST_PROCESS_ID: u64 = 1 << 52;

/// A [`Limiter`] over a [`Store`].
#[derive(Debug)]
pub(super) struct Shared<S> {
    store: Arc<S>,
    clock: SharedClock,
    actions: Mutex<HashMap<String, Arc<ActionQueue>>>,
    /// The limit of reads while the store is unavailable.
    reads: LocalLimiter,
    /// The time until which reads skip the store, in nanoseconds of the clock.
    reads_skip_until_ns: AtomicU64,
}

/// The callers of one action in this process.
#[derive(Debug)]
struct ActionQueue {
    /// Its owner sends requests; waiting for it is first come, first served.
    first: tokio::sync::Mutex<()>,
    counters: Counters,
    process: u64,
    throttled: AtomicU32,
    widening_ns: AtomicU64,
}

impl<S: Store> Shared<S> {
    pub(super) fn new(store: S, clock: SharedClock) -> Self {
        Self {
            store: Arc::new(store),
            reads: LocalLimiter::without_warm_up(clock.clone()),
            clock,
            actions: Mutex::default(),
            reads_skip_until_ns: AtomicU64::new(0),
        }
    }

    fn known_queue(&self, action: &str) -> Option<Arc<ActionQueue>> {
        lock(&self.actions).get(action).cloned()
    }

    fn queue(&self, action: &str) -> Arc<ActionQueue> {
        let mut actions = lock(&self.actions);
        if let Some(queue) = actions.get(action) {
            return queue.clone();
        }
        let queue = Arc::new(ActionQueue::new());
        actions.insert(action.to_owned(), queue.clone());
        queue
    }

    async fn wait_for_turn(
        &self,
        queue: &Arc<ActionQueue>,
        ahead: u64,
        request: PermitRequest<'_>,
    ) -> Result<Permit, LimitError> {
        let end = self.clock.monotonic().saturating_add(request.max_wait);
        let wait = shortest_wait(ahead, request.limit);
        if wait > request.max_wait {
            return Err(TooLong { wait }.into());
        }
        let first = timeout(&*self.clock, request.max_wait, queue.first.lock()).await;
        let _first = first.ok_or(TooLong {
            wait: request.max_wait,
        })?;
        if request.effect == Effect::Read {
            return self.wait_as_read(queue, request, end).await;
        }
        self.ask_store(queue, request, end).await
    }

    async fn ask_store(
        &self,
        queue: &Arc<ActionQueue>,
        request: PermitRequest<'_>,
        end: Duration,
    ) -> Result<Permit, LimitError> {
        let mut turn = QueueTurn {
            shared: self,
            queue,
            request,
            end,
            failures: None,
        };
        loop {
            if let Some(permit) = turn.ask().await? {
                return Ok(permit);
            }
        }
    }

    /// Asks the store, or, while it is unavailable, the limit of this process: a store without
    /// space or without a connection is no reason to lose sight of a paid task.
    async fn wait_as_read(
        &self,
        queue: &Arc<ActionQueue>,
        request: PermitRequest<'_>,
        end: Duration,
    ) -> Result<Permit, LimitError> {
        let skip_until = Duration::from_nanos(self.reads_skip_until_ns.load(Relaxed));
        if self.clock.monotonic() >= skip_until {
            match self.ask_store(queue, request, end).await {
                Err(LimitError::Unavailable(error)) => {
                    events::read_fallback(request.action, &error);
                    let until = self.clock.monotonic() + READS_SKIP_STORE_FOR;
                    self.reads_skip_until_ns.store(nanos(until), Relaxed);
                }
                outcome => return outcome,
            }
        }
        let left = end.saturating_sub(self.clock.monotonic());
        self.reads.acquire(request.max_wait(left)).await
    }
}

impl<S: Store> Limiter for Shared<S> {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            let queue = self.queue(request.action);
            let (waiting, ahead) = queue.counters.wait();
            let outcome = self.wait_for_turn(&queue, ahead, request).await;
            waiting.finish();
            queue.counters.record_outcome(outcome.as_ref().map(drop));
            outcome
        })
    }

    /// Reported to the other processes with the next request.
    fn throttled(&self, action: &str) {
        let queue = self.queue(action);
        queue.counters.record_throttling();
        queue.throttled.fetch_add(1, Relaxed);
    }

    fn stats(&self, action: &str) -> Option<LimitStats> {
        let queue = self.known_queue(action)?;
        let widening = Duration::from_nanos(queue.widening_ns.load(Relaxed));
        Some(queue.counters.stats(widening))
    }
}

impl ActionQueue {
    fn new() -> Self {
        Self {
            first: tokio::sync::Mutex::default(),
            counters: Counters::default(),
            process: fastrand::u64(1..=HIGHEST_PROCESS_ID),
            throttled: AtomicU32::new(0),
            widening_ns: AtomicU64::new(0),
        }
    }

    /// Records the room between starts that throttling has added, as of the store's last reply.
    fn record_widening(&self, action: &str, widening: Duration) {
        let before = self.widening_ns.swap(nanos(widening), Relaxed);
        if before < nanos(widening) {
            events::widened(action, widening);
        }
    }
}

/// Returns the wait that callers of this process ahead cause, whatever other processes do.
fn shortest_wait(ahead: u64, limit: u32) -> Duration {
    let rounds = ahead / u64::from(limit.max(1));
    (WINDOW + START_TOLERANCE).saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;

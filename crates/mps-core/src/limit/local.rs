//! The limit of one process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    LimitError, LimitStats, Limiter, Permit, PermitRequest, Ring, Slot, TooLong,
    permit::Reservation, stats::Meter,
};
use crate::{BoxFuture, clock::SharedClock, telemetry};

/// A [`Limiter`] for the clients of this process, one [`Ring`] an action. Clones share it.
///
/// The wait of every caller is known as it arrives, so who cannot wait is told at once.
#[derive(Clone, Debug)]
pub struct LocalLimiter {
    clock: SharedClock,
    lanes: Arc<Mutex<BTreeMap<String, Arc<Lane>>>>,
}

/// What belongs to one action.
#[derive(Debug)]
struct Lane {
    clock: SharedClock,
    ring: Mutex<Ring>,
    meter: Meter,
}

impl LocalLimiter {
    /// A limiter on `clock`.
    #[must_use]
    pub fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            lanes: Arc::default(),
        }
    }

    /// Returns a limiter that does not wait before its first start.
    ///
    /// For callers that know that nothing was started in the second before, such as the owner of
    /// an emulator.
    #[must_use]
    pub fn without_warm_up(clock: SharedClock) -> Self {
        Self::new(clock)
    }

    fn lane(&self, request: &PermitRequest<'_>) -> Arc<Lane> {
        let mut lanes = lock(&self.lanes);
        if let Some(lane) = lanes.get(request.action) {
            return lane.clone();
        }
        let lane = Arc::new(Lane {
            clock: self.clock.clone(),
            ring: Mutex::new(Ring::new(request.limit)),
            meter: Meter::default(),
        });
        lanes.insert(request.action.to_owned(), lane.clone());
        lane
    }

    /// Takes the next slot, and tells how far away it is.
    fn reserve(&self, request: PermitRequest<'_>) -> Result<(LocalLease, Duration), LimitError> {
        let lane = self.lane(&request);
        let now = self.clock.monotonic();
        let slot = lock(&lane.ring).reserve(now);
        let wait = slot.at().saturating_sub(now);
        if wait <= request.max_wait {
            return Ok((LocalLease { lane, slot }, wait));
        }
        lock(&lane.ring).give_back(slot);
        let error = TooLong { wait }.into();
        lane.meter.count(Err(&error));
        Err(error)
    }

    /// How long the next start has to wait, without taking its slot.
    pub(super) fn next_turn_in(&self, request: &PermitRequest<'_>) -> Duration {
        let now = self.clock.monotonic();
        let turn = lock(&self.lane(request).ring).turn(now, 0);
        turn.saturating_sub(now)
    }
}

impl Limiter for LocalLimiter {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            let (lease, wait) = self.reserve(request)?;
            if wait.is_zero() {
                lease.lane.meter.count(Ok(()));
                return Ok(Permit::new(lease));
            }
            let lane = lease.lane.clone();
            // Dropped while it waits, it gives its slot back.
            let permit = Permit::new(lease);
            let (waiting, _ahead) = lane.meter.wait();
            self.clock.sleep(wait).await;
            waiting.over();
            lane.meter.count(Ok(()));
            Ok(permit)
        })
    }

    fn throttled(&self, action: &str) {
        let lane = lock(&self.lanes).get(action).cloned();
        if let Some(lane) = lane {
            lane.meter.throttled();
            let mut ring = lock(&lane.ring);
            ring.widen(self.clock.monotonic());
            telemetry::limit_widened(action, ring.widened());
        }
    }

    fn stats(&self, action: &str) -> Option<LimitStats> {
        let lane = lock(&self.lanes).get(action).cloned()?;
        let mut ring = lock(&lane.ring);
        ring.narrow(self.clock.monotonic());
        Some(lane.meter.stats(ring.widened()))
    }
}

struct LocalLease {
    lane: Arc<Lane>,
    slot: Slot,
}

impl Reservation for LocalLease {
    fn is_in_time(&self) -> bool {
        self.lane.clock.monotonic() <= self.slot.latest()
    }

    fn give_back(self: Box<Self>) {
        self.lane.meter.given_back();
        lock(&self.lane.ring).give_back(self.slot);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use mps_models::Effect;

    use super::*;
    use crate::clock::{Clock, TestClock};

    fn wait(error: &LimitError) -> Duration {
        match error {
            LimitError::TooLong(too_long) => too_long.wait,
            other => panic!("{other}"),
        }
    }

    fn start(patience_s: u64) -> PermitRequest<'static> {
        PermitRequest::new("A", Effect::PaidCreate, 1).max_wait(Duration::from_secs(patience_s))
    }

    #[tokio::test]
    async fn the_second_start_waits_its_turn_and_a_third_is_told_how_long_it_would_be() {
        let clock = TestClock::new(0).auto_advance();
        let limiter = LocalLimiter::new(Arc::new(clock.clone()));
        assert!(limiter.acquire(start(5)).await.unwrap().start());
        assert!(limiter.acquire(start(5)).await.unwrap().start());
        assert_eq!(clock.monotonic(), Duration::from_millis(1_050));
        let refused = limiter.acquire(start(1)).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the rate limit allows this call only in 1.1 s"
        );
        // The refusal gave its place back.
        assert!(limiter.acquire(start(5)).await.unwrap().start());
        assert_eq!(clock.monotonic(), Duration::from_millis(2_100));
    }

    #[tokio::test]
    async fn a_permit_used_too_late_is_spent() {
        let clock = TestClock::new(0);
        let limiter = LocalLimiter::new(Arc::new(clock.clone()));
        let permit = limiter.acquire(start(5)).await.unwrap();
        clock.advance(Duration::from_millis(51));
        assert!(!permit.start());
        let refused = limiter.acquire(start(0)).await.unwrap_err();
        assert_eq!(wait(&refused), Duration::from_millis(999));
    }

    #[tokio::test]
    async fn a_dropped_permit_and_a_dropped_wait_give_their_places_back() {
        let clock = TestClock::new(0);
        let limiter = LocalLimiter::new(Arc::new(clock.clone()));
        drop(limiter.acquire(start(5)).await.unwrap());
        let _used = limiter.acquire(start(0)).await.unwrap().start();
        let mut waiting = limiter.acquire(start(5));
        assert!(
            std::future::poll_fn(|cx| std::task::Poll::Ready(
                waiting.as_mut().poll(cx).is_pending()
            ))
            .await
        );
        drop(waiting);
        let refused = limiter.acquire(start(0)).await.unwrap_err();
        assert_eq!(wait(&refused), Duration::from_millis(1_050));
        let stats = limiter.stats("A").unwrap();
        assert_eq!((stats.granted, stats.too_long, stats.waiting), (2, 1, 0));
        assert_eq!((stats.given_up, stats.given_back), (1, 2));
    }

    /// Asked through an `Arc`, as clients that share a limiter do.
    #[tokio::test]
    async fn a_throttled_call_leaves_more_room_for_a_minute() {
        let clock = TestClock::new(0).auto_advance();
        let limiter = Arc::new(LocalLimiter::new(Arc::new(clock.clone())));
        assert_eq!(limiter.stats("A"), None);
        limiter.throttled("A");
        assert_eq!(limiter.stats("A"), None);
        assert!(limiter.acquire(start(5)).await.unwrap().start());
        limiter.throttled("A");
        let stats = limiter.stats("A").unwrap();
        assert_eq!((stats.throttled, stats.tolerance.as_millis()), (1, 100));
        clock.advance(Duration::from_secs(60));
        assert_eq!(limiter.stats("A").unwrap().tolerance.as_millis(), 50);
    }
}

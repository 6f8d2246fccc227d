//! The limit of one process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Lease, Limiter, Permit, Ring, Slot, Start, TooLong};
use crate::{BoxFuture, clock::SharedClock};

/// A [`Limiter`] for the clients of this process, one [`Ring`] an action. Clones share it.
#[derive(Clone, Debug)]
pub struct LocalLimiter {
    clock: SharedClock,
    rings: Arc<Mutex<HashMap<String, SharedRing>>>,
}

type SharedRing = Arc<Mutex<Ring>>;

impl LocalLimiter {
    /// A limiter on `clock`.
    #[must_use]
    pub fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            rings: Arc::default(),
        }
    }

    fn ring(&self, action: &str, limit: u32) -> SharedRing {
        let mut rings = lock(&self.rings);
        if let Some(ring) = rings.get(action) {
            return ring.clone();
        }
        let ring = Arc::new(Mutex::new(Ring::new(limit)));
        rings.insert(action.to_owned(), ring.clone());
        ring
    }

    async fn wait_for_turn(&self, start: Start<'_>) -> Result<Permit, TooLong> {
        let now = self.clock.monotonic();
        let ring = self.ring(start.action, start.limit);
        let slot = lock(&ring).reserve(now);
        let (at, latest) = (slot.at(), slot.latest());
        let permit = Permit::new(latest, Box::new(LocalLease { ring, slot }));
        let wait = at.saturating_sub(now);
        if wait > start.patience {
            return Err(TooLong { wait });
        }
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        Ok(permit)
    }
}

impl Limiter for LocalLimiter {
    fn acquire<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Permit, TooLong>> {
        Box::pin(self.wait_for_turn(start))
    }

    fn throttled(&self, action: &str) {
        let ring = lock(&self.rings).get(action).cloned();
        if let Some(ring) = ring {
            lock(&ring).widen(self.clock.monotonic());
        }
    }
}

struct LocalLease {
    ring: SharedRing,
    slot: Slot,
}

impl Lease for LocalLease {
    fn give_back(self: Box<Self>) {
        lock(&self.ring).give_back(self.slot);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::{Clock, TestClock};

    fn start(patience_s: u64) -> Start<'static> {
        Start {
            action: "A",
            limit: 1,
            patience: Duration::from_secs(patience_s),
        }
    }

    #[tokio::test]
    async fn the_second_start_waits_its_turn_and_a_third_is_told_how_long_it_would_be() {
        let clock = TestClock::new(0).auto_advance();
        let limiter = LocalLimiter::new(Arc::new(clock.clone()));
        assert!(
            limiter
                .acquire(start(5))
                .await
                .unwrap()
                .start(clock.monotonic())
        );
        assert!(
            limiter
                .acquire(start(5))
                .await
                .unwrap()
                .start(clock.monotonic())
        );
        assert_eq!(clock.monotonic(), Duration::from_millis(1_050));
        let refused = limiter.acquire(start(1)).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the rate limit allows this call only in 1.1 s"
        );
        // The refusal gave its place back.
        assert!(
            limiter
                .acquire(start(5))
                .await
                .unwrap()
                .start(clock.monotonic())
        );
        assert_eq!(clock.monotonic(), Duration::from_millis(2_100));
    }

    #[tokio::test]
    async fn a_permit_used_too_late_is_spent() {
        let clock = TestClock::new(0);
        let limiter = LocalLimiter::new(Arc::new(clock.clone()));
        let permit = limiter.acquire(start(5)).await.unwrap();
        clock.advance(Duration::from_millis(51));
        assert!(!permit.start(clock.monotonic()));
        let refused = limiter.acquire(start(0)).await.unwrap_err();
        assert_eq!(refused.wait, Duration::from_millis(999));
    }

    #[tokio::test]
    async fn a_dropped_permit_and_a_dropped_wait_give_their_places_back() {
        let clock = TestClock::new(0);
        let limiter = LocalLimiter::new(Arc::new(clock.clone()));
        drop(limiter.acquire(start(5)).await.unwrap());
        let _used = limiter
            .acquire(start(0))
            .await
            .unwrap()
            .start(clock.monotonic());
        let mut waiting = limiter.acquire(start(5));
        assert!(
            std::future::poll_fn(|cx| std::task::Poll::Ready(
                waiting.as_mut().poll(cx).is_pending()
            ))
            .await
        );
        drop(waiting);
        let refused = limiter.acquire(start(0)).await.unwrap_err();
        assert_eq!(refused.wait, Duration::from_millis(1_050));
    }
}

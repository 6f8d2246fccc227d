//! The limiter of one process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_models::Effect;

use super::{
    LimitError, LimitStats, Limiter, Permit, PermitRequest, TooLong, events,
    permit::Reservation,
    ring::{Ring, START_TOLERANCE, Slot, WINDOW},
    stats::Counters,
};
use crate::{BoxFuture, clock::SharedClock, sync::lock};

/// A [`Limiter`] for the clients of this process; the default of a client. Clones share one limit.
///
/// A process that was killed a moment ago may have used the whole limit of this second. So the
/// first start of a paid create or a control action is no earlier than 1.05 s (the service's
/// window and the tolerance) after the limiter was made. Reads do not wait, and neither does a
/// create that arrives later than that. [`without_warm_up`](Self::without_warm_up) turns it off.
///
/// The wait of every caller is known on arrival, so a request with too short a
/// [`max_wait`](PermitRequest::max_wait) is refused at once.
///
/// # Example
/// ```
/// use mps_core::{Client, clock::SystemClock, credentials::Credentials, limit::LocalLimiter};
///
/// # fn main() -> Result<(), mps_core::Error> {
/// // Two clients of one account share its limit.
/// let limiter = LocalLimiter::new(SystemClock::shared());
/// let credentials = Credentials::new("AKIDEXAMPLE", "not a real key");
/// let builder = || Client::builder().credentials(credentials.clone()).limiter(limiter.clone());
/// let (one, other) = (builder().build()?, builder().build()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LocalLimiter {
    clock: SharedClock,
    /// The earliest start of anything but a read.
    opens_at: Duration,
    actions: Arc<Mutex<BTreeMap<String, Arc<ActionRing>>>>,
}

/// The state of one action.
#[derive(Debug)]
struct ActionRing {
    clock: SharedClock,
    ring: Mutex<Ring>,
    counters: Counters,
}

impl LocalLimiter {
    /// Returns a limiter on `clock` whose first paid create or control action starts 1.05 s from
    /// now at the earliest.
    #[must_use]
    pub fn new(clock: SharedClock) -> Self {
        let opens_at = clock.monotonic().saturating_add(WINDOW + START_TOLERANCE);
        Self {
            opens_at,
            ..Self::without_warm_up(clock)
        }
    }

    /// Returns a limiter whose first start need not wait.
    ///
    /// For callers that know that nothing was started on the account within the last second, such
    /// as the owner of a new emulator. After a restart of a busy process, a limiter like this one
    /// starts up to twice the limit in one second.
    #[must_use]
    pub fn without_warm_up(clock: SharedClock) -> Self {
        Self {
            clock,
            opens_at: Duration::ZERO,
            actions: Arc::default(),
        }
    }

    fn action(&self, request: &PermitRequest<'_>) -> Arc<ActionRing> {
        let mut actions = lock(&self.actions);
        if let Some(action) = actions.get(request.action) {
            return action.clone();
        }
        let action = Arc::new(ActionRing {
            clock: self.clock.clone(),
            ring: Mutex::new(Ring::new(request.limit)),
            counters: Counters::default(),
        });
        actions.insert(request.action.to_owned(), action.clone());
        action
    }

    /// Reserves the next slot. Returns it with the time until it.
    fn reserve(
        &self,
        request: PermitRequest<'_>,
    ) -> Result<(LocalReservation, Duration), LimitError> {
        let action = self.action(&request);
        let now = self.clock.monotonic();
        let slot = lock(&action.ring).reserve(self.earliest(&request, now));
        let wait = slot.at().saturating_sub(now);
        if wait <= request.max_wait {
            return Ok((LocalReservation { action, slot }, wait));
        }
        lock(&action.ring).release(slot);
        let error = TooLong { wait }.into();
        action.counters.record_outcome(Err(&error));
        Err(error)
    }

    /// Returns a permit for the first slot from `opens_in` on, without waiting for it.
    pub(super) fn permit_from(&self, request: &PermitRequest<'_>, opens_in: Duration) -> Permit {
        let action = self.action(request);
        let from = self.clock.monotonic().saturating_add(opens_in);
        let slot = lock(&action.ring).reserve(from);
        action.counters.record_outcome(Ok(()));
        Permit::new(LocalReservation { action, slot })
    }

    /// Returns the time until the next slot without reserving it.
    pub(super) fn next_slot_in(&self, request: &PermitRequest<'_>) -> Duration {
        let now = self.clock.monotonic();
        let action = self.action(request);
        let at = lock(&action.ring).next_slot(self.earliest(request, now), 0);
        at.saturating_sub(now)
    }

    fn earliest(&self, request: &PermitRequest<'_>, now: Duration) -> Duration {
        match request.effect {
            Effect::Read => now,
            _ => now.max(self.opens_at),
        }
    }
}

impl Limiter for LocalLimiter {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            let (reservation, wait) = self.reserve(request)?;
            let wait = wait.saturating_sub(request.lead);
            if wait.is_zero() {
                reservation.action.counters.record_outcome(Ok(()));
                return Ok(Permit::new(reservation));
            }
            let action = reservation.action.clone();
            // Dropped while it waits, it releases its slot.
            let permit = Permit::new(reservation);
            let (waiting, _ahead) = action.counters.wait();
            self.clock.sleep(wait).await;
            waiting.finish();
            action.counters.record_outcome(Ok(()));
            Ok(permit)
        })
    }

    fn throttled(&self, action: &str) {
        let known = lock(&self.actions).get(action).cloned();
        if let Some(known) = known {
            known.counters.record_throttling();
            let now = self.clock.monotonic();
            let mut ring = lock(&known.ring);
            let before = ring.widening(now);
            ring.record_throttling(now);
            let widening = ring.widening(now);
            if widening > before {
                events::widened(action, widening);
            }
        }
    }

    fn stats(&self, action: &str) -> Option<LimitStats> {
        let action = lock(&self.actions).get(action).cloned()?;
        let widening = lock(&action.ring).widening(self.clock.monotonic());
        Some(action.counters.stats(widening))
    }
}

struct LocalReservation {
    action: Arc<ActionRing>,
    slot: Slot,
}

impl Reservation for LocalReservation {
    fn is_in_time(&self) -> bool {
        let now = self.action.clock.monotonic();
        (self.slot.at()..=self.slot.latest_start()).contains(&now)
    }

    fn opens_in(&self) -> Duration {
        let now = self.action.clock.monotonic();
        self.slot.at().saturating_sub(now)
    }

    fn give_back(self: Box<Self>) {
        self.action.counters.record_release();
        lock(&self.action.ring).release(self.slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, TestClock};

    fn wait(error: &LimitError) -> Duration {
        match error {
            LimitError::TooLong(too_long) => too_long.wait,
            other => panic!("{other}"),
        }
    }

    fn request(max_wait_s: u64) -> PermitRequest<'static> {
        PermitRequest::new("A", Effect::PaidCreate, 1).max_wait(Duration::from_secs(max_wait_s))
    }

    fn warm(clock: &TestClock) -> LocalLimiter {
        LocalLimiter::without_warm_up(Arc::new(clock.clone()))
    }

    #[tokio::test]
    async fn the_first_create_waits_for_a_window_and_the_tolerance_after_the_limiter_was_made() {
        for effect in [Effect::PaidCreate, Effect::Control] {
            let clock = TestClock::new(0).auto_advance();
            clock.advance(Duration::from_secs(7));
            let limiter = LocalLimiter::new(Arc::new(clock.clone()));
            let request = PermitRequest::new("A", effect, 2);
            let short = request.max_wait(Duration::from_millis(1_049));
            let refused = limiter.acquire(short).await.unwrap_err();
            assert_eq!(wait(&refused), Duration::from_millis(1_050));
            for at_ms in [8_050, 8_050, 9_100] {
                assert!(limiter.acquire(request).await.unwrap().start());
                assert_eq!(clock.monotonic(), Duration::from_millis(at_ms));
            }
        }
    }

    #[tokio::test]
    async fn a_create_that_comes_later_and_reads_do_not_wait() {
        let clock = TestClock::new(0);
        let limiter = LocalLimiter::new(Arc::new(clock.clone()));
        let read = PermitRequest::new("R", Effect::Read, 1).max_wait(Duration::ZERO);
        assert!(limiter.acquire(read).await.unwrap().start());
        clock.advance(Duration::from_millis(1_050));
        assert!(limiter.acquire(request(0)).await.unwrap().start());
    }

    #[tokio::test]
    async fn the_second_start_waits_and_a_third_learns_how_long_it_would_wait() {
        let clock = TestClock::new(0).auto_advance();
        let limiter = warm(&clock);
        assert!(limiter.acquire(request(5)).await.unwrap().start());
        assert!(limiter.acquire(request(5)).await.unwrap().start());
        assert_eq!(clock.monotonic(), Duration::from_millis(1_050));
        let refused = limiter.acquire(request(1)).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the rate limit allows this call only in 1.1 s"
        );
        // The refused request released its slot.
        assert!(limiter.acquire(request(5)).await.unwrap().start());
        assert_eq!(clock.monotonic(), Duration::from_millis(2_100));
    }

    #[tokio::test]
    async fn a_permit_used_too_late_is_spent() {
        let clock = TestClock::new(0);
        let limiter = warm(&clock);
        let permit = limiter.acquire(request(5)).await.unwrap();
        clock.advance(Duration::from_millis(51));
        assert!(!permit.start());
        let refused = limiter.acquire(request(0)).await.unwrap_err();
        assert_eq!(wait(&refused), Duration::from_millis(999));
    }

    #[tokio::test]
    async fn a_dropped_permit_and_a_dropped_wait_release_their_slots() {
        let clock = TestClock::new(0);
        let limiter = warm(&clock);
        drop(limiter.acquire(request(5)).await.unwrap());
        let _used = limiter.acquire(request(0)).await.unwrap().start();
        let mut waiting = limiter.acquire(request(5));
        assert!(
            std::future::poll_fn(|cx| std::task::Poll::Ready(
                waiting.as_mut().poll(cx).is_pending()
            ))
            .await
        );
        drop(waiting);
        let refused = limiter.acquire(request(0)).await.unwrap_err();
        assert_eq!(wait(&refused), Duration::from_millis(1_050));
        let stats = limiter.stats("A").unwrap();
        assert_eq!((stats.granted, stats.too_long, stats.waiting), (2, 1, 0));
        assert_eq!((stats.cancelled, stats.released), (1, 2));
    }

    /// Called through an `Arc`, as by clients that share a limiter.
    #[tokio::test]
    async fn throttled_calls_of_one_burst_leave_more_room_for_three_seconds() {
        let clock = TestClock::new(0).auto_advance();
        let limiter = Arc::new(warm(&clock));
        assert_eq!(limiter.stats("A"), None);
        limiter.throttled("A");
        assert_eq!(limiter.stats("A"), None);
        assert!(limiter.acquire(request(5)).await.unwrap().start());
        (0..10).for_each(|_| limiter.throttled("A"));
        let stats = limiter.stats("A").unwrap();
        assert_eq!((stats.throttled, stats.tolerance.as_millis()), (10, 100));
        clock.advance(Duration::from_secs(3));
        assert_eq!(limiter.stats("A").unwrap().tolerance.as_millis(), 50);
    }
}

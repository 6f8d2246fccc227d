//! The turn of the first caller of this process: requests to the store until there is a permit.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use mps_models::Effect;

use super::{
    ActionQueue, Shared,
    store::{SlotRequest, Store, StoreDecision, StoreError, slow_reply},
};
use crate::{
    clock::{SharedClock, timeout},
    limit::{
        LimitError, Permit, PermitRequest, TooLong, events, permit::Reservation,
        ring::START_TOLERANCE,
    },
};

/// The time for which failures of the store are retried.
const GIVE_UP_AFTER: Duration = Duration::from_secs(10);
/// The same for reads, which then go on without the store.
const READS_GIVE_UP_AFTER: Duration = Duration::from_millis(250);
/// Pauses between retries: the first one, which doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The pause while another process uses the store, which takes far less than a millisecond.
const BUSY_PAUSE: Duration = Duration::from_millis(1);
/// A store may count whole microseconds, so a slot may be this much earlier than its reply says.
const ROUNDING: Duration = Duration::from_micros(1);

/// The first caller of an action, until it has its permit or leaves.
pub(super) struct QueueTurn<'a, S: Store> {
    pub(super) shared: &'a Shared<S>,
    pub(super) queue: &'a Arc<ActionQueue>,
    pub(super) request: PermitRequest<'a>,
    pub(super) end: Duration,
    pub(super) failures: Option<FailureStreak>,
}

/// Failures of the store without a reply in between.
#[derive(Clone, Copy)]
pub(super) struct FailureStreak {
    since: Duration,
    pause: Duration,
}

impl<S: Store> QueueTurn<'_, S> {
    /// Sends one request, then waits as the reply says. Returns `None` when it is time to ask again.
    pub(super) async fn ask(&mut self) -> Result<Option<Permit>, LimitError> {
        let throttled = self.queue.throttled.load(Relaxed);
        let request = SlotRequest {
            action: self.request.action,
            effect: self.request.effect,
            limit: self.request.limit,
            process: self.queue.process,
            throttled,
        };
        let store = &self.shared.store;
        // Even with a longest wait of zero, the caller waits for one reply.
        let limit = self
            .reply_within()
            .min(self.time_left().max(START_TOLERANCE));
        let reply = timeout(&**self.clock(), limit, store.request(request)).await;
        match reply.unwrap_or_else(|| Err(StoreError::Transient(store.timed_out(limit)))) {
            Ok(reply) => {
                // Only after a reply: a report that arrives twice is harmless, a lost one is not.
                self.queue.throttled.fetch_sub(throttled, Relaxed);
                self.queue
                    .record_widening(self.request.action, reply.widening);
                self.follow(reply.decision).await
            }
            Err(error) => self.pause_after(error).await.map(|()| None),
        }
    }

    async fn follow(
        &mut self,
        decision: StoreDecision<S::SlotKey>,
    ) -> Result<Option<Permit>, LimitError> {
        match decision {
            StoreDecision::Granted { sent, wait, slot } => self.take(sent, wait, slot).await,
            StoreDecision::Wait { slot_in, .. } if slot_in > self.time_left() => {
                Err(TooLong { wait: slot_in }.into())
            }
            StoreDecision::Wait { ask_in, .. } => {
                self.failures = None;
                self.clock().sleep(ask_in).await;
                Ok(None)
            }
        }
    }

    /// Waits for a granted slot, less the lead that was requested. The permit is valid from the slot,
    /// counted from the moment the reply arrived, until the tolerance after it, counted from the moment
    /// the request was sent, because the store decided in between.
    async fn take(
        &mut self,
        sent: Duration,
        wait: Duration,
        slot: S::SlotKey,
    ) -> Result<Option<Permit>, LimitError> {
        let earliest = self.clock().monotonic() + wait;
        let latest = (sent + wait + START_TOLERANCE).saturating_sub(ROUNDING);
        let permit = Permit::new(SharedReservation {
            queue: self.queue.clone(),
            store: self.shared.store.clone(),
            clock: self.clock().clone(),
            earliest,
            latest,
            slot,
        });
        if wait > self.time_left() {
            return Err(TooLong { wait }.into());
        }
        if earliest > latest {
            drop(permit);
            self.pause_after(StoreError::Transient(slow_reply()))
                .await?;
            return Ok(None);
        }
        let wait = wait.saturating_sub(self.request.lead);
        if !wait.is_zero() {
            self.clock().sleep(wait).await;
        }
        Ok(Some(permit))
    }

    /// Pauses before another request, or returns the error when it is permanent or has lasted too
    /// long.
    async fn pause_after(&mut self, error: StoreError) -> Result<(), LimitError> {
        let now = self.clock().monotonic();
        let streak = self.failures.get_or_insert(FailureStreak {
            since: now,
            pause: FIRST_PAUSE,
        });
        let (error, pause) = match error {
            StoreError::Permanent(error) => return Err(error.into()),
            StoreError::Busy(error) => (error, BUSY_PAUSE.mul_f64(0.5 + fastrand::f64())),
            StoreError::Transient(error) => {
                let pause = streak.pause.mul_f64(0.5 + fastrand::f64() / 2.0);
                streak.pause = (streak.pause * 2).min(LONGEST_PAUSE);
                events::retrying(self.request.action, &error, pause);
                (error, pause)
            }
        };
        let lasted = now.saturating_sub(streak.since);
        let too_long = if self.is_read() {
            lasted + pause > READS_GIVE_UP_AFTER
        } else {
            lasted >= GIVE_UP_AFTER
        };
        if too_long || pause >= self.end.saturating_sub(now) {
            return Err(error.into());
        }
        self.clock().sleep(pause).await;
        Ok(())
    }

    fn reply_within(&self) -> Duration {
        if self.is_read() {
            READS_GIVE_UP_AFTER
        } else {
            S::REPLY_WITHIN
        }
    }

    fn is_read(&self) -> bool {
        self.request.effect == Effect::Read
    }

    fn time_left(&self) -> Duration {
        self.end.saturating_sub(self.clock().monotonic())
    }

    fn clock(&self) -> &SharedClock {
        &self.shared.clock
    }
}

struct SharedReservation<S: Store> {
    queue: Arc<ActionQueue>,
    store: Arc<S>,
    clock: SharedClock,
    earliest: Duration,
    latest: Duration,
    slot: S::SlotKey,
}

impl<S: Store> Reservation for SharedReservation<S> {
    fn is_in_time(&self) -> bool {
        (self.earliest..=self.latest).contains(&self.clock.monotonic())
    }

    fn opens_in(&self) -> Duration {
        self.earliest.saturating_sub(self.clock.monotonic())
    }

    fn give_back(self: Box<Self>) {
        self.queue.counters.record_release();
        self.store.release(self.slot);
    }
}

//! A limiter whose queue lives outside this process.
//!
//! Inside the process callers stand in a line of their own, first come first served, and only the
//! first of them asks: a process never holds more than one slot that it has not used.
//!
//! Two clocks meet here. The slot is a time on the queue's clock; this process only learns how
//! far away it is, and counts that on its own clock. It starts no sooner than that after the
//! answer came, so not before the slot; and no later than that and the fence after the question
//! was sent, so not after the slot's fence. No clock needs to be set for this to hold.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    LimitError, LimitStats, Limiter, Permit, PermitRequest, START_TOLERANCE, TooLong, Unavailable,
    WINDOW, permit::Reservation, stats::Meter,
};
use crate::{
    BoxFuture,
    clock::{SharedClock, timeout},
    telemetry,
};

/// How long trouble may last before callers hear of it.
const GIVE_UP_AFTER: Duration = Duration::from_secs(10);
/// Pauses between tries: the first one, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The queue may tell times in whole microseconds, so a slot may be one earlier than told.
const ROUNDING: Duration = Duration::from_micros(1);

/// Where a queue is kept.
pub(super) trait Store: fmt::Debug + Send + Sync + 'static {
    /// What it takes to give a slot back.
    type Place: Send + Sync + 'static;

    /// Longest time for one question.
    const ANSWER_WITHIN: Duration;

    /// Puts a question to the queue. May be dropped before there is an answer.
    fn ask<'a>(
        &'a self,
        question: Question<'a>,
    ) -> BoxFuture<'a, Result<Answer<Self::Place>, Trouble>>;

    /// There was no answer in the time given.
    fn is_silent(&self, limit: Duration) -> Unavailable;

    /// Gives an unused slot back, if that is still possible. Must not block.
    fn give_back(&self, place: Self::Place);
}

/// This process wants to start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) action: &'a str,
    pub(super) limit: u32,
    /// This process, for this action.
    pub(super) who: u64,
    /// How many permitted calls were throttled since the last question.
    pub(super) throttled: u32,
}

/// What the queue says; see [`Turn`](super::Turn).
#[derive(Debug)]
pub(super) struct Answer<P> {
    pub(super) turn: Turn<P>,
    /// What throttling has added to the fence.
    pub(super) widened: Duration,
}

#[derive(Debug)]
pub(super) enum Turn<P> {
    Granted {
        /// When the question was sent, on this process's clock.
        sent: Duration,
        wait: Duration,
        place: P,
    },
    Later {
        turn: Duration,
        ask_in: Duration,
    },
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Somebody else is asking at this moment.
    #[cfg_attr(
        not(all(unix, feature = "file-limit")),
        expect(dead_code, reason = "only a file has one at a time")
    )]
    Busy(Unavailable),
    /// It may pass.
    Passing(Unavailable),
    /// It will not pass by itself.
    Lasting(Unavailable),
}

/// A [`Limiter`] over a [`Store`].
#[derive(Debug)]
pub(super) struct Shared<S> {
    store: Arc<S>,
    clock: SharedClock,
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
}

/// What belongs to one action in this process.
#[derive(Debug)]
struct Lane {
    /// Who holds this asks; waiting for it is first come first served.
    head: tokio::sync::Mutex<()>,
    meter: Meter,
    who: u64,
    throttled: AtomicU32,
    widened_ns: AtomicU64,
}

impl<S: Store> Shared<S> {
    pub(super) fn new(store: S, clock: SharedClock) -> Self {
        Self {
            store: Arc::new(store),
            clock,
            lanes: Mutex::default(),
        }
    }

    fn known_lane(&self, action: &str) -> Option<Arc<Lane>> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.get(action).cloned()
    }

    fn lane(&self, action: &str) -> Arc<Lane> {
        self.known_lane(action).unwrap_or_else(|| {
            let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            let lane = lanes.entry(action.to_owned());
            lane.or_insert_with(|| Arc::new(Lane::new())).clone()
        })
    }

    async fn wait_for_turn(
        &self,
        lane: &Arc<Lane>,
        ahead: u64,
        request: PermitRequest<'_>,
    ) -> Result<Permit, LimitError> {
        let end = self.clock.monotonic().saturating_add(request.max_wait);
        let wait = shortest_wait(ahead, request.limit);
        if wait > request.max_wait {
            return Err(TooLong { wait }.into());
        }
        let first = timeout(&*self.clock, request.max_wait, lane.head.lock()).await;
        let _first = first.ok_or(TooLong {
            wait: request.max_wait,
        })?;
        let mut visit = Visit {
            shared: self,
            lane,
            request,
            end,
            trouble: None,
        };
        loop {
            if let Some(permit) = visit.ask().await? {
                return Ok(permit);
            }
        }
    }
}

impl<S: Store> Limiter for Shared<S> {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            let lane = self.lane(request.action);
            let (waiting, ahead) = lane.meter.wait();
            let outcome = self.wait_for_turn(&lane, ahead, request).await;
            waiting.over();
            lane.meter.count(outcome.as_ref().map(drop));
            outcome
        })
    }

    /// Told to the others with the next question.
    fn throttled(&self, action: &str) {
        let lane = self.lane(action);
        lane.meter.throttled();
        lane.throttled.fetch_add(1, Relaxed);
    }

    fn stats(&self, action: &str) -> Option<LimitStats> {
        let lane = self.known_lane(action)?;
        Some(lane.meter.stats(lane.widened()))
    }
}

impl Lane {
    fn new() -> Self {
        Self {
            head: tokio::sync::Mutex::default(),
            meter: Meter::default(),
            who: fastrand::u64(1..=LARGEST_WHO),
            throttled: AtomicU32::new(0),
            widened_ns: AtomicU64::new(0),
        }
    }

    fn widened(&self) -> Duration {
        Duration::from_nanos(self.widened_ns.load(Relaxed))
    }

    /// Notes what throttling has added to the fence by now.
    fn hear(&self, action: &str, widened: Duration) {
        let nanos = u64::try_from(widened.as_nanos()).unwrap_or(u64::MAX);
        if self.widened_ns.swap(nanos, Relaxed) < nanos {
            telemetry::limit_widened(action, widened);
        }
    }
}

/// A floating-point number holds it exactly, which is what Redis's scripts count with.
const LARGEST_WHO: u64 = 1 << 52;

/// Callers before this one take the slots before its own, whatever other processes do.
fn shortest_wait(ahead: u64, limit: u32) -> Duration {
    let rounds = ahead / u64::from(limit.max(1));
    (WINDOW + START_TOLERANCE).saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
}

/// The first of the line, until it has its permit or leaves.
struct Visit<'a, S: Store> {
    shared: &'a Shared<S>,
    lane: &'a Arc<Lane>,
    request: PermitRequest<'a>,
    end: Duration,
    trouble: Option<Streak>,
}

/// Trouble without an answer in between.
#[derive(Clone, Copy)]
struct Streak {
    since: Duration,
    pause: Duration,
}

impl<S: Store> Visit<'_, S> {
    /// Asks once, then waits as it was told; `None` when it is time to ask again.
    async fn ask(&mut self) -> Result<Option<Permit>, LimitError> {
        let throttled = self.lane.throttled.load(Relaxed);
        let question = Question {
            action: self.request.action,
            limit: self.request.limit,
            who: self.lane.who,
            throttled,
        };
        let store = &self.shared.store;
        // Even who cannot wait for a turn has to wait for an answer.
        let limit = S::ANSWER_WITHIN.min(self.time_left().max(START_TOLERANCE));
        let answer = timeout(&**self.clock(), limit, store.ask(question)).await;
        match answer.unwrap_or_else(|| Err(Trouble::Passing(store.is_silent(limit)))) {
            Ok(answer) => {
                // Only now: news told twice makes others careful, news lost does not.
                self.lane.throttled.fetch_sub(throttled, Relaxed);
                self.lane.hear(self.request.action, answer.widened);
                self.follow(answer.turn).await
            }
            Err(trouble) => self.endure(trouble).await.map(|()| None),
        }
    }

    async fn follow(&mut self, turn: Turn<S::Place>) -> Result<Option<Permit>, LimitError> {
        match turn {
            Turn::Granted { sent, wait, place } => self.take(sent, wait, place).await,
            Turn::Later { turn, .. } if turn > self.time_left() => {
                Err(TooLong { wait: turn }.into())
            }
            Turn::Later { ask_in, .. } => {
                self.trouble = None;
                self.clock().sleep(ask_in).await;
                Ok(None)
            }
        }
    }

    async fn take(
        &mut self,
        sent: Duration,
        wait: Duration,
        place: S::Place,
    ) -> Result<Option<Permit>, LimitError> {
        let latest = (sent + wait + START_TOLERANCE).saturating_sub(ROUNDING);
        let lease = SharedLease {
            lane: self.lane.clone(),
            store: self.shared.store.clone(),
            clock: self.clock().clone(),
            latest,
            place,
        };
        let permit = Permit::new(lease);
        if wait > self.time_left() {
            return Err(TooLong { wait }.into());
        }
        if self.clock().monotonic() + wait > latest {
            drop(permit);
            self.endure(Trouble::Passing(slow_answer())).await?;
            return Ok(None);
        }
        if !wait.is_zero() {
            self.clock().sleep(wait).await;
        }
        Ok(Some(permit))
    }

    /// Waits for trouble to pass, but not for ever.
    async fn endure(&mut self, trouble: Trouble) -> Result<(), LimitError> {
        let now = self.clock().monotonic();
        let streak = self.trouble.get_or_insert(Streak {
            since: now,
            pause: FIRST_PAUSE,
        });
        let (error, pause) = match trouble {
            Trouble::Lasting(error) => return Err(error.into()),
            Trouble::Busy(error) => (error, BUSY_PAUSE.mul_f64(0.5 + fastrand::f64())),
            Trouble::Passing(error) => {
                let pause = streak.pause.mul_f64(0.5 + fastrand::f64() / 2.0);
                streak.pause = (streak.pause * 2).min(LONGEST_PAUSE);
                telemetry::limit_trouble(self.request.action, &error, pause);
                (error, pause)
            }
        };
        let lasted = now.saturating_sub(streak.since);
        if lasted >= GIVE_UP_AFTER || pause >= self.end.saturating_sub(now) {
            return Err(error.into());
        }
        self.clock().sleep(pause).await;
        Ok(())
    }

    fn time_left(&self) -> Duration {
        self.end.saturating_sub(self.clock().monotonic())
    }

    fn clock(&self) -> &SharedClock {
        &self.shared.clock
    }
}

/// Until somebody else has finished asking, which takes far less than a millisecond.
const BUSY_PAUSE: Duration = Duration::from_millis(1);

pub(super) fn slow_answer() -> Unavailable {
    Unavailable::new(format!(
        "the rate limiter's answers take longer than {} ms, so every turn is over when it is heard of",
        START_TOLERANCE.as_millis()
    ))
    .with_hint("use a limiter that is nearer, or a less busy one")
}

struct SharedLease<S: Store> {
    lane: Arc<Lane>,
    store: Arc<S>,
    clock: SharedClock,
    latest: Duration,
    place: S::Place,
}

impl<S: Store> Reservation for SharedLease<S> {
    fn is_in_time(&self) -> bool {
        self.clock.monotonic() <= self.latest
    }

    fn give_back(self: Box<Self>) {
        self.lane.meter.given_back();
        self.store.give_back(self.place);
    }
}

#[cfg(test)]
mod tests;

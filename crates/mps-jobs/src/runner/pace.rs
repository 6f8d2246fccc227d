//! Pauses in starting: after trouble, at a cap, and when fetching cannot keep up.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mps_core::{Advice, Error, clock::SharedClock, sync::lock};
use tokio::sync::Notify;

use crate::{ledger::LedgerErrorKind, report::Stopped};

/// First and longest pause after trouble that passes.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Pause at a cap, or until a person has put the account in order.
const LONG_PAUSE: Duration = Duration::from_secs(15);

/// Attempts after which a reason counts as one that does not pass.
const STOPS: u32 = 3;

/// Decides when the next row may be started.
pub(crate) struct Pace {
    clock: SharedClock,
    state: Mutex<State>,
    /// `true` when the service has answered a request of this run.
    answered: AtomicBool,
    /// Ends a pause whose reason is gone.
    resumed: Notify,
}

#[derive(Default)]
struct State {
    /// Transient failures in a row.
    failures: u32,
    /// The end of the pause, on the monotonic clock.
    until: Duration,
    /// The reason why nothing is started, if it does not pass by itself.
    stopped: Option<Stopped>,
    /// The number of attempts for which it did not pass.
    stops: u32,
}

impl Pace {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            state: Mutex::default(),
            answered: AtomicBool::new(false),
            resumed: Notify::new(),
        }
    }

    /// Waits until the pause is over.
    pub(super) async fn ready(&self) {
        loop {
            // Before the look at the state, so that no change in between is missed.
            let resumed = self.resumed.notified();
            let until = lock(&self.state).until;
            let wait = until.saturating_sub(self.clock.monotonic());
            if wait.is_zero() {
                return;
            }
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                () = resumed => {}
            }
        }
    }

    /// Returns the reason why nothing is started, unless it passes by itself.
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        lock(&self.state).stopped.clone()
    }

    /// Returns `true` when a run that ends by itself need not wait any longer.
    pub(super) fn gave_up(&self) -> bool {
        let state = lock(&self.state);
        match &state.stopped {
            None => false,
            Some(Stopped::Cap(_)) => true,
            Some(Stopped::Ledger(error)) if error.kind() == LedgerErrorKind::Full => true,
            // A ledger that is busy or unreachable is waited for.
            Some(Stopped::Ledger(error)) if error.kind().is_transient() => false,
            Some(_) => state.stops >= STOPS,
        }
    }

    /// Records that a request reached the service and was answered.
    pub(super) fn succeeded(&self) {
        self.answered.store(true, Ordering::Relaxed);
        *lock(&self.state) = State::default();
        self.resumed.notify_waiters();
    }

    /// Records that a task has failed, which frees what it held of a cap.
    pub(super) fn freed(&self) {
        let mut state = lock(&self.state);
        if matches!(state.stopped, Some(Stopped::Cap(_))) {
            *state = State::default();
            drop(state);
            self.resumed.notify_waiters();
        }
    }

    /// Records a call that was certainly not executed and may succeed later.
    pub(super) fn failed(&self, error: &Error) {
        if error.is_permanent() && error.advice() == Advice::FixAccount {
            return self.stop(Stopped::Account(error.clone()));
        }
        let (first, longest) = PAUSES;
        let mut state = lock(&self.state);
        state.failures = state.failures.saturating_add(1);
        if state.failures >= STOPS && !self.answered.load(Ordering::Relaxed) {
            drop(state);
            return self.stop(Stopped::Service(error.clone()));
        }
        let pause = first
            .saturating_mul(2_u32.saturating_pow(state.failures.saturating_sub(1)))
            .min(longest);
        // Several processes must not return in step.
        let pause = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        state.until = self.clock.monotonic().saturating_add(pause);
    }

    /// Stops starting for a while, for a reason that does not pass by itself.
    pub(super) fn stop(&self, reason: Stopped) {
        let mut state = lock(&self.state);
        state.until = self.clock.monotonic().saturating_add(LONG_PAUSE);
        if state.stopped.is_none() {
            tracing::warn!(%reason, "nothing more is sent");
        }
        state.stopped = Some(reason);
        state.stops = state.stops.saturating_add(1);
    }
}

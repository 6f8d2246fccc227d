//! The queue of callers in front of a limiter that is made of other limiters.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{LimitError, LimitStats, Limiter, Permit, TooLong, stats::Counters};
use crate::{
    clock::{Clock, timeout},
    sync::lock,
};

/// A queue of callers for each action.
#[derive(Debug, Default)]
pub(super) struct CallerQueues(Mutex<HashMap<String, Arc<CallerQueue>>>);

#[derive(Debug, Default)]
pub(super) struct CallerQueue {
    first: tokio::sync::Mutex<()>,
    counters: Counters,
}

impl CallerQueues {
    pub(super) fn of(&self, action: &str) -> Arc<CallerQueue> {
        lock(&self.0).entry(action.to_owned()).or_default().clone()
    }

    pub(super) fn record_throttling(&self, action: &str) {
        self.of(action).counters.record_throttling();
    }

    /// Returns the counts of this queue, with the tolerance of the limiter behind it.
    pub(super) fn stats(&self, action: &str, behind: &impl Limiter) -> Option<LimitStats> {
        let own = lock(&self.0).get(action)?.counters.stats(Duration::ZERO);
        let tolerance = behind.stats(action).map(|behind| behind.tolerance);
        Some(LimitStats {
            tolerance: tolerance.unwrap_or(own.tolerance),
            ..own
        })
    }
}

impl CallerQueue {
    /// Counts a wait and its outcome.
    pub(super) async fn count(
        &self,
        wait: impl Future<Output = Result<Permit, LimitError>>,
    ) -> Result<Permit, LimitError> {
        let (waiting, _ahead) = self.counters.wait();
        let outcome = wait.await;
        waiting.finish();
        self.counters.record_outcome(outcome.as_ref().map(drop));
        outcome
    }

    /// Waits until the caller is the first one; it stays so until it drops the guard.
    pub(super) async fn wait_to_be_first(
        &self,
        clock: &dyn Clock,
        max_wait: Duration,
    ) -> Result<tokio::sync::MutexGuard<'_, ()>, LimitError> {
        let first = timeout(clock, max_wait, self.first.lock()).await;
        Ok(first.ok_or(TooLong { wait: max_wait })?)
    }
}

//! The lines of those who wait in front of a limiter made of others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{LimitError, LimitStats, Limiter, Permit, TooLong, stats::Meter};
use crate::clock::{Clock, timeout};

/// A line for each action.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<String, Arc<Line>>>);

#[derive(Debug, Default)]
pub(super) struct Line {
    head: tokio::sync::Mutex<()>,
    meter: Meter,
}

impl Lines {
    pub(super) fn of(&self, action: &str) -> Arc<Line> {
        self.lines().entry(action.to_owned()).or_default().clone()
    }

    pub(super) fn throttled(&self, action: &str) {
        self.of(action).meter.throttled();
    }

    /// The counts of this line, with the fence of the limiter behind it.
    pub(super) fn stats(&self, action: &str, behind: &impl Limiter) -> Option<LimitStats> {
        let own = self.lines().get(action)?.meter.stats(Duration::ZERO);
        let tolerance = behind.stats(action).map(|behind| behind.tolerance);
        Some(LimitStats {
            tolerance: tolerance.unwrap_or(own.tolerance),
            ..own
        })
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<String, Arc<Line>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Counts a wait and how it ends.
    pub(super) async fn count(
        &self,
        wait: impl Future<Output = Result<Permit, LimitError>>,
    ) -> Result<Permit, LimitError> {
        let (waiting, _ahead) = self.meter.wait();
        let outcome = wait.await;
        waiting.over();
        self.meter.count(outcome.as_ref().map(drop));
        outcome
    }

    /// Waits to be first in line; who holds this is.
    pub(super) async fn head(
        &self,
        clock: &dyn Clock,
        max_wait: Duration,
    ) -> Result<tokio::sync::MutexGuard<'_, ()>, LimitError> {
        let first = timeout(clock, max_wait, self.head.lock()).await;
        Ok(first.ok_or(TooLong { wait: max_wait })?)
    }
}

//! A clock that only a test moves.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    task::{Poll, Waker},
    time::{Duration, SystemTime},
};

use super::Clock;
use crate::{BoxFuture, sync::lock};

/// A [`Clock`] for tests. Its time changes only by [`advance`](Self::advance), or, with
/// [`auto_advance`](Self::auto_advance), at the begin of every sleep to the end of that sleep.
///
/// Clones share one time.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// use mps_core::clock::{Clock, TestClock};
///
/// let clock = TestClock::new(1_771_125_945);
/// clock.advance(Duration::from_secs(3));
/// assert_eq!(clock.monotonic(), Duration::from_secs(3));
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    wall: SystemTime,
    monotonic: Duration,
    auto: bool,
    sleepers: Vec<Waker>,
}

impl TestClock {
    /// Returns a clock at `unix_seconds`.
    #[must_use]
    pub fn new(unix_seconds: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs(unix_seconds),
            monotonic: Duration::ZERO,
            auto: false,
            sleepers: Vec::new(),
        })))
    }

    /// Returns the clock with sleeps that end at once and advance the time. For one task at a time:
    /// with several tasks, the longest sleep would end the others, too.
    #[must_use]
    pub fn auto_advance(self) -> Self {
        self.state().auto = true;
        self
    }

    /// Advances both clocks and wakes the tasks whose sleep is over.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state();
        state.wall += by;
        state.monotonic += by;
        let sleepers = std::mem::take(&mut state.sleepers);
        drop(state);
        sleepers.into_iter().for_each(Waker::wake);
    }

    /// Sets the wall clock only, like a system clock that is set.
    pub fn set_wall(&self, unix_seconds: u64) {
        self.state().wall = SystemTime::UNIX_EPOCH + Duration::from_secs(unix_seconds);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

impl Clock for TestClock {
    fn wall(&self) -> SystemTime {
        self.state().wall
    }

    fn monotonic(&self) -> Duration {
        self.state().monotonic
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        let end = clock.monotonic().saturating_add(duration);
        Box::pin(std::future::poll_fn(move |cx| {
            let mut state = clock.state();
            let left = end.saturating_sub(state.monotonic);
            if left.is_zero() {
                return Poll::Ready(());
            }
            if state.auto {
                drop(state);
                clock.advance(left);
                return Poll::Ready(());
            }
            state.sleepers.push(cx.waker().clone());
            Poll::Pending
        }))
    }
}

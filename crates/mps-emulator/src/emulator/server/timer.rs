//! Hyper's timers on our clock, so that idle connections end by the injected time.

use std::{
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use mps_core::{BoxFuture, clock::SharedClock};

use crate::lock;

#[derive(Debug)]
pub(super) struct ClockTimer(SharedClock);

impl ClockTimer {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self(clock)
    }
}

impl Timer for ClockTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(ClockSleep(Mutex::new(self.0.sleep(duration))))
    }

    /// Hyper computes deadlines from [`Timer::now`] just before this call, so the rest is the
    /// duration.
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }
}

/// A sleep that hyper requires to be shareable between threads; in practice it never is shared.
struct ClockSleep(Mutex<BoxFuture<'static, ()>>);

impl Future for ClockSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        lock::get_mut(&mut self.0).as_mut().poll(cx)
    }
}

impl Sleep for ClockSleep {}

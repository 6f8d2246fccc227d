//! A bound on connections: waiting downloads start by the expiry of their results.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use mps_core::sync::lock;
use tokio::sync::oneshot;

/// A number of connections, shared by downloads.
#[derive(Debug)]
pub(crate) struct Slots(Mutex<State>);

#[derive(Debug)]
struct State {
    free: usize,
    /// Number of the next waiter: those of equal expiry are served in order.
    next: u64,
    waiters: BTreeMap<Rank, oneshot::Sender<Slot>>,
}

/// The order of waiters: earliest expiry first, results without an expiry last.
type Rank = (bool, Option<SystemTime>, u64);

/// A connection that is in use. Dropping it passes the connection on to the next waiter.
#[derive(Debug)]
pub(super) struct Slot(Option<Arc<Slots>>);

impl Slots {
    pub(super) fn new(number: usize) -> Self {
        Self(Mutex::new(State {
            free: number,
            next: 0,
            waiters: BTreeMap::new(),
        }))
    }

    /// Waits for a connection. Of several waiters the one whose result expires first is served
    /// first.
    ///
    /// # Cancel safety
    /// Dropping the future gives the turn up; no connection is lost.
    pub(super) async fn acquire(self: &Arc<Self>, expires_at: Option<SystemTime>) -> Slot {
        let served = {
            let mut state = lock(&self.0);
            if state.free > 0 {
                state.free -= 1;
                return Slot(Some(self.clone()));
            }
            let (sender, receiver) = oneshot::channel();
            let rank = (expires_at.is_none(), expires_at, state.next);
            state.next += 1;
            state.waiters.insert(rank, sender);
            receiver
        };
        // A sender is used before it is dropped, as long as `self` exists.
        served.await.unwrap_or(Slot(None))
    }

    /// Gives a connection that is no longer used to the next waiter that still waits.
    fn release(self: &Arc<Self>) {
        loop {
            let mut state = lock(&self.0);
            let Some((_, waiter)) = state.waiters.pop_first() else {
                state.free += 1;
                return;
            };
            drop(state);
            match waiter.send(Slot(Some(self.clone()))) {
                Ok(()) => return,
                // That waiter gave up. Its slot must not be released by being dropped here.
                Err(mut slot) => slot.0 = None,
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.0.take() {
            slots.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        task::{Context, Poll, Waker},
        time::Duration,
    };

    use super::*;

    type Waiter = Pin<Box<dyn Future<Output = Slot>>>;

    fn waiter(slots: &Arc<Slots>, expiry: Option<u64>) -> Waiter {
        let slots = slots.clone();
        let expiry = expiry.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        Box::pin(async move { slots.acquire(expiry).await })
    }

    fn served(waiter: &mut Waiter) -> Option<Slot> {
        match waiter
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(slot) => Some(slot),
            Poll::Pending => None,
        }
    }

    #[test]
    fn waiters_are_served_by_expiry_and_then_in_order() {
        let slots = Arc::new(Slots::new(1));
        let mut slot = served(&mut waiter(&slots, None));
        assert!(slot.is_some());
        let mut waiters = [None, Some(30), Some(10), Some(10)].map(|it| waiter(&slots, it));
        for waiter in &mut waiters {
            assert!(served(waiter).is_none());
        }
        for next in [2, 3, 1, 0] {
            drop(slot.take());
            for (index, waiter) in waiters.iter_mut().enumerate() {
                if index == next {
                    slot = served(waiter);
                    assert!(slot.is_some(), "{next}");
                    // A future that is ready must not be polled again.
                    *waiter = Box::pin(std::future::pending());
                } else {
                    assert!(served(waiter).is_none(), "{index} before {next}");
                }
            }
        }
    }

    #[test]
    fn a_waiter_that_gives_up_loses_no_connection() {
        let slots = Arc::new(Slots::new(1));
        let first = served(&mut waiter(&slots, None));
        let (mut early, mut served_unseen) = (waiter(&slots, Some(1)), waiter(&slots, Some(2)));
        assert!(served(&mut early).is_none() && served(&mut served_unseen).is_none());
        drop(early);
        drop(first);
        drop(served_unseen);
        assert!(served(&mut waiter(&slots, None)).is_some());
    }
}

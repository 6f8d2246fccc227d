//! The ring that processes share, and the queue of processes that wait for a slot.
//!
//! A process that reserved a slot long before its time would waste it when it is killed, and a lost
//! ring would leave unknown promises behind. So a slot is granted at most [`GRANT_AHEAD`] of its
//! time. Until then a process waits in the queue and asks again after the pause in its reply. It keeps its
//! place as long as it asks, so that no process is overtaken for ever, and loses it soon after it
//! stops.

use std::time::Duration;

use super::ring::{Entry, GRANT_AHEAD, MAX_WIDENING, Ring, START_TOLERANCE, Slot, WINDOW};

/// Time after which a process that did not ask again, although it should have, loses its place.
const GRACE: Duration = WINDOW;
/// The longest pause between two requests of a process, so that it notices a shorter queue.
const LONGEST_PAUSE: Duration = WINDOW;
/// Added to the pause for each process ahead, so that they do not all ask at the same moment.
const STAGGER: Duration = Duration::from_millis(1);
/// Processes beyond this length wait without a place, so that the state stays small.
const LONGEST_QUEUE: u32 = 1_000;
/// A higher limit counts as this one, so that the state stays small.
const HIGHEST_LIMIT: u32 = 1_000;

/// A ring shared by processes, with the queue of those that wait. Pure: the caller passes the
/// time.
#[derive(Clone, Debug)]
pub struct SlotQueue {
    pub(super) ring: Ring,
    pub(super) waiting: Vec<Waiter>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Waiter {
    /// Random id of the process.
    pub(super) process: u64,
    /// The time at which the place is lost unless the process asks again.
    pub(super) until: Duration,
}

/// The reply to a process that requests a slot.
#[derive(Debug)]
pub enum Decision {
    /// The process may start at the slot's time, which is at most [`GRANT_AHEAD`] away.
    Granted(Slot),
    /// The process has to wait.
    Wait {
        /// Time until its slot if no process ahead leaves the queue.
        slot_in: Duration,
        /// Time to wait before it asks again.
        ask_in: Duration,
    },
}

impl SlotQueue {
    /// Returns an unused queue for `limit` starts in any one second.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            ring: Ring::new(limit.min(HIGHEST_LIMIT)),
            waiting: Vec::new(),
        }
    }

    /// Returns a queue that replaces one lost at `now`: as full as the lost one can have been.
    #[must_use]
    pub fn after_loss(limit: u32, now: Duration) -> Self {
        let latest_grant = now.saturating_add(GRANT_AHEAD);
        Self {
            ring: Ring::full(limit.min(HIGHEST_LIMIT), latest_grant),
            waiting: Vec::new(),
        }
    }

    /// Requests the next slot for a process, for the first time or again.
    pub fn request(&mut self, now: Duration, process: u64) -> Decision {
        self.waiting.retain(|waiter| waiter.until >= now);
        let place = self
            .waiting
            .iter()
            .position(|waiter| waiter.process == process);
        let ahead = place.unwrap_or(self.waiting.len());
        let slot_in = self.ring.next_slot(now, ahead).saturating_sub(now);
        if slot_in <= GRANT_AHEAD {
            self.waiting.retain(|waiter| waiter.process != process);
            return Decision::Granted(self.ring.reserve(now));
        }
        let ask_in = pause(slot_in, ahead);
        let until = now.saturating_add(ask_in + GRACE);
        match place.and_then(|place| self.waiting.get_mut(place)) {
            Some(waiter) => waiter.until = until,
            None if ahead < LONGEST_QUEUE as usize => self.waiting.push(Waiter { process, until }),
            None => {}
        }
        Decision::Wait { slot_in, ask_in }
    }

    /// Releases an unused slot. Returns `false` when it stays spent, because it is not the newest.
    pub fn release(&mut self, slot: Slot) -> bool {
        self.ring.release(slot)
    }

    /// Records that the service throttled permitted calls; 0 calls change nothing.
    pub fn record_throttling(&mut self, now: Duration, calls: u32) {
        if calls > 0 {
            self.ring.record_throttling(now);
        }
    }

    /// Returns the room between starts that throttling adds at `now`.
    #[must_use]
    pub fn widening(&self, now: Duration) -> Duration {
        self.ring.widening(now)
    }

    /// Returns whether a queue can be in this state at `now`. A state from before a restart of the
    /// machine, from another machine or from a clock that was set back cannot.
    #[must_use]
    pub fn is_plausible(&self, now: Duration) -> bool {
        let longest_lease = LONGEST_PAUSE + STAGGER * LONGEST_QUEUE + GRACE;
        let latest = now.saturating_add(longest_lease);
        self.ring.is_plausible(now)
            && self.waiting.len() <= LONGEST_QUEUE as usize
            && self.waiting.iter().all(|waiter| waiter.until <= latest)
    }
}

impl Ring {
    /// Returns a ring whose slots were all used at `at`.
    fn full(limit: u32, at: Duration) -> Self {
        let mut ring = Self::new(limit);
        let frees_at = at.saturating_add(WINDOW + START_TOLERANCE);
        ring.slots = std::iter::repeat_n(Entry { at, frees_at }, ring.limit).collect();
        ring
    }

    fn is_plausible(&self, now: Duration) -> bool {
        let latest = now.saturating_add(GRANT_AHEAD);
        let held = |entry: &Entry| entry.frees_at.checked_sub(entry.at);
        let sound =
            |entry: &Entry| entry.at <= latest && held(entry) >= Some(WINDOW + START_TOLERANCE);
        let frees_by = latest.saturating_add(WINDOW + START_TOLERANCE + MAX_WIDENING);
        let newest = self.slots.back();
        self.slots.iter().all(sound)
            && self.slots.iter().is_sorted_by_key(|entry| entry.at)
            && self.slots.iter().is_sorted_by_key(|entry| entry.frees_at)
            && newest.is_none_or(|entry| entry.frees_at <= frees_by)
            && self.widened <= MAX_WIDENING
            && self.widened_at <= now
    }
}

/// Returns the pause until the slot can be granted. A slot that is far away moves when processes
/// ahead leave, so the process asks sooner, and not all processes ask at once.
fn pause(slot_in: Duration, ahead: usize) -> Duration {
    let stagger = STAGGER.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX));
    let exact = slot_in.saturating_sub(GRANT_AHEAD);
    if exact <= LONGEST_PAUSE {
        exact
    } else {
        LONGEST_PAUSE + stagger
    }
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;

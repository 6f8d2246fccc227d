//! The text of a shared queue: one line with version and checksum, one line of JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::limit::{
    ring::Entry,
    slot_queue::{SlotQueue, Waiter},
};

const VERSION: &str = "mps-limit 2";

/// The queue of one account and action.
#[derive(Debug)]
pub(in crate::limit) struct State {
    /// A random number drawn for each new queue, so that a slot of a lost queue is never taken for
    /// one of the current queue.
    pub(in crate::limit) epoch: u64,
    pub(in crate::limit) queue: SlotQueue,
}

/// The JSON form. Times are nanoseconds of the store's clock.
#[derive(Deserialize, Serialize)]
struct Stored {
    boot: String,
    epoch: u64,
    reserved: u64,
    widened: u64,
    widened_at: u64,
    /// The time of each slot and the earliest time of the slot N places later.
    slots: Vec<(u64, u64)>,
    /// Each waiting process and the time until which it keeps its place.
    waiting: Vec<(u64, u64)>,
}

impl State {
    /// Returns the fullest state that a lost one can have been.
    pub(in crate::limit) fn after_loss(limit: u32, now: Duration) -> Self {
        Self {
            epoch: fastrand::u64(..),
            queue: SlotQueue::after_loss(limit, now),
        }
    }

    pub(in crate::limit) fn empty(limit: u32) -> Self {
        Self {
            epoch: fastrand::u64(..),
            queue: SlotQueue::new(limit),
        }
    }

    pub(in crate::limit) fn encode(&self, boot: &str) -> Vec<u8> {
        let ring = &self.queue.ring;
        let slots = ring.slots.iter();
        let waiting = self.queue.waiting.iter();
        let stored = Stored {
            boot: boot.to_owned(),
            epoch: self.epoch,
            reserved: ring.reserved,
            widened: nanos(ring.widened),
            widened_at: nanos(ring.widened_at),
            slots: slots
                .map(|slot| (nanos(slot.at), nanos(slot.frees_at)))
                .collect(),
            waiting: waiting
                .map(|waiter| (waiter.process, nanos(waiter.until)))
                .collect(),
        };
        let body = serde_json::to_string(&stored).unwrap_or_default();
        format!("{VERSION} {}\n{body}\n", checksum(body.as_bytes())).into_bytes()
    }

    /// Returns the state in these bytes; `None` for anything but a complete state of this boot (of the
    /// machine or the server).
    pub(in crate::limit) fn decode(bytes: &[u8], boot: &str, limit: u32) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.strip_suffix('\n')?.split_once('\n')?;
        let sum = head.strip_prefix(VERSION)?.strip_prefix(' ')?;
        if sum != checksum(body.as_bytes()) {
            return None;
        }
        let stored: Stored = serde_json::from_str(body).ok()?;
        (stored.boot == boot).then(|| stored.into_state(limit))
    }
}

impl Stored {
    fn into_state(self, limit: u32) -> State {
        let mut queue = SlotQueue::new(limit);
        let entry = |(at, frees_at)| Entry {
            at: Duration::from_nanos(at),
            frees_at: Duration::from_nanos(frees_at),
        };
        let waiter = |(process, until)| Waiter {
            process,
            until: Duration::from_nanos(until),
        };
        queue.ring.slots = self.slots.into_iter().map(entry).collect();
        queue.ring.reserved = self.reserved;
        queue.ring.widened = Duration::from_nanos(self.widened);
        queue.ring.widened_at = Duration::from_nanos(self.widened_at);
        queue.waiting = self.waiting.into_iter().map(waiter).collect();
        State {
            epoch: self.epoch,
            queue,
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn checksum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    hex::encode(digest.get(..8).unwrap_or_default())
}

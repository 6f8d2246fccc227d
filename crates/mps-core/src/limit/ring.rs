//! The ring of the last N slots: at most N starts in any window of one second.
//!
//! Each slot is at least one second plus a tolerance later than the slot N places before it. A
//! start is valid only within the tolerance after its slot. So the start N places later is at least
//! one whole second later, and no window of one second contains more than N starts, however late
//! the scheduler runs the callers.

use std::{collections::VecDeque, time::Duration};

/// The window in which the service counts starts (the API pages state limits as requests
/// per second, such as 10 for `CreateAigcVideoTask`).
pub const WINDOW: Duration = Duration::from_secs(1);
/// The longest delay of a start after its slot.
pub const START_TOLERANCE: Duration = Duration::from_millis(50);

/// The longest time between the grant of a slot and the slot. A request and its reply may take as
/// long as a start may be late, so asking this early hides their latency.
#[cfg_attr(
    not(any(
        test,
        feature = "test-util",
        feature = "file-limit",
        feature = "redis",
        feature = "postgres"
    )),
    expect(dead_code, reason = "only shared rings grant ahead")
)]
pub const GRANT_AHEAD: Duration = START_TOLERANCE;

/// Room between starts that one burst of throttled calls adds, and the most that bursts add
/// together.
const WIDENING_STEP: Duration = Duration::from_millis(50);
pub(super) const MAX_WIDENING: Duration = Duration::from_millis(450);
/// Throttled calls within this time after the first one belong to the same burst. One cause, such
/// as a second limiter on the account, throttles many calls at once; counting each of them would
/// slow down for minutes.
const BURST: Duration = Duration::from_secs(2);
/// The time after which one step of widening ends.
const STEP_LASTS: Duration = Duration::from_secs(3);

/// The last N slots of one limit. Pure: the caller passes the time, and nothing waits.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    pub(super) limit: usize,
    pub(super) slots: VecDeque<Entry>,
    /// Number of slots reserved since the ring was made.
    pub(super) reserved: u64,
    /// Room that throttling had added at the last burst, and when that burst began.
    pub(super) widened: Duration,
    pub(super) widened_at: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) at: Duration,
    /// The earliest time of the slot N places later.
    pub(super) frees_at: Duration,
}

/// A slot of a ring: the time of one start.
#[derive(Debug)]
pub struct Slot {
    number: u64,
    entry: Entry,
    replaced: Replaced,
}

/// The entries that a new slot removed from the ring.
#[derive(Clone, Copy, Debug)]
enum Replaced {
    Nothing,
    One(Entry),
    /// The limit was lowered in between, so that releasing the slot cannot restore them all.
    Several,
}

impl Slot {
    /// Returns the earliest time of the start.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.entry.at
    }

    /// Returns the latest time of the start; after it the slot is spent.
    #[must_use]
    pub fn latest_start(&self) -> Duration {
        self.entry.at.saturating_add(START_TOLERANCE)
    }
}

impl Ring {
    /// Returns an empty ring for `limit` starts in any one second; 0 counts as 1.
    #[must_use]
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit: usize::try_from(limit.max(1)).unwrap_or(usize::MAX),
            slots: VecDeque::new(),
            reserved: 0,
            widened: Duration::ZERO,
            widened_at: Duration::ZERO,
        }
    }

    /// Reserves the next slot that is not before `now`, first come, first served.
    pub(super) fn reserve(&mut self, now: Duration) -> Slot {
        let at = self.next_slot(now, 0);
        let entry = Entry {
            at,
            frees_at: self.frees_at(at, now),
        };
        let replaced = self.make_room();
        self.slots.push_back(entry);
        self.reserved += 1;
        Slot {
            number: self.reserved,
            entry,
            replaced,
        }
    }

    /// Returns the time of the slot that follows `ahead` other slots, all of them reserved now.
    #[must_use]
    pub(super) fn next_slot(&self, now: Duration, ahead: usize) -> Duration {
        let newest = self.slots.back().map_or(Duration::ZERO, |entry| entry.at);
        // The places below the limit are free; the rest of a round follows the slots there are.
        let place = self.slots.len() + ahead % self.limit;
        let replaced = place.checked_sub(self.limit);
        let replaced = replaced.and_then(|index| self.slots.get(index));
        let free = replaced.map_or(Duration::ZERO, |entry| entry.frees_at);
        let rounds = u32::try_from(ahead / self.limit).unwrap_or(u32::MAX);
        let round = WINDOW + START_TOLERANCE + self.widening(now);
        let first_round = now.max(newest).max(free);
        first_round.saturating_add(round.saturating_mul(rounds))
    }

    /// Returns the earliest time of the slot N places after one at `at`. Never earlier than that
    /// of the slot before, so that slots stay in order when widening ends.
    fn frees_at(&self, at: Duration, now: Duration) -> Duration {
        let frees_at = at.saturating_add(WINDOW + START_TOLERANCE + self.widening(now));
        let before = self.slots.back();
        before.map_or(frees_at, |entry| frees_at.max(entry.frees_at))
    }

    fn make_room(&mut self) -> Replaced {
        let mut replaced = Replaced::Nothing;
        while self.slots.len() >= self.limit {
            let Some(entry) = self.slots.pop_front() else {
                break;
            };
            replaced = match replaced {
                Replaced::Nothing => Replaced::One(entry),
                _ => Replaced::Several,
            };
        }
        replaced
    }

    /// Releases an unused slot. Returns `false` when it is not the newest one: then it stays
    /// spent, because later slots were already granted.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a slot can be released only once"
    )]
    pub(super) fn release(&mut self, slot: Slot) -> bool {
        let newest = slot.number == self.reserved;
        if !newest || matches!(slot.replaced, Replaced::Several) {
            return false;
        }
        self.reserved -= 1;
        self.slots.pop_back();
        if let Replaced::One(entry) = slot.replaced {
            self.slots.push_front(entry);
        }
        true
    }

    /// Records that the service throttled a permitted call. Calls of one burst count once.
    pub(super) fn record_throttling(&mut self, now: Duration) {
        let since = now.saturating_sub(self.widened_at);
        if !self.widened.is_zero() && since < BURST {
            return;
        }
        self.widened = (self.widening(now) + WIDENING_STEP).min(MAX_WIDENING);
        self.widened_at = now;
    }

    /// Returns the room between starts that throttling adds at `now`, beyond the tolerance.
    #[must_use]
    pub(super) fn widening(&self, now: Duration) -> Duration {
        // Whole microseconds, as in the script.
        let since = now.saturating_sub(self.widened_at).as_micros();
        let steps = u32::try_from(since / STEP_LASTS.as_micros()).unwrap_or(u32::MAX);
        self.widened
            .saturating_sub(WIDENING_STEP.saturating_mul(steps))
    }
}

#[cfg(test)]
mod tests;

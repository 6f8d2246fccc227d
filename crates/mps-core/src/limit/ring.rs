//! The fenced ring: at most N starts in any one second, proven rather than hoped for.
//!
//! Slots are handed out on one clock, each no earlier than a second plus a fence after the slot N
//! places before it. A holder starts within the fence of its slot or gives the slot up. So the
//! start N places later comes at least one whole second later, and no window of one second holds
//! more than N starts, whatever the scheduler did to the holders in between.

use std::{collections::VecDeque, time::Duration};

/// The window the service counts in.
pub const WINDOW: Duration = Duration::from_secs(1);
/// How late after its slot a start may be.
pub const FENCE: Duration = Duration::from_millis(50);

/// Added for every throttled call, since the service then counts differently from us.
const WIDEN_BY: Duration = Duration::from_millis(50);
const WIDEN_UP_TO: Duration = Duration::from_millis(450);
/// How long one step of widening lasts.
const WIDENED_FOR: Duration = Duration::from_secs(60);

/// The last N slots of one limit. Pure: it is told the time and never waits.
///
/// ```
/// use std::time::Duration;
/// use mps_core::limit::Ring;
///
/// let mut ring = Ring::new(2);
/// let now = Duration::ZERO;
/// assert_eq!(ring.reserve(now).at(), now);
/// assert_eq!(ring.reserve(now).at(), now);
/// assert_eq!(ring.reserve(now).at(), Duration::from_millis(1_050));
/// ```
#[derive(Clone, Debug)]
pub struct Ring {
    limit: usize,
    slots: VecDeque<Entry>,
    reserved: u64,
    widened: Duration,
    widened_at: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Duration,
    /// From when on the slot N places later may be.
    frees_at: Duration,
}

/// A place in the ring: a time to start at, and how late the start may be.
#[derive(Debug)]
pub struct Slot {
    number: u64,
    entry: Entry,
    pushed_out: Option<Entry>,
}

impl Slot {
    /// When the holder may start.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.entry.at
    }

    /// Until when the holder may start; later, the slot is lost.
    #[must_use]
    pub fn latest(&self) -> Duration {
        self.entry.at + FENCE
    }
}

impl Ring {
    /// A ring that allows `limit` starts in any one second; 0 is taken as 1.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            limit: usize::try_from(limit.max(1)).unwrap_or(usize::MAX),
            slots: VecDeque::new(),
            reserved: 0,
            widened: Duration::ZERO,
            widened_at: Duration::ZERO,
        }
    }

    /// Takes the next slot, first come first served.
    pub fn reserve(&mut self, now: Duration) -> Slot {
        self.narrow(now);
        let newest = self.slots.back().map_or(Duration::ZERO, |entry| entry.at);
        let full = self.slots.len() >= self.limit;
        let oldest = if full { self.slots.pop_front() } else { None };
        let free = oldest.map_or(Duration::ZERO, |entry| entry.frees_at);
        let at = now.max(newest).max(free);
        let entry = Entry {
            at,
            frees_at: at + WINDOW + FENCE + self.widened,
        };
        self.slots.push_back(entry);
        self.reserved += 1;
        Slot {
            number: self.reserved,
            entry,
            pushed_out: oldest,
        }
    }

    /// Takes an unused slot back, if it is still the newest; an older one is lost, because others
    /// already wait behind it. Tells which.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a slot can be given back once"
    )]
    pub fn give_back(&mut self, slot: Slot) -> bool {
        let newest = slot.number == self.reserved;
        if newest {
            self.reserved -= 1;
            self.slots.pop_back();
            if let Some(entry) = slot.pushed_out {
                self.slots.push_front(entry);
            }
        }
        newest
    }

    /// The service refused a call for its rate although the ring allowed it: leave more room.
    pub fn widen(&mut self, now: Duration) {
        self.narrow(now);
        self.widened = (self.widened + WIDEN_BY).min(WIDEN_UP_TO);
        self.widened_at = now;
    }

    /// Room added by [`widen`](Self::widen) that has not faded yet.
    #[must_use]
    pub fn widened(&self) -> Duration {
        self.widened
    }

    fn narrow(&mut self, now: Duration) {
        while !self.widened.is_zero() && now.saturating_sub(self.widened_at) >= WIDENED_FOR {
            self.widened = self.widened.saturating_sub(WIDEN_BY);
            self.widened_at += WIDENED_FOR;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// The most starts in any window of one second, by brute force.
    fn worst_window(starts: &[Duration]) -> usize {
        let inside = |from: Duration| {
            starts
                .iter()
                .filter(|start| (from..from + WINDOW).contains(*start))
                .count()
        };
        starts.iter().map(|start| inside(*start)).max().unwrap_or(0)
    }

    #[test]
    fn a_burst_then_a_steady_rate_just_under_the_limit() {
        let mut ring = Ring::new(10);
        let slots: Vec<_> = (0..96).map(|_| ring.reserve(Duration::ZERO).at()).collect();
        assert_eq!(slots[9], Duration::ZERO);
        assert_eq!(slots[10], 1_050 * MS);
        assert_eq!(slots[95], 9 * 1_050 * MS);
    }

    #[test]
    fn slots_given_back_newest_first_leave_no_trace() {
        let mut ring = Ring::new(2);
        let mut untouched = Ring::new(2);
        for _ in 0..3 {
            ring.reserve(Duration::ZERO);
            untouched.reserve(Duration::ZERO);
        }
        let slots: Vec<_> = (0..5).map(|_| ring.reserve(Duration::ZERO)).collect();
        assert!(slots.into_iter().rev().all(|slot| ring.give_back(slot)));
        for _ in 0..4 {
            assert_eq!(
                ring.reserve(Duration::ZERO).at(),
                untouched.reserve(Duration::ZERO).at()
            );
        }
    }

    #[test]
    fn an_older_slot_is_lost() {
        let mut ring = Ring::new(1);
        let first = ring.reserve(Duration::ZERO);
        let _second = ring.reserve(Duration::ZERO);
        assert!(!ring.give_back(first));
        assert_eq!(ring.reserve(Duration::ZERO).at(), 2_100 * MS);
    }

    #[test]
    fn throttling_widens_up_to_a_bound_and_fades() {
        let mut ring = Ring::new(1);
        (0..20).for_each(|_| ring.widen(Duration::ZERO));
        assert_eq!(ring.widened(), 450 * MS);
        ring.reserve(Duration::ZERO);
        assert_eq!(ring.reserve(Duration::ZERO).at(), 1_500 * MS);
        ring.reserve(Duration::from_secs(3 * 60));
        assert_eq!(ring.widened(), 300 * MS);
        ring.reserve(Duration::from_secs(60 * 60));
        assert_eq!(ring.widened(), Duration::ZERO);
    }

    #[derive(Clone, Debug)]
    enum Event {
        /// Time passes and a holder starts this long after its slot, if that is not too late.
        Arrive {
            after_ms: u64,
            stall_ms: u64,
        },
        Cancel {
            which: usize,
        },
        Throttled,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            8 => (0..400_u64, 0..120_u64).prop_map(|(after_ms, stall_ms)| Event::Arrive { after_ms, stall_ms }),
            2 => (0..8_usize).prop_map(|which| Event::Cancel { which }),
            1 => Just(Event::Throttled),
        ]
    }

    proptest! {
        #[test]
        fn no_window_of_one_second_starts_more_than_the_limit(limit in 1..12_u32, events in prop::collection::vec(event(), 1..200)) {
            let mut ring = Ring::new(limit);
            let mut now = Duration::ZERO;
            let mut held: Vec<(Slot, Duration)> = Vec::new();
            let mut starts = Vec::new();
            for event in events {
                match event {
                    Event::Arrive { after_ms, stall_ms } => {
                        now += Duration::from_millis(after_ms);
                        let slot = ring.reserve(now);
                        prop_assert!(slot.at() >= now);
                        prop_assert!(held.last().is_none_or(|(before, _)| before.at() <= slot.at()), "first come, first served");
                        held.push((slot, Duration::from_millis(stall_ms)));
                    }
                    // Only who has not started yet can cancel.
                    Event::Cancel { which } => if let Some(index) = held.len().checked_sub(which + 1)
                        && held[index].0.at() > now {
                        let (slot, _) = held.remove(index);
                        ring.give_back(slot);
                    },
                    Event::Throttled => ring.widen(now),
                }
            }
            for (slot, stall) in held {
                let start = slot.at() + stall;
                if start <= slot.latest() {
                    starts.push(start);
                }
            }
            prop_assert!(worst_window(&starts) <= usize::try_from(limit).unwrap());
        }
    }
}

//! The fenced ring: at most N starts in any one second, proven rather than hoped for.
//!
//! Slots are handed out on one clock, each no earlier than a second plus a fence after the slot N
//! places before it. A holder starts within the fence of its slot or gives the slot up. So the
//! start N places later comes at least one whole second later, and no window of one second holds
//! more than N starts, whatever the scheduler did to the holders in between.
#![cfg_attr(
    not(any(test, feature = "test-util")),
    allow(
        unreachable_pub,
        reason = "public for the tests of this workspace only, through `internals`"
    )
)]

use std::{collections::VecDeque, time::Duration};

/// The window the service counts in.
pub const WINDOW: Duration = Duration::from_secs(1);
/// How late after its slot a start may be.
pub const START_TOLERANCE: Duration = Duration::from_millis(50);

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
    pub(super) slots: VecDeque<Entry>,
    pub(super) reserved: u64,
    pub(super) widened: Duration,
    pub(super) widened_at: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) at: Duration,
    /// From when on the slot N places later may be.
    pub(super) frees_at: Duration,
}

/// A place in the ring: a time to start at, and how late the start may be.
#[derive(Debug)]
pub struct Slot {
    number: u64,
    entry: Entry,
    pushed_out: PushedOut,
}

/// What a new slot took the place of.
#[derive(Clone, Copy, Debug)]
enum PushedOut {
    Nothing,
    One(Entry),
    /// The limit was lowered, so a slot given back could not restore them all.
    More,
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
        self.entry.at.saturating_add(START_TOLERANCE)
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

    /// A ring whose slots were all taken at `at`, for one whose slots are not known any more.
    pub(super) fn full(limit: u32, at: Duration) -> Self {
        let mut ring = Self::new(limit);
        let frees_at = ring.frees_at(at);
        ring.slots = std::iter::repeat_n(Entry { at, frees_at }, ring.limit).collect();
        ring
    }

    /// Takes the next slot, first come first served.
    pub fn reserve(&mut self, now: Duration) -> Slot {
        self.narrow(now);
        let at = self.turn(now, 0);
        let entry = Entry {
            at,
            frees_at: self.frees_at(at),
        };
        let pushed_out = self.make_room();
        self.slots.push_back(entry);
        self.reserved += 1;
        Slot {
            number: self.reserved,
            entry,
            pushed_out,
        }
    }

    /// When the slot would be that comes after so many others, all of them taken now.
    #[must_use]
    pub fn turn(&self, now: Duration, after: usize) -> Duration {
        let newest = self.slots.back().map_or(Duration::ZERO, |entry| entry.at);
        // The places below the limit are free; the rest of a round follows the slots there are.
        let place = self.slots.len() + after % self.limit;
        let pushes_out = place.checked_sub(self.limit);
        let pushes_out = pushes_out.and_then(|index| self.slots.get(index));
        let free = pushes_out.map_or(Duration::ZERO, |entry| entry.frees_at);
        let rounds = u32::try_from(after / self.limit).unwrap_or(u32::MAX);
        let round = WINDOW + START_TOLERANCE + self.widened;
        let first_round = now.max(newest).max(free);
        first_round.saturating_add(round.saturating_mul(rounds))
    }

    /// From when on the slot may be that follows N places after one at `at`. Never earlier than
    /// that of the slot before, so that what is added to the fence cannot fade out of turn.
    fn frees_at(&self, at: Duration) -> Duration {
        let frees_at = at.saturating_add(WINDOW + START_TOLERANCE + self.widened);
        let before = self.slots.back();
        before.map_or(frees_at, |entry| frees_at.max(entry.frees_at))
    }

    fn make_room(&mut self) -> PushedOut {
        let mut pushed_out = PushedOut::Nothing;
        while self.slots.len() >= self.limit {
            let Some(entry) = self.slots.pop_front() else {
                break;
            };
            pushed_out = match pushed_out {
                PushedOut::Nothing => PushedOut::One(entry),
                _ => PushedOut::More,
            };
        }
        pushed_out
    }

    /// Takes an unused slot back, if it is still the newest; an older one is lost, because others
    /// already wait behind it. Tells which.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a slot can be given back once"
    )]
    pub fn give_back(&mut self, slot: Slot) -> bool {
        let newest = slot.number == self.reserved;
        if !newest || matches!(slot.pushed_out, PushedOut::More) {
            return false;
        }
        self.reserved -= 1;
        self.slots.pop_back();
        if let PushedOut::One(entry) = slot.pushed_out {
            self.slots.push_front(entry);
        }
        true
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

    /// Whether slots promised no further ahead than `horizon` can have left this ring at `now`.
    pub(super) fn is_plausible(&self, now: Duration, horizon: Duration) -> bool {
        let latest = now.saturating_add(horizon);
        let held = |entry: &Entry| entry.frees_at.checked_sub(entry.at);
        let sound =
            |entry: &Entry| entry.at <= latest && held(entry) >= Some(WINDOW + START_TOLERANCE);
        let frees_by = latest.saturating_add(WINDOW + START_TOLERANCE + WIDEN_UP_TO);
        self.slots.iter().all(sound)
            && self.slots.iter().is_sorted_by_key(|entry| entry.at)
            && self.slots.iter().is_sorted_by_key(|entry| entry.frees_at)
            && self
                .slots
                .back()
                .is_none_or(|entry| entry.frees_at <= frees_by)
            && self.widened <= WIDEN_UP_TO
            && self.widened_at <= now
    }

    /// Lets what throttling added fade.
    pub(super) fn narrow(&mut self, now: Duration) {
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

    #[test]
    fn a_turn_foretold_is_the_slot_that_comes() {
        let mut ring = Ring::new(2);
        ring.reserve(Duration::ZERO);
        ring.widen(Duration::ZERO);
        let foretold: Vec<_> = (0..9).map(|after| ring.turn(MS, after)).collect();
        let came: Vec<_> = (0..9).map(|_| ring.reserve(MS).at()).collect();
        assert_eq!(foretold, came);
    }

    #[test]
    fn a_ring_read_from_elsewhere_is_believed_only_if_it_can_have_been() {
        const NOW: Duration = Duration::from_secs(1_000);
        let latest = NOW + START_TOLERANCE;
        let entry = |at, held| Entry {
            at,
            frees_at: at + held,
        };
        let plausible = |slots: &[Entry], widened, widened_at| {
            let mut ring = Ring::new(3);
            ring.slots = slots.iter().copied().collect();
            (ring.widened, ring.widened_at) = (widened, widened_at);
            ring.is_plausible(NOW, START_TOLERANCE)
        };
        let slots = |slots: &[Entry]| plausible(slots, Duration::ZERO, Duration::ZERO);
        let held = WINDOW + START_TOLERANCE;
        assert!(slots(&[]));
        assert!(slots(&[
            entry(NOW, held),
            entry(latest, held + WIDEN_UP_TO)
        ]));
        for (why, impossible) in [
            ("promised too far ahead", vec![entry(latest + MS, held)]),
            ("held too briefly", vec![entry(NOW, WINDOW + 49 * MS)]),
            (
                "held too long",
                vec![entry(latest, held + WIDEN_UP_TO + MS)],
            ),
            (
                "freed before it was",
                vec![Entry {
                    at: NOW,
                    frees_at: Duration::ZERO,
                }],
            ),
            (
                "not in order",
                vec![entry(NOW + MS, held), entry(NOW, held + MS)],
            ),
            (
                "freed out of order",
                vec![entry(NOW, held + 2 * MS), entry(NOW + MS, held)],
            ),
        ] {
            assert!(!slots(&impossible), "{why}");
        }
        assert!(plausible(&[], WIDEN_UP_TO, NOW));
        assert!(!plausible(&[], WIDEN_UP_TO + MS, NOW));
        assert!(!plausible(&[], WIDEN_BY, NOW + MS));
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

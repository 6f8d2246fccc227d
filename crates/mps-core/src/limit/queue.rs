//! The ring that processes share: who may take the next slot, and who waits.
//!
//! A process that holds a slot far ahead would burn it when it is killed, and nobody could tell
//! what was promised once the ring is lost. So a slot is handed out only shortly before its time,
//! by the [`HORIZON`]. Until then a process stands in a line and asks again; what it is told is
//! when. Its place is its own for as long as it keeps asking, so that no process is overtaken for
//! ever, and is lost soon after it stops.
#![cfg_attr(
    not(any(test, feature = "test-util")),
    allow(
        unreachable_pub,
        reason = "public for the tests of this workspace only, through `internals`"
    )
)]

use std::time::Duration;

use super::{Ring, START_TOLERANCE, Slot, WINDOW};

/// How far ahead of its time a slot is handed out. A question and its answer have as long to
/// travel as a start may be late, so asking this early hides the way.
pub const HORIZON: Duration = START_TOLERANCE;

/// How long a place in the line outlives the moment at which its holder should have asked.
const GRACE: Duration = WINDOW;
/// The longest pause between questions, so that a line that got shorter is noticed.
const LONGEST_PAUSE: Duration = WINDOW;
/// Keeps those apart who would otherwise ask at the same moment.
const STAGGER: Duration = Duration::from_millis(1);
/// Those who come to a longer line wait outside of it, so that the state stays small.
const LONGEST_LINE: u32 = 1_000;
/// A higher limit counts as this one, so that the state stays small.
const HIGHEST_LIMIT: u32 = 1_000;

/// A [`Ring`] shared by processes, with the line of those who wait. Pure: it is told the time.
///
/// ```
/// use std::time::Duration;
/// use mps_core::limit::{Queue, Turn};
///
/// let mut queue = Queue::new(1);
/// let now = Duration::ZERO;
/// assert!(matches!(queue.ask(now, 1), Turn::Granted(slot) if slot.at() == now));
/// assert!(matches!(queue.ask(now, 2), Turn::Later { .. }));
/// ```
#[derive(Clone, Debug)]
pub struct Queue {
    pub(super) ring: Ring,
    pub(super) line: Vec<Waiter>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Waiter {
    /// The process.
    pub(super) who: u64,
    /// When the place is lost, unless it asks again.
    pub(super) until: Duration,
}

/// The answer to a process that wants to start.
#[derive(Debug)]
pub enum Turn {
    /// It may, at the slot's time, which is at most the [`HORIZON`] away.
    Granted(Slot),
    /// Not yet.
    Later {
        /// How long its turn is away if nobody leaves the line.
        turn: Duration,
        /// How long to wait before asking again.
        ask_in: Duration,
    },
}

impl Queue {
    /// A queue nobody has used yet, for so many starts in any one second.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            ring: Ring::new(limit.min(HIGHEST_LIMIT)),
            line: Vec::new(),
        }
    }

    /// A queue in place of one that was lost at `now`: as full as the lost one can have been.
    #[must_use]
    pub fn after_loss(limit: u32, now: Duration) -> Self {
        let latest_promise = now.saturating_add(HORIZON);
        Self {
            ring: Ring::full(limit.min(HIGHEST_LIMIT), latest_promise),
            line: Vec::new(),
        }
    }

    /// The process `who` asks for the next slot, or asks again.
    pub fn ask(&mut self, now: Duration, who: u64) -> Turn {
        self.ring.narrow(now);
        self.line.retain(|waiter| waiter.until >= now);
        let place = self.line.iter().position(|waiter| waiter.who == who);
        let ahead = place.unwrap_or(self.line.len());
        let turn = self.ring.turn(now, ahead).saturating_sub(now);
        if turn <= HORIZON {
            self.line.retain(|waiter| waiter.who != who);
            return Turn::Granted(self.ring.reserve(now));
        }
        let ask_in = pause(turn, ahead);
        let until = now.saturating_add(ask_in + GRACE);
        match place.and_then(|place| self.line.get_mut(place)) {
            Some(waiter) => waiter.until = until,
            None if ahead < LONGEST_LINE as usize => self.line.push(Waiter { who, until }),
            None => {}
        }
        Turn::Later { turn, ask_in }
    }

    /// Takes an unused slot back, if it is still the newest; tells whether.
    pub fn give_back(&mut self, slot: Slot) -> bool {
        self.ring.give_back(slot)
    }

    /// The service refused so many calls for their rate although the ring allowed them.
    pub fn widen(&mut self, now: Duration, times: u32) {
        (0..times).for_each(|_| self.ring.widen(now));
    }

    /// Room added by [`widen`](Self::widen) that has not faded yet.
    #[must_use]
    pub fn widened(&self) -> Duration {
        self.ring.widened()
    }

    /// Whether this can be the state of a queue at `now`. A state from before a restart, from
    /// another machine or from a clock that was set back cannot.
    #[must_use]
    pub fn is_plausible(&self, now: Duration) -> bool {
        let longest_lease = LONGEST_PAUSE + STAGGER * LONGEST_LINE + GRACE;
        let latest = now.saturating_add(longest_lease);
        self.ring.is_plausible(now, HORIZON)
            && self.line.len() <= LONGEST_LINE as usize
            && self.line.iter().all(|waiter| waiter.until <= latest)
    }
}

/// Until the slot is within the horizon. A turn that is far away moves with those ahead, so it is
/// looked after sooner, and not by all at once.
fn pause(turn: Duration, ahead: usize) -> Duration {
    let stagger = STAGGER.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX));
    let exact = turn.saturating_sub(HORIZON);
    if exact <= LONGEST_PAUSE {
        exact
    } else {
        LONGEST_PAUSE + stagger
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn told(queue: &mut Queue, who: u64) -> (Duration, Duration) {
        match queue.ask(NOW, who) {
            Turn::Later { turn, ask_in } => (turn, ask_in),
            Turn::Granted(slot) => panic!("{slot:?}"),
        }
    }

    #[test]
    fn those_who_wait_long_ask_one_after_the_other() {
        let mut queue = Queue::after_loss(1, NOW);
        for ahead in 0..5_u32 {
            let turn = HORIZON + (WINDOW + START_TOLERANCE) * (ahead + 1);
            let ask_in = LONGEST_PAUSE + STAGGER * ahead;
            assert_eq!(told(&mut queue, ahead.into()), (turn, ask_in));
        }
    }

    #[test]
    fn the_line_has_an_end_and_those_behind_it_know_their_turn_all_the_same() {
        let mut queue = Queue::after_loss(1, NOW);
        for who in 1..=1_100 {
            told(&mut queue, who);
        }
        assert_eq!(queue.line.len(), 1_000);
        assert!(queue.is_plausible(NOW));
        let (turn, _) = told(&mut queue, 2_000);
        assert_eq!(turn, HORIZON + (WINDOW + START_TOLERANCE) * 1_001);
    }

    #[test]
    fn a_line_is_plausible_up_to_its_longest_and_its_longest_lease() {
        let place = |until| Waiter { who: 1, until };
        let nanosecond = Duration::from_nanos(1);
        let longest = NOW + Duration::from_secs(3);
        for (line, plausible) in [
            (vec![place(longest); 1_000], true),
            (vec![place(longest); 1_001], false),
            (vec![place(longest), place(longest + nanosecond)], false),
        ] {
            let ring = Ring::new(1);
            assert_eq!(Queue { ring, line }.is_plausible(NOW), plausible);
        }
    }

    #[test]
    fn only_the_newest_slot_can_be_given_back() {
        let mut queue = Queue::new(1);
        let Turn::Granted(first) = queue.ask(NOW, 1) else {
            panic!("the first one waits for nobody")
        };
        assert!(queue.give_back(first));
        let Turn::Granted(again) = queue.ask(NOW, 1) else {
            panic!("it was not given back")
        };
        let Turn::Granted(_) = queue.ask(NOW + WINDOW, 2) else {
            panic!("the next one is within the horizon")
        };
        assert!(!queue.give_back(again));
    }
}

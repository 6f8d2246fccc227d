//! The order of polls: which task is polled next, and when. Pure: the time is an argument.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use super::{
    curve::Curve,
    policy::{PollInput, PollingPolicy},
};

/// Polls that may be without an answer at a time. With answers after 5 s, enough for the whole budget.
const MAX_IN_FLIGHT: usize = 256;
/// Weight of one late poll in the delay that a poll is worth.
const PRICE_STEP: f64 = 0.02;
/// Share by which that delay shrinks in a second without a poll.
const PRICE_DECAY: f64 = 0.5;
/// Longest time by which calls of people postpone the next poll.
const MAX_POSTPONEMENT: Duration = Duration::from_secs(1);
/// Smallest budget, in polls a second.
const MIN_BUDGET: f64 = 0.001;

/// The polls of all tasks that a client waits for: a heap of (time, task), and a budget.
#[derive(Debug)]
pub(super) struct Schedule {
    slots: Vec<Slot>,
    free: Vec<u32>,
    heap: BinaryHeap<Reverse<Turn>>,
    in_flight: usize,
    next_serial: u32,
    /// Time between two polls.
    spacing: Micros,
    /// Earliest start of the next poll.
    next_start: Micros,
    /// Expected delay that a poll is worth, in seconds: the one at which the budget is used up.
    price: f64,
    /// Since when no task wants a poll.
    idle_since: Option<Micros>,
}

/// A time on the client's monotonic clock, in microseconds; before its start for the creation of a
/// task.
type Micros = i64;

/// A task.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// When the task was created.
    born: Micros,
    /// When the task was last pending: the start of a poll, or its creation.
    pending_at: Micros,
    /// When the next poll is due without load.
    ready: Micros,
    /// Distinguishes the tasks that use a slot one after the other.
    serial: u32,
    /// Distinguishes the turns of a task, of which only the last one is valid.
    turn: u32,
    state: SlotState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SlotState {
    Free,
    Waiting,
    InFlight,
}

/// A turn of a task. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    at: Micros,
    slot: u32,
    number: u32,
}

/// A task of a [`Schedule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    slot: u32,
    serial: u32,
}

impl Id {
    /// Returns the number of the slot, which a later task may use again.
    pub(super) fn index(self) -> usize {
        self.slot as usize
    }
}

/// The next thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Poll this task now.
    Poll(Id),
    /// Ask again at this time.
    At(Duration),
    /// Ask again after an answer, or when a task is added.
    Idle,
}

impl Schedule {
    /// Returns an empty schedule with a budget of polls a second.
    pub(super) fn new(budget: f64) -> Self {
        let mut schedule = Self {
            slots: Vec::new(),
            free: Vec::new(),
            heap: BinaryHeap::new(),
            in_flight: 0,
            next_serial: 0,
            spacing: 0,
            next_start: 0,
            price: PollInput::MAX_DELAY.as_secs_f64(),
            idle_since: None,
        };
        schedule.set_budget(budget);
        schedule
    }

    /// Sets the budget, in polls a second.
    pub(super) fn set_budget(&mut self, budget: f64) {
        let spacing = Duration::try_from_secs_f64(1.0 / budget.max(MIN_BUDGET));
        // Rounded up, so that no second has more polls.
        self.spacing = micros(spacing.unwrap_or_default()) + 1;
    }

    /// Makes room for more tasks without spare room.
    pub(super) fn reserve(&mut self, tasks: usize) {
        let new = tasks.saturating_sub(self.free.len());
        self.slots.reserve(new);
        self.heap.reserve(tasks);
    }

    /// Adds a task of an age. It is polled at once if `polled_first`, otherwise by the policy.
    pub(super) fn insert(
        &mut self,
        now: Duration,
        age: Duration,
        polled_first: bool,
        curve: &Curve,
        policy: &dyn PollingPolicy,
    ) -> Id {
        let (now, born) = (micros(now), micros(now).saturating_sub(micros(age)));
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::FREE);
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        let serial = self.next_serial;
        self.next_serial = serial.wrapping_add(1);
        let id = Id { slot, serial };
        if let Some(slot) = self.slot(slot) {
            (slot.born, slot.pending_at) = (born, born);
            (slot.serial, slot.state) = (serial, SlotState::InFlight);
        }
        self.in_flight += 1;
        if polled_first {
            self.push(id, now, now);
        } else {
            self.schedule(id, curve, policy);
        }
        id
    }

    /// Removes a task.
    pub(super) fn remove(&mut self, id: Id) {
        let Some(slot) = self.of(id) else { return };
        let was_in_flight = slot.state == SlotState::InFlight;
        slot.state = SlotState::Free;
        slot.turn = slot.turn.wrapping_add(1);
        self.in_flight -= usize::from(was_in_flight);
        self.free.push(id.slot);
        self.drop_stale_turns();
    }

    /// Returns the number of tasks.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Returns the task to poll now, or when to ask again. A task that is returned is in flight until
    /// it is [`pending`](Self::pending), [`again`](Self::again) or removed.
    pub(super) fn next(&mut self, now: Duration) -> Next {
        let now = micros(now);
        self.lower_price(now);
        let Some(turn) = self.first_turn() else {
            return Next::Idle;
        };
        if self.in_flight >= MAX_IN_FLIGHT {
            return Next::Idle;
        }
        let wanted = self.wanted_at(turn);
        let start = wanted.max(self.next_start);
        if start > now {
            if wanted > now {
                self.idle_since = Some(now);
            }
            return Next::At(to_duration(start));
        }
        self.heap.pop();
        self.next_start = now + self.spacing;
        self.in_flight += 1;
        let serial = self.slot(turn.slot).map_or(0, |slot| {
            slot.state = SlotState::InFlight;
            slot.serial
        });
        let slot = turn.slot;
        Next::Poll(Id { slot, serial })
    }

    /// Records the start of a poll, from which the load is learned.
    pub(super) fn started(&mut self, id: Id, now: Duration, curve: &Curve) {
        let spacing = self.spacing;
        let Some(slot) = self.of(id) else { return };
        let (pending, age) = (slot.age_at(slot.pending_at), slot.age_at(micros(now)));
        let late = micros(now) - slot.ready > 2 * spacing;
        if late {
            let delay = curve.expected_delay(pending, age).as_secs_f64();
            let price = self.price + PRICE_STEP * (delay - self.price);
            self.price = price.max(PollInput::MAX_DELAY.as_secs_f64());
        }
    }

    /// Records that a task was pending at the start of its poll, and schedules the next one.
    pub(super) fn pending(
        &mut self,
        id: Id,
        asked_at: Duration,
        curve: &Curve,
        policy: &dyn PollingPolicy,
    ) {
        if let Some(slot) = self.of(id) {
            slot.pending_at = micros(asked_at);
            self.schedule(id, curve, policy);
        }
    }

    /// Schedules the next poll of a task at a time, after a poll that said nothing about it.
    pub(super) fn again(&mut self, id: Id, at: Duration) {
        self.push(id, micros(at), micros(at));
    }

    /// Makes the tasks due whose polls will never be answered, because their driver has ended.
    pub(super) fn abandon_polls(&mut self, now: Duration) {
        let slots = (0_u32..).zip(&self.slots);
        let abandoned: Vec<_> = slots
            .filter(|(_, slot)| slot.state == SlotState::InFlight)
            .map(|(number, slot)| Id {
                slot: number,
                serial: slot.serial,
            })
            .collect();
        for id in abandoned {
            self.again(id, now);
        }
    }

    /// Gives the next place of the budget to a call of a person.
    pub(super) fn yield_place(&mut self, now: Duration) {
        let now = micros(now);
        let latest = now + micros(MAX_POSTPONEMENT).max(self.spacing);
        self.next_start = (self.next_start.max(now) + self.spacing).min(latest);
    }

    /// Postpones the next poll because the limiter is busy.
    pub(super) fn postpone(&mut self, now: Duration, by: Duration) {
        self.next_start = self.next_start.max(micros(now + by));
    }

    /// Returns the ages of a task: when it was last pending, and at a time.
    pub(super) fn ages(&self, id: Id, now: Duration) -> Option<(Duration, Duration)> {
        let slot = self.slots.get(id.index()).filter(|slot| slot.is(id))?;
        Some((slot.age_at(slot.pending_at), slot.age_at(micros(now))))
    }

    /// Returns when a task was last seen to be pending, or `None` if only its creation is known.
    pub(super) fn pending_at(&self, id: Id) -> Option<Duration> {
        let slot = self.slots.get(id.index()).filter(|slot| slot.is(id))?;
        (slot.pending_at > slot.born).then(|| to_duration(slot.pending_at))
    }

    fn schedule(&mut self, id: Id, curve: &Curve, policy: &dyn PollingPolicy) {
        let price = Duration::try_from_secs_f64(self.price).unwrap_or(Duration::MAX);
        let Some(slot) = self.of(id) else { return };
        let mut input = PollInput::new(slot.age_at(slot.pending_at), curve);
        input.polled = slot.pending_at > slot.born;
        let ready = slot.time_of(policy.next_poll(&input));
        let at = if price > PollInput::MAX_DELAY {
            slot.time_of(policy.next_poll(&input.max_delay(price)))
                .max(ready)
        } else {
            ready
        };
        self.push(id, at, ready);
    }

    fn push(&mut self, id: Id, at: Micros, ready: Micros) {
        let Some(slot) = self.of(id) else { return };
        let was_in_flight = slot.state == SlotState::InFlight;
        slot.state = SlotState::Waiting;
        slot.ready = ready;
        slot.turn = slot.turn.wrapping_add(1);
        let number = slot.turn;
        self.in_flight -= usize::from(was_in_flight);
        self.idle_since = None;
        let slot = id.slot;
        self.heap.push(Reverse(Turn { at, slot, number }));
    }

    /// Returns when a turn may begin: under load before its time, so that no place of the budget is
    /// left unused.
    fn wanted_at(&self, turn: Turn) -> Micros {
        let has_load = self.price > PollInput::MAX_DELAY.as_secs_f64();
        let slot = self.slots.get(turn.slot as usize);
        match slot {
            Some(slot) if has_load => turn.at.min(slot.ready),
            _ => turn.at,
        }
    }

    fn lower_price(&mut self, now: Micros) {
        if let Some(since) = self.idle_since.take() {
            let seconds = to_duration(now - since).as_secs_f64();
            let price = self.price * f64::exp(-PRICE_DECAY * seconds);
            self.price = price.max(PollInput::MAX_DELAY.as_secs_f64());
        }
    }

    fn first_turn(&mut self) -> Option<Turn> {
        loop {
            let Reverse(turn) = *self.heap.peek()?;
            if self.is_valid(turn) {
                return Some(turn);
            }
            self.heap.pop();
        }
    }

    fn is_valid(&self, turn: Turn) -> bool {
        let slot = self.slots.get(turn.slot as usize);
        slot.is_some_and(|slot| slot.turn == turn.number && slot.state == SlotState::Waiting)
    }

    /// Drops the turns of removed tasks when they are most of the heap.
    fn drop_stale_turns(&mut self) {
        if self.len() == 0 {
            (self.heap, self.slots, self.free) = (BinaryHeap::new(), Vec::new(), Vec::new());
        } else if self.heap.len() > 64 && self.heap.len() > 2 * self.len() {
            let turns = std::mem::take(&mut self.heap).into_vec();
            let valid = turns
                .into_iter()
                .filter(|Reverse(turn)| self.is_valid(*turn));
            self.heap = valid.collect();
        }
    }
}

impl Slot {
    const FREE: Self = Self {
        born: 0,
        pending_at: 0,
        ready: 0,
        serial: 0,
        turn: 0,
        state: SlotState::Free,
    };

    fn is(&self, id: Id) -> bool {
        self.serial == id.serial && self.state != SlotState::Free
    }

    fn age_at(&self, at: Micros) -> Duration {
        to_duration(at.saturating_sub(self.born))
    }

    fn time_of(&self, age: Duration) -> Micros {
        self.born.saturating_add(micros(age))
    }
}

impl Schedule {
    fn slot(&mut self, slot: u32) -> Option<&mut Slot> {
        self.slots.get_mut(slot as usize)
    }

    fn of(&mut self, id: Id) -> Option<&mut Slot> {
        self.slot(id.slot).filter(|slot| slot.is(id))
    }
}

fn micros(time: Duration) -> Micros {
    // Half of the range, so that sums do not overflow.
    i64::try_from(time.as_micros())
        .unwrap_or(i64::MAX)
        .min(i64::MAX / 4)
}

fn to_duration(time: Micros) -> Duration {
    Duration::from_micros(u64::try_from(time).unwrap_or_default())
}

#[cfg(test)]
mod tests;

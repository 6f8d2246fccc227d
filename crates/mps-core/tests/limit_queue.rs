//! The queue that processes share, with processes that are late, die and come back, on a queue
//! that is lost now and then. No clock runs here: every moment is drawn.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use mps_core::limit::internals::{HORIZON, Queue, START_TOLERANCE, Turn, WINDOW};
use proptest::prelude::*;

const MS: Duration = Duration::from_millis(1);

/// The most starts in any window of one second, by brute force.
fn worst_window(starts: &[Duration]) -> usize {
    let inside = |from: Duration| {
        let window = from..from + WINDOW;
        starts.iter().filter(|start| window.contains(start)).count()
    };
    starts.iter().map(|start| inside(*start)).max().unwrap_or(0)
}

/// What happens around one question.
#[derive(Clone, Debug)]
struct Fate {
    question_ms: u64,
    answer_ms: u64,
    stall_ms: u64,
    then: Then,
}

#[derive(Clone, Debug, PartialEq)]
enum Then {
    Goes,
    /// The process dies before it can use the answer; another one takes its place.
    Dies,
    /// It gives its slot back.
    Leaves,
    /// The queue is lost before the question arrives.
    Lost,
    /// The service throttled a call.
    Throttled,
}

fn fate() -> impl Strategy<Value = Fate> {
    let then = prop_oneof![
        20 => Just(Then::Goes),
        1 => Just(Then::Dies),
        1 => Just(Then::Leaves),
        1 => Just(Then::Lost),
        1 => Just(Then::Throttled),
    ];
    (0..20_u64, 0..20_u64, 0..60_u64, then).prop_map(|(question_ms, answer_ms, stall_ms, then)| {
        Fate {
            question_ms,
            answer_ms,
            stall_ms: stall_ms.saturating_sub(30),
            then,
        }
    })
}

struct World {
    limit: u32,
    queue: Queue,
    starts: Vec<Duration>,
    /// Who will ask when.
    asks: BinaryHeap<Reverse<(Duration, u64)>>,
    born: u64,
    /// Who waits, in the order of their first question.
    waiting: Vec<(u64, Duration)>,
    worst_overtaking: usize,
}

impl World {
    fn new(limit: u32, processes: u64) -> Self {
        Self {
            limit,
            queue: Queue::after_loss(limit, Duration::ZERO),
            starts: Vec::new(),
            asks: (0..processes)
                .map(|who| Reverse((Duration::ZERO, who)))
                .collect(),
            born: processes,
            waiting: Vec::new(),
            worst_overtaking: 0,
        }
    }

    /// The next process asks.
    fn step(&mut self, fate: &Fate) {
        let Reverse((sent, who)) = self.asks.pop().unwrap();
        let now = sent + Duration::from_millis(fate.question_ms);
        let received = now + Duration::from_millis(fate.answer_ms);
        if fate.then == Then::Lost {
            self.queue = Queue::after_loss(self.limit, now);
            self.waiting.clear();
        }
        if fate.then == Then::Throttled {
            self.queue.widen(now, 1);
        }
        // Questions overtake each other on the way by less than a plausible queue would notice.
        match self.queue.ask(now, who) {
            Turn::Later { turn, ask_in } => {
                assert!(turn > HORIZON && ask_in > Duration::ZERO && ask_in < turn);
                if fate.then == Then::Dies {
                    return self.bear(received);
                }
                self.wait(who, received + ask_in);
                self.asks.push(Reverse((received + ask_in, who)));
            }
            Turn::Granted(slot) => {
                assert!(slot.at() >= now && slot.at() <= now + HORIZON);
                self.note_overtaking(who, now);
                let wait = slot.at().saturating_sub(now);
                let start = received + wait + Duration::from_millis(fate.stall_ms);
                match fate.then {
                    Then::Dies => return self.bear(received),
                    Then::Leaves => drop(self.queue.give_back(slot)),
                    _ if start <= sent + wait + START_TOLERANCE => self.starts.push(start),
                    _ => {}
                }
                self.asks.push(Reverse((start + MS, who)));
            }
        }
    }

    fn bear(&mut self, at: Duration) {
        self.asks.push(Reverse((at, self.born)));
        self.born += 1;
    }

    fn wait(&mut self, who: u64, asks_at: Duration) {
        match self.waiting.iter_mut().find(|(other, _)| *other == who) {
            Some(waiter) => waiter.1 = asks_at,
            None => self.waiting.push((who, asks_at)),
        }
    }

    /// Of those who came earlier and are still asking, how many still wait.
    fn note_overtaking(&mut self, who: u64, now: Duration) {
        let earlier = self.waiting.iter().take_while(|(other, _)| *other != who);
        let alive = earlier.filter(|(_, asks_at)| *asks_at >= now).count();
        self.worst_overtaking = self.worst_overtaking.max(alive);
        self.waiting.retain(|(other, _)| *other != who);
    }
}

proptest! {
    #[test]
    fn no_window_of_one_second_starts_more_than_the_limit(
        limit in 1..12_u32,
        processes in 1..40_u64,
        fates in prop::collection::vec(fate(), 1..600),
    ) {
        let mut world = World::new(limit, processes);
        for fate in &fates {
            world.step(fate);
        }
        let limit = usize::try_from(limit).unwrap();
        prop_assert!(worst_window(&world.starts) <= limit);
        // Only those pass each other who may start at the same moment.
        prop_assert!(world.worst_overtaking < limit.max(1), "{}", world.worst_overtaking);
    }

    #[test]
    fn what_a_process_is_told_comes_true_if_nobody_leaves(limit in 1..12_u32, processes in 1..40_u64) {
        let mut queue = Queue::after_loss(limit, Duration::ZERO);
        let mut asks: BinaryHeap<_> = (0..processes).map(|who| Reverse((Duration::ZERO, who, None))).collect();
        while let Some(Reverse((now, who, told))) = asks.pop() {
            match queue.ask(now, who) {
                Turn::Granted(slot) => prop_assert_eq!(told, Some(slot.at())),
                Turn::Later { turn, ask_in } => {
                    prop_assert!(told.is_none_or(|told| told == now + turn));
                    asks.push(Reverse((now + ask_in, who, Some(now + turn))));
                }
            }
        }
    }
}

/// What the assumption after a loss is for: the slots that were promised, and maybe used, are
/// exactly as many as a new second would allow.
#[test]
fn a_queue_that_forgets_would_crowd_a_second() {
    let ask = |queue: &mut Queue, now| match queue.ask(now, 1) {
        Turn::Granted(slot) => Some(slot.at()),
        Turn::Later { .. } => None,
    };
    let before: Vec<_> = std::iter::from_fn({
        let mut queue = Queue::new(10);
        move || ask(&mut queue, Duration::ZERO)
    })
    .collect();
    assert_eq!(before.len(), 10);
    let mut forgetful = Queue::new(10);
    assert_eq!(ask(&mut forgetful, MS), Some(MS));
    let mut careful = Queue::after_loss(10, MS);
    assert_eq!(ask(&mut careful, MS), None);
    let ready = MS + WINDOW + START_TOLERANCE;
    assert_eq!(ask(&mut careful, ready), Some(ready + HORIZON));
}

#[test]
fn sixty_four_processes_get_their_turns_one_after_the_other() {
    const PROCESSES: u64 = 64;
    let mut queue = Queue::after_loss(10, Duration::ZERO);
    let mut asks: BinaryHeap<_> = (0..PROCESSES)
        .map(|who| Reverse((Duration::ZERO, who)))
        .collect();
    let mut starts = vec![0; 64];
    let mut last = Duration::ZERO;
    while starts.iter().sum::<u32>() < 640 {
        let Reverse((now, who)) = asks.pop().unwrap();
        let next = match queue.ask(now, who) {
            Turn::Granted(slot) => {
                *starts.get_mut(usize::try_from(who).unwrap()).unwrap() += 1;
                last = slot.at();
                slot.at()
            }
            Turn::Later { ask_in, .. } => now + ask_in,
        };
        asks.push(Reverse((next, who)));
    }
    assert!(
        starts.iter().all(|count| (9..=11).contains(count)),
        "{starts:?}"
    );
    assert_eq!(last, HORIZON + 64 * (WINDOW + START_TOLERANCE));
}

#[test]
fn a_process_that_stops_asking_holds_nobody_up_for_long() {
    let mut queue = Queue::after_loss(1, Duration::ZERO);
    for dead in 10..20 {
        queue.ask(Duration::ZERO, dead);
    }
    let mut now = Duration::ZERO;
    let granted = loop {
        match queue.ask(now, 1) {
            Turn::Granted(slot) => break slot.at(),
            Turn::Later { ask_in, .. } => now += ask_in,
        }
    };
    // Instead of the eleven rounds it was promised.
    assert!(granted <= Duration::from_secs(4), "{granted:?}");
}

#[test]
fn states_that_cannot_be_are_recognised() {
    let now = Duration::from_secs(1_000);
    let mut queue = Queue::after_loss(10, now);
    queue.ask(now, 1);
    assert!(queue.is_plausible(now));
    assert!(queue.is_plausible(now + Duration::from_secs(1_000_000)));
    // The clock was set back, or began anew.
    assert!(!queue.is_plausible(now.saturating_sub(MS)));
    assert!(!queue.is_plausible(Duration::ZERO));
}

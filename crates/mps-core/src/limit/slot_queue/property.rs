//! Processes that are late, die and come back, on a queue that is lost now and then. Every moment
//! is drawn at random; no clock runs.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

/// Returns the most starts in any window of one second, by brute force.
fn worst_window(starts: &[Duration]) -> usize {
    let inside = |from: Duration| {
        let window = from..from + WINDOW;
        starts.iter().filter(|start| window.contains(start)).count()
    };
    starts.iter().map(|start| inside(*start)).max().unwrap_or(0)
}

/// One request of a process and its circumstances.
#[derive(Clone, Debug)]
struct Event {
    request_ms: u64,
    reply_ms: u64,
    stall_ms: u64,
    then: Then,
}

#[derive(Clone, Debug, PartialEq)]
enum Then {
    Starts,
    /// The process dies before it can use the reply; another one takes its place.
    Dies,
    /// The process releases its slot.
    Releases,
    /// The queue is lost before the request arrives.
    Lost,
    /// The service throttled a call.
    Throttled,
}

fn event() -> impl Strategy<Value = Event> {
    let then = prop_oneof![
        20 => Just(Then::Starts),
        1 => Just(Then::Dies),
        1 => Just(Then::Releases),
        1 => Just(Then::Lost),
        1 => Just(Then::Throttled),
    ];
    (0..20_u64, 0..20_u64, 0..60_u64, then).prop_map(|(request_ms, reply_ms, stall_ms, then)| {
        Event {
            request_ms,
            reply_ms,
            stall_ms: stall_ms.saturating_sub(30),
            then,
        }
    })
}

struct Simulation {
    limit: u32,
    queue: SlotQueue,
    starts: Vec<Duration>,
    /// The processes by the time of their next request.
    requests: BinaryHeap<Reverse<(Duration, u64)>>,
    created: u64,
    /// The waiting processes in the order of their first request.
    waiting: Vec<(u64, Duration)>,
    worst_overtaking: usize,
}

impl Simulation {
    fn new(limit: u32, processes: u64) -> Self {
        Self {
            limit,
            queue: SlotQueue::after_loss(limit, Duration::ZERO),
            starts: Vec::new(),
            requests: (0..processes)
                .map(|process| Reverse((Duration::ZERO, process)))
                .collect(),
            created: processes,
            waiting: Vec::new(),
            worst_overtaking: 0,
        }
    }

    /// Lets the next process send its request.
    fn step(&mut self, event: &Event) {
        let Reverse((sent, process)) = self.requests.pop().unwrap();
        let now = sent + Duration::from_millis(event.request_ms);
        let received = now + Duration::from_millis(event.reply_ms);
        if event.then == Then::Lost {
            self.queue = SlotQueue::after_loss(self.limit, now);
            self.waiting.clear();
        }
        if event.then == Then::Throttled {
            self.queue.record_throttling(now, 1);
        }
        // Requests overtake each other on the way by less than makes a queue implausible.
        match self.queue.request(now, process) {
            Decision::Wait { slot_in, ask_in } => {
                assert!(slot_in > GRANT_AHEAD && ask_in > Duration::ZERO && ask_in < slot_in);
                if event.then == Then::Dies {
                    return self.replace(received);
                }
                self.record_wait(process, received + ask_in);
                self.requests.push(Reverse((received + ask_in, process)));
            }
            Decision::Granted(slot) => {
                assert!(slot.at() >= now && slot.at() <= now + GRANT_AHEAD);
                self.record_overtaking(process, now);
                let wait = slot.at().saturating_sub(now);
                let start = received + wait + Duration::from_millis(event.stall_ms);
                match event.then {
                    Then::Dies => return self.replace(received),
                    Then::Releases => drop(self.queue.release(slot)),
                    _ if start <= sent + wait + START_TOLERANCE => self.starts.push(start),
                    _ => {}
                }
                self.requests.push(Reverse((start + MS, process)));
            }
        }
    }

    fn replace(&mut self, at: Duration) {
        self.requests.push(Reverse((at, self.created)));
        self.created += 1;
    }

    fn record_wait(&mut self, process: u64, asks_at: Duration) {
        match self.waiting.iter_mut().find(|(other, _)| *other == process) {
            Some(waiter) => waiter.1 = asks_at,
            None => self.waiting.push((process, asks_at)),
        }
    }

    /// Counts the processes that came earlier, still ask and still wait.
    fn record_overtaking(&mut self, process: u64, now: Duration) {
        let earlier = self
            .waiting
            .iter()
            .take_while(|(other, _)| *other != process);
        let alive = earlier.filter(|(_, asks_at)| *asks_at >= now).count();
        self.worst_overtaking = self.worst_overtaking.max(alive);
        self.waiting.retain(|(other, _)| *other != process);
    }
}

proptest! {
    #[test]
    fn no_window_of_one_second_starts_more_than_the_limit(
        limit in 1..12_u32,
        processes in 1..40_u64,
        events in prop::collection::vec(event(), 1..600),
    ) {
        let mut simulation = Simulation::new(limit, processes);
        for event in &events {
            simulation.step(event);
        }
        let limit = usize::try_from(limit).unwrap();
        prop_assert!(worst_window(&simulation.starts) <= limit);
        // A process overtakes only those that may start at the same moment.
        prop_assert!(simulation.worst_overtaking < limit.max(1), "{}", simulation.worst_overtaking);
    }

    #[test]
    fn the_predicted_slot_is_granted_if_no_process_leaves(limit in 1..12_u32, processes in 1..40_u64) {
        let mut queue = SlotQueue::after_loss(limit, Duration::ZERO);
        let mut requests: BinaryHeap<_> = (0..processes).map(|process| Reverse((Duration::ZERO, process, None))).collect();
        while let Some(Reverse((now, process, predicted))) = requests.pop() {
            match queue.request(now, process) {
                Decision::Granted(slot) => prop_assert_eq!(predicted, Some(slot.at())),
                Decision::Wait { slot_in, ask_in } => {
                    prop_assert!(predicted.is_none_or(|predicted| predicted == now + slot_in));
                    requests.push(Reverse((now + ask_in, process, Some(now + slot_in))));
                }
            }
        }
    }
}

/// The reason for the pause after a loss: as many slots as a new second allows may just have been
/// granted and used.
#[test]
fn an_empty_queue_after_a_loss_would_exceed_the_limit() {
    let ask = |queue: &mut SlotQueue, now| match queue.request(now, 1) {
        Decision::Granted(slot) => Some(slot.at()),
        Decision::Wait { .. } => None,
    };
    let before: Vec<_> = std::iter::from_fn({
        let mut queue = SlotQueue::new(10);
        move || ask(&mut queue, Duration::ZERO)
    })
    .collect();
    assert_eq!(before.len(), 10);
    let mut forgetful = SlotQueue::new(10);
    assert_eq!(ask(&mut forgetful, MS), Some(MS));
    let mut careful = SlotQueue::after_loss(10, MS);
    assert_eq!(ask(&mut careful, MS), None);
    let ready = MS + WINDOW + START_TOLERANCE;
    assert_eq!(ask(&mut careful, ready), Some(ready + GRANT_AHEAD));
}

#[test]
fn sixty_four_processes_get_equal_shares() {
    const PROCESSES: u64 = 64;
    let mut queue = SlotQueue::after_loss(10, Duration::ZERO);
    let mut requests: BinaryHeap<_> = (0..PROCESSES)
        .map(|process| Reverse((Duration::ZERO, process)))
        .collect();
    let mut starts = vec![0; 64];
    let mut last = Duration::ZERO;
    while starts.iter().sum::<u32>() < 640 {
        let Reverse((now, process)) = requests.pop().unwrap();
        let next = match queue.request(now, process) {
            Decision::Granted(slot) => {
                *starts.get_mut(usize::try_from(process).unwrap()).unwrap() += 1;
                last = slot.at();
                slot.at()
            }
            Decision::Wait { ask_in, .. } => now + ask_in,
        };
        requests.push(Reverse((next, process)));
    }
    assert!(
        starts.iter().all(|count| (9..=11).contains(count)),
        "{starts:?}"
    );
    assert_eq!(last, GRANT_AHEAD + 64 * (WINDOW + START_TOLERANCE));
}

#[test]
fn a_process_that_stops_asking_delays_the_others_only_briefly() {
    let mut queue = SlotQueue::after_loss(1, Duration::ZERO);
    for dead in 10..20 {
        queue.request(Duration::ZERO, dead);
    }
    let mut now = Duration::ZERO;
    let granted = loop {
        match queue.request(now, 1) {
            Decision::Granted(slot) => break slot.at(),
            Decision::Wait { ask_in, .. } => now += ask_in,
        }
    };
    // Instead of the eleven rounds it was promised.
    assert!(granted <= Duration::from_secs(4), "{granted:?}");
}

#[test]
fn states_of_another_clock_are_implausible() {
    let now = Duration::from_secs(1_000);
    let mut queue = SlotQueue::after_loss(10, now);
    queue.request(now, 1);
    assert!(queue.is_plausible(now));
    assert!(queue.is_plausible(now + Duration::from_secs(1_000_000)));
    // The clock was set back, or began anew.
    assert!(!queue.is_plausible(now.saturating_sub(MS)));
    assert!(!queue.is_plausible(Duration::ZERO));
}

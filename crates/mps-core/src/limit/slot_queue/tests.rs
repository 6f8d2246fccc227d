//! Known answers of the queue that processes share.

use super::*;

const NOW: Duration = Duration::from_secs(1_000);
const MS: Duration = Duration::from_millis(1);

fn wait_of(queue: &mut SlotQueue, process: u64) -> (Duration, Duration) {
    match queue.request(NOW, process) {
        Decision::Wait { slot_in, ask_in } => (slot_in, ask_in),
        Decision::Granted(slot) => panic!("{slot:?}"),
    }
}

#[test]
fn processes_that_wait_long_ask_one_after_the_other() {
    let mut queue = SlotQueue::after_loss(1, NOW);
    for ahead in 0..5_u32 {
        let slot_in = GRANT_AHEAD + (WINDOW + START_TOLERANCE) * (ahead + 1);
        let ask_in = LONGEST_PAUSE + STAGGER * ahead;
        assert_eq!(wait_of(&mut queue, ahead.into()), (slot_in, ask_in));
    }
}

#[test]
fn processes_beyond_the_longest_queue_still_learn_when_their_slot_is() {
    let mut queue = SlotQueue::after_loss(1, NOW);
    for process in 1..=1_100 {
        wait_of(&mut queue, process);
    }
    assert_eq!(queue.waiting.len(), 1_000);
    assert!(queue.is_plausible(NOW));
    let (slot_in, _) = wait_of(&mut queue, 2_000);
    assert_eq!(slot_in, GRANT_AHEAD + (WINDOW + START_TOLERANCE) * 1_001);
}

#[test]
fn a_queue_is_plausible_up_to_its_longest_length_and_lease() {
    let place = |until| Waiter { process: 1, until };
    let nanosecond = Duration::from_nanos(1);
    let longest = NOW + Duration::from_secs(3);
    for (waiting, plausible) in [
        (vec![place(longest); 1_000], true),
        (vec![place(longest); 1_001], false),
        (vec![place(longest), place(longest + nanosecond)], false),
    ] {
        let ring = Ring::new(1);
        assert_eq!(SlotQueue { ring, waiting }.is_plausible(NOW), plausible);
    }
}

#[test]
fn only_the_newest_slot_can_be_released() {
    let mut queue = SlotQueue::new(1);
    let Decision::Granted(first) = queue.request(NOW, 1) else {
        panic!("the first request is granted at once")
    };
    assert!(queue.release(first));
    let Decision::Granted(again) = queue.request(NOW, 1) else {
        panic!("it was not released")
    };
    let Decision::Granted(_) = queue.request(NOW + WINDOW, 2) else {
        panic!("the next slot is close enough")
    };
    assert!(!queue.release(again));
}

#[test]
fn only_possible_states_of_a_ring_are_plausible() {
    let latest = NOW + START_TOLERANCE;
    let entry = |at, held| Entry {
        at,
        frees_at: at + held,
    };
    let plausible = |slots: &[Entry], widened, widened_at| {
        let mut ring = Ring::new(3);
        ring.slots = slots.iter().copied().collect();
        (ring.widened, ring.widened_at) = (widened, widened_at);
        ring.is_plausible(NOW)
    };
    let slots = |slots: &[Entry]| plausible(slots, Duration::ZERO, Duration::ZERO);
    let held = WINDOW + START_TOLERANCE;
    assert!(slots(&[]));
    assert!(slots(&[
        entry(NOW, held),
        entry(latest, held + MAX_WIDENING)
    ]));
    for (name, impossible) in [
        ("promised too far ahead", vec![entry(latest + MS, held)]),
        ("held too briefly", vec![entry(NOW, WINDOW + 49 * MS)]),
        (
            "held too long",
            vec![entry(latest, held + MAX_WIDENING + MS)],
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
        assert!(!slots(&impossible), "{name}");
    }
    assert!(plausible(&[], MAX_WIDENING, NOW));
    assert!(!plausible(&[], MAX_WIDENING + MS, NOW));
    assert!(!plausible(&[], 50 * MS, NOW + MS));
}

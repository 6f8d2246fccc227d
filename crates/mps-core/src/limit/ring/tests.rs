//! Known answers and properties of the ring.

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

/// Returns the most starts in any window of one second, by brute force.
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
fn slots_released_newest_first_leave_no_trace() {
    let mut ring = Ring::new(2);
    let mut untouched = Ring::new(2);
    for _ in 0..3 {
        ring.reserve(Duration::ZERO);
        untouched.reserve(Duration::ZERO);
    }
    let slots: Vec<_> = (0..5).map(|_| ring.reserve(Duration::ZERO)).collect();
    assert!(slots.into_iter().rev().all(|slot| ring.release(slot)));
    for _ in 0..4 {
        assert_eq!(
            ring.reserve(Duration::ZERO).at(),
            untouched.reserve(Duration::ZERO).at()
        );
    }
}

#[test]
fn an_older_slot_stays_spent() {
    let mut ring = Ring::new(1);
    let first = ring.reserve(Duration::ZERO);
    let _second = ring.reserve(Duration::ZERO);
    assert!(!ring.release(first));
    assert_eq!(ring.reserve(Duration::ZERO).at(), 2_100 * MS);
}

/// One restart throttles many calls at once. That used to cost a third of the rate for nine
/// minutes.
#[test]
fn a_burst_of_throttled_calls_widens_once_and_ends_after_three_seconds() {
    let mut ring = Ring::new(1);
    (0..10).for_each(|call| ring.record_throttling(call * 200 * MS));
    assert_eq!(ring.widening(1_800 * MS), 50 * MS);
    assert_eq!(ring.widening(2_999 * MS), 50 * MS);
    assert_eq!(ring.widening(3_000 * MS), Duration::ZERO);
    ring.reserve(Duration::ZERO);
    assert_eq!(ring.reserve(Duration::ZERO).at(), 1_100 * MS);
}

#[test]
fn bursts_that_go_on_widen_up_to_a_bound_that_ends_within_half_a_minute() {
    let mut ring = Ring::new(1);
    let widening: Vec<_> = (0..30)
        .map(|burst| {
            ring.record_throttling(burst * 2_000 * MS);
            ring.widening(burst * 2_000 * MS).as_millis()
        })
        .collect();
    assert_eq!(widening[..6], [50, 100, 150, 200, 250, 300]);
    assert_eq!(widening[29], 450);
    let last = 29 * 2_000 * MS;
    for (after_s, room_ms) in [(0, 450), (3, 400), (12, 250), (26, 50), (27, 0), (3_600, 0)] {
        let room = ring.widening(last + Duration::from_secs(after_s));
        assert_eq!(room.as_millis(), room_ms, "{after_s} s later");
    }
}

#[test]
fn the_predicted_slot_is_the_reserved_slot() {
    let mut ring = Ring::new(2);
    ring.reserve(Duration::ZERO);
    ring.record_throttling(Duration::ZERO);
    let predicted: Vec<_> = (0..9).map(|after| ring.next_slot(MS, after)).collect();
    let reserved: Vec<_> = (0..9).map(|_| ring.reserve(MS).at()).collect();
    assert_eq!(predicted, reserved);
}

#[derive(Clone, Debug)]
enum Event {
    /// A caller arrives and starts this long after its slot, if that is in time.
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
                    prop_assert!(held.last().is_none_or(|(before, _)| before.at() <= slot.at()), "slots are in order of arrival");
                    held.push((slot, Duration::from_millis(stall_ms)));
                }
                // Only a caller that has not started yet can cancel.
                Event::Cancel { which } => if let Some(index) = held.len().checked_sub(which + 1)
                    && held[index].0.at() > now {
                    let (slot, _) = held.remove(index);
                    ring.release(slot);
                },
                Event::Throttled => ring.record_throttling(now),
            }
        }
        for (slot, stall) in held {
            let start = slot.at() + stall;
            if start <= slot.latest_start() {
                starts.push(start);
            }
        }
        prop_assert!(worst_window(&starts) <= usize::try_from(limit).unwrap());
    }

    /// However many calls a burst throttles, the rate is back within seconds of its end.
    #[test]
    fn widening_depends_on_bursts_and_not_on_the_number_of_throttled_calls(calls in prop::collection::vec(0..2_000_u64, 1..200)) {
        let mut ring = Ring::new(10);
        let mut calls: Vec<_> = calls.into_iter().map(Duration::from_millis).collect();
        calls.sort();
        for at in &calls {
            ring.record_throttling(*at);
        }
        let last = *calls.last().unwrap();
        prop_assert_eq!(ring.widening(last), 50 * MS);
        prop_assert_eq!(ring.widening(last + STEP_LASTS), Duration::ZERO);
    }

    #[test]
    fn widening_ends_half_a_minute_after_any_history(calls in prop::collection::vec(0..60_000_u64, 1..200)) {
        let mut ring = Ring::new(10);
        let mut now = Duration::ZERO;
        for pause in calls {
            now += Duration::from_millis(pause);
            ring.record_throttling(now);
            prop_assert!(ring.widening(now) <= MAX_WIDENING);
        }
        prop_assert_eq!(ring.widening(now + 9 * STEP_LASTS), Duration::ZERO);
    }
}

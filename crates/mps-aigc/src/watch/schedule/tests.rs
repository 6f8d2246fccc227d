//! The schedule by itself: its budget and its order.

use proptest::prelude::*;

use super::*;
use crate::watch::{FixedPause, LearnedPolicy};

mod simulation;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.max(0.0))
}

/// Ends the poll of a task that is pending.
fn stay_pending(schedule: &mut Schedule, id: Id, now: Duration) {
    let curve = Curve::new();
    schedule.started(id, now, &curve);
    schedule.pending(id, now, &curve, &LearnedPolicy);
}

#[derive(Clone, Debug)]
enum Operation {
    Insert { age: u64, at_once: bool },
    Remove(usize),
    Person,
    Advance(u64),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let operation = prop_oneof![
        3 => (0_u64..2_000, any::<bool>()).prop_map(|(age, at_once)| Operation::Insert { age, at_once }),
        1 => any::<usize>().prop_map(Operation::Remove),
        1 => Just(Operation::Person),
        4 => (0_u64..5_000).prop_map(Operation::Advance),
    ];
    proptest::collection::vec(operation, 1..60)
}

proptest! {
    #[test]
    fn no_second_has_more_polls_than_the_budget_and_removed_tasks_are_not_polled(
        operations in operations(),
        budget in 1_u32..50,
    ) {
        let mut schedule = Schedule::new(f64::from(budget));
        let (mut now, mut live, mut polls) = (Duration::ZERO, Vec::new(), Vec::new());
        for operation in operations {
            match operation {
                Operation::Insert { age, at_once } => {
                    let age = Duration::from_secs(age);
                    let curve = Curve::new();
                    live.push(schedule.insert(now, age, at_once, &curve, &LearnedPolicy));
                }
                Operation::Remove(index) if !live.is_empty() => {
                    schedule.remove(live.swap_remove(index % live.len()));
                }
                Operation::Remove(_) => {}
                Operation::Person => schedule.yield_place(now),
                Operation::Advance(millis) => {
                    let end = now + Duration::from_millis(millis);
                    loop {
                        match schedule.next(now) {
                            Next::Poll(id) => {
                                prop_assert!(live.contains(&id));
                                polls.push(now);
                                stay_pending(&mut schedule, id, now);
                            }
                            Next::At(at) if at <= end => {
                                prop_assert!(at > now);
                                now = at;
                            }
                            _ => break,
                        }
                    }
                    now = end;
                }
            }
            prop_assert_eq!(schedule.len(), live.len());
        }
        for (index, poll) in polls.iter().enumerate() {
            let second = polls[index..].iter().take_while(|at| **at < *poll + seconds(1.0));
            prop_assert!(second.count() <= budget as usize);
        }
    }

    #[test]
    fn every_task_is_polled_again(tasks in 1_usize..200, budget in 1_u32..50) {
        let mut schedule = Schedule::new(f64::from(budget));
        let curve = Curve::new();
        let ids: Vec<_> = (0..tasks)
            .map(|_| schedule.insert(Duration::ZERO, Duration::ZERO, false, &curve, &LearnedPolicy))
            .collect();
        let (mut now, mut polled) = (Duration::ZERO, vec![0; tasks]);
        while polled.iter().any(|polls| *polls < 3) {
            match schedule.next(now) {
                Next::Poll(id) => {
                    polled[ids.iter().position(|it| *it == id).unwrap()] += 1;
                    stay_pending(&mut schedule, id, now);
                }
                Next::At(at) => now = at,
                Next::Idle => prop_assert!(false, "a task is forgotten"),
            }
            prop_assert!(now < Duration::from_secs(3_600));
        }
    }
}

#[test]
fn a_fixed_pause_is_kept_while_the_budget_allows() {
    let mut schedule = Schedule::new(40.0);
    let (curve, policy) = (Curve::new(), FixedPause::new(seconds(5.0)));
    let id = schedule.insert(Duration::ZERO, Duration::ZERO, false, &curve, &policy);
    for poll in 1..5 {
        let at = seconds(5.0 * f64::from(poll));
        assert_eq!(schedule.next(at.saturating_sub(seconds(0.5))), Next::At(at));
        assert_eq!(schedule.next(at), Next::Poll(id));
        schedule.pending(id, at, &curve, &policy);
    }
}

#[test]
fn a_call_of_a_person_takes_a_place_of_the_budget() {
    let mut schedule = Schedule::new(10.0);
    let curve = Curve::new();
    schedule.insert(Duration::ZERO, Duration::ZERO, true, &curve, &LearnedPolicy);
    (0..100).for_each(|_| schedule.yield_place(Duration::ZERO));
    assert_eq!(schedule.next(Duration::ZERO), Next::At(seconds(1.0)));
}

#[test]
fn polls_without_an_answer_are_bounded() {
    let mut schedule = Schedule::new(1_000_000.0);
    let curve = Curve::new();
    for _ in 0..2 * MAX_IN_FLIGHT {
        schedule.insert(Duration::ZERO, Duration::ZERO, true, &curve, &LearnedPolicy);
    }
    let mut in_flight = Vec::new();
    let mut now = Duration::ZERO;
    loop {
        match schedule.next(now) {
            Next::Poll(id) => in_flight.push(id),
            Next::At(at) => now = at,
            Next::Idle => break,
        }
    }
    assert_eq!(in_flight.len(), MAX_IN_FLIGHT);
    schedule.remove(in_flight[0]);
    assert!(matches!(schedule.next(now + seconds(1.0)), Next::Poll(_)));
}

//! The schedule by itself: its budget, its order, and its delays against two other orders.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::watch::{FixedPause, LearnedPolicy};

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
        assert_eq!(schedule.next(at - seconds(0.5)), Next::At(at));
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

/// A task of a simulation, in seconds.
#[derive(Clone, Copy)]
struct Task {
    born: f64,
    takes: f64,
}

struct Load {
    name: &'static str,
    tasks: Vec<Task>,
    /// Polls a second.
    budget: f64,
}

/// A distribution of durations, with the integral of the square root of its hazard.
struct Truth {
    draw: fn(&mut fastrand::Rng) -> f64,
    roots: Vec<f64>,
}

/// Resolution of that integral, in steps a second.
const STEPS: f64 = 4.0;

impl Truth {
    fn new(draw: fn(&mut fastrand::Rng) -> f64) -> Self {
        let mut random = fastrand::Rng::with_seed(7);
        let mut samples: Vec<_> = (0..50_000).map(|_| draw(&mut random)).collect();
        samples.sort_by(f64::total_cmp);
        let count = |age: f64| samples.partition_point(|sample| *sample <= age) as f64;
        let window = 4.0;
        let mut roots = vec![0.0];
        for step in 0..20_000 {
            let age = f64::from(step) / STEPS;
            let left = samples.len() as f64 - count(age);
            let hazard = if left > 0.0 {
                (count(age + window) - count(age)) / left / window
            } else {
                0.01
            };
            roots.push(roots[roots.len() - 1] + hazard.max(1e-9).sqrt() / STEPS);
        }
        Self { draw, roots }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an age"
    )]
    fn root(&self, age: f64) -> f64 {
        let at = age * STEPS;
        let step = (at as usize).min(self.roots.len() - 2);
        self.roots[step] + (self.roots[step + 1] - self.roots[step]) * (at - step as f64)
    }

    fn learned(&self) -> Curve {
        let mut random = fastrand::Rng::with_seed(11);
        let mut curve = Curve::new();
        (0..400).for_each(|_| curve.observe(seconds((self.draw)(&mut random))));
        curve
    }
}

/// Returns a number with a normal distribution.
fn normal(random: &mut fastrand::Rng) -> f64 {
    (-2.0 * random.f64().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

/// Returns the mean delay and the number of polls of the schedule.
fn scheduled(load: &Load, curve: &mut Curve, learns: bool) -> (f64, usize) {
    let mut schedule = Schedule::new(load.budget);
    let mut arrivals: VecDeque<_> = load.tasks.iter().copied().collect();
    let mut tasks: Vec<Option<(Id, Task)>> = Vec::new();
    let (mut now, mut delay, mut polls) = (Duration::ZERO, 0.0, 0);
    loop {
        while let Some(task) = arrivals
            .front()
            .copied()
            .filter(|it| seconds(it.born.max(0.0)) <= now)
        {
            arrivals.pop_front();
            let age = seconds(now.as_secs_f64() - task.born);
            let id = schedule.insert(now, age, false, curve, &LearnedPolicy);
            if tasks.len() <= id.index() {
                tasks.resize(id.index() + 1, None);
            }
            tasks[id.index()] = Some((id, task));
        }
        match schedule.next(now) {
            Next::Poll(id) => {
                polls += 1;
                let (_, task) = tasks[id.index()].unwrap();
                let (before, age) = schedule.ages(id, now).unwrap();
                schedule.started(id, now, curve);
                let late = now.as_secs_f64() - task.born - task.takes;
                if late >= 0.0 {
                    delay += late;
                    if learns {
                        curve.record_done(before, age);
                    }
                    schedule.remove(id);
                } else {
                    if learns {
                        curve.record_pending(before, age);
                    }
                    schedule.pending(id, now, curve, &LearnedPolicy);
                }
            }
            Next::At(at) => {
                let next = arrivals.front().map(|task| seconds(task.born));
                now = next.map_or(at, |next| next.min(at));
            }
            Next::Idle => match arrivals.front() {
                Some(task) => now = seconds(task.born),
                None => return (delay / load.tasks.len() as f64, polls),
            },
        }
    }
}

/// Returns the mean delay when all tasks are polled in turn.
fn round_robin(load: &Load) -> f64 {
    let mut arrivals: VecDeque<_> = load.tasks.iter().copied().collect();
    let (mut queue, mut now, mut delay) = (VecDeque::new(), 0.0, 0.0);
    loop {
        while let Some(task) = arrivals.front().copied().filter(|task| task.born <= now) {
            arrivals.pop_front();
            queue.push_back(task);
        }
        match (queue.pop_front(), arrivals.front()) {
            (Some(task), _) => {
                let late = now - task.born - task.takes;
                if late >= 0.0 {
                    delay += late;
                } else {
                    queue.push_back(task);
                }
                now += 1.0 / load.budget;
            }
            (None, Some(task)) => now = task.born,
            (None, None) => return delay / load.tasks.len() as f64,
        }
    }
}

/// Returns the mean delay when that task is polled whose integral of the square root of the true hazard
/// since its last poll is the largest.
fn root_hazard(load: &Load, truth: &Truth) -> f64 {
    let mut arrivals: VecDeque<_> = load.tasks.iter().copied().collect();
    let (mut live, mut now, mut delay) = (Vec::<(Task, f64)>::new(), 0.0, 0.0);
    loop {
        while let Some(task) = arrivals.front().copied().filter(|task| task.born <= now) {
            arrivals.pop_front();
            live.push((task, 0.0));
        }
        let credit = |(task, last): &(Task, f64)| truth.root(now - task.born) - last;
        let best = live
            .iter()
            .enumerate()
            .map(|(index, task)| (credit(task), index))
            .max_by(|one, other| one.0.total_cmp(&other.0));
        match (best, arrivals.front()) {
            (Some((_, index)), _) => {
                let (task, last) = &mut live[index];
                let late = now - task.born - task.takes;
                if late >= 0.0 {
                    delay += late;
                    live.swap_remove(index);
                } else {
                    *last = truth.root(now - task.born);
                }
                now += 1.0 / load.budget;
            }
            (None, Some(task)) => now = task.born,
            (None, None) => return delay / load.tasks.len() as f64,
        }
    }
}

/// Three loads: a service at its limit of starts, 100,000 new tasks and 100,000 resumed ones. The last
/// two are scaled by a factor of 50 in tasks and budget, which keeps the delays.
fn loads(truth: &Truth) -> [Load; 3] {
    let mut random = fastrand::Rng::with_seed(3);
    let mut tasks = |count: usize, born: fn(usize, &mut fastrand::Rng) -> f64| {
        let tasks = (0..count).map(|index| Task {
            born: born(index, &mut random),
            takes: (truth.draw)(&mut random),
        });
        let mut tasks: Vec<_> = tasks.collect();
        tasks.sort_by(|one, other| one.born.total_cmp(&other.born));
        tasks
    };
    [
        Load {
            name: "9.5 starts a second",
            tasks: tasks(3_800, |index, _| index as f64 / 9.5),
            budget: 40.0,
        },
        Load {
            name: "100,000 new tasks",
            tasks: tasks(2_000, |_, _| 0.0),
            budget: 0.8,
        },
        Load {
            name: "100,000 resumed tasks",
            tasks: tasks(2_000, |_, random| -600.0 * random.f64()),
            budget: 0.8,
        },
    ]
}

#[test]
fn the_mean_delay_is_close_to_the_better_of_two_orders_with_the_same_budget() {
    let truths = [
        (
            "four minutes",
            Truth::new(|random| 240.0 * (0.25 * normal(random)).exp()),
        ),
        (
            "exponential",
            Truth::new(|random| -240.0 * random.f64().max(1e-9).ln()),
        ),
        (
            "two kinds",
            Truth::new(|random| {
                let middle = if random.bool() { 60.0 } else { 300.0 };
                middle * (0.2 * normal(random)).exp()
            }),
        ),
    ];
    for (name, truth) in truths {
        for load in loads(&truth) {
            let better = round_robin(&load).min(root_hazard(&load, &truth));
            let (delay, polls) = scheduled(&load, &mut truth.learned(), false);
            let polls = polls as f64 / load.tasks.len() as f64;
            println!(
                "{name}, {}: {delay:.1} s, {:.2} of {better:.1} s, {polls:.1} polls a task",
                load.name,
                delay / better
            );
            assert!(
                delay <= 1.3 * better,
                "{name}, {}: {delay} {better}",
                load.name
            );
        }
    }
}

#[test]
fn a_schedule_that_knew_nothing_learns_the_durations_from_its_polls() {
    let truth = Truth::new(|random| 240.0 * (0.1 * normal(random)).exp());
    let [load, ..] = loads(&truth);
    let mut curve = Curve::new();
    scheduled(&load, &mut curve, true);
    let median = curve.quantile(0.5).as_secs_f64();
    assert!((225.0..255.0).contains(&median), "{median}");
    let (unknown, _) = scheduled(&load, &mut Curve::new(), false);
    let (learned, _) = scheduled(&load, &mut curve, false);
    assert!(learned * 2.0 < unknown, "{learned} {unknown}");
}

//! Delays of the schedule, simulated, against two other orders.
#![expect(clippy::cast_precision_loss, reason = "numbers of tasks are small")]

use std::collections::VecDeque;

use super::{super::*, seconds};
use crate::watch::LearnedPolicy;

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

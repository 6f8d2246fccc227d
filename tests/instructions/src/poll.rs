//! A step of the poll scheduler among a thousand tasks: the task that is next is polled, and was
//! pending.

pub(crate) use self::watch::run;

/// The modules of the scheduler, compiled from their files: their items are visible here only.
#[path = "../../../crates/mps-aigc/src/watch"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the bench learns from no answer, removes no task, and has the default policy"
)]
mod watch {
    pub(super) mod curve;
    pub(super) mod policy;
    pub(super) mod schedule;

    use std::time::Duration;

    use self::{
        curve::Curve,
        policy::LearnedPolicy,
        schedule::{Next, Schedule},
    };
    use crate::{Outcome, measured_section};

    const TASKS: u32 = 1_000;
    /// Polls a second, as a client has by default.
    const BUDGET: f64 = 10.0;

    pub(crate) fn run(times: u32) -> Outcome {
        let (mut curve, policy) = (Curve::new(), LearnedPolicy);
        (220..260).for_each(|seconds| curve.observe(Duration::from_secs(seconds)));
        let mut schedule = Schedule::new(BUDGET);
        let mut now = Duration::from_secs(1_000);
        for task in 0..TASKS {
            let age = Duration::from_millis(u64::from(task) * 200);
            schedule.insert(now, age, false, &curve, &policy);
        }
        for _ in 0..times {
            let polled = loop {
                match measured_section(|| schedule.next(now)) {
                    Next::Poll(id) => break id,
                    Next::At(at) => now = at,
                    Next::Idle => return Err("no task wants a poll".into()),
                }
            };
            measured_section(|| {
                schedule.started(polled, now, &curve);
                schedule.pending(polled, now, &curve, &policy);
            });
        }
        Ok(())
    }
}

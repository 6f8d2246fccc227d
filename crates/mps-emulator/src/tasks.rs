//! Tasks: what they will yield, and how far they are by the clock.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, SystemTime},
};

use crate::media::Clip;

/// How long a task waits and runs before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) wait: Duration,
    pub(crate) run: Duration,
}

/// How a task ends; decided when it is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Succeed,
    /// With the message a query answers.
    Fail(String),
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Running,
    Done,
    Failed,
}

/// What can be had of a task's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// Not yet, or not ever.
    Missing,
    Available,
    Expired,
}

/// How long a result stays where it was put.
const RESULT_LIFETIME: Duration = Duration::from_secs(12 * 3600);

#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    /// On the monotonic clock.
    pub(crate) created: Duration,
    /// On the wall clock.
    pub(crate) created_wall: SystemTime,
    pub(crate) times: Times,
    pub(crate) fate: Fate,
    pub(crate) clip: Clip,
}

impl Task {
    pub(crate) fn stage(&self, now: Duration) -> Stage {
        let age = now.saturating_sub(self.created);
        match &self.fate {
            _ if age < self.times.wait => Stage::Waiting,
            _ if age < self.total() => Stage::Running,
            Fate::Succeed => Stage::Done,
            Fate::Fail(_) => Stage::Failed,
        }
    }

    pub(crate) fn availability(&self, now: Duration) -> Availability {
        let age = now.saturating_sub(self.created);
        match self.stage(now) {
            Stage::Done if age < self.total().saturating_add(RESULT_LIFETIME) => {
                Availability::Available
            }
            Stage::Done => Availability::Expired,
            _ => Availability::Missing,
        }
    }

    /// When the result was written, by the wall clock.
    pub(crate) fn finished_wall(&self) -> SystemTime {
        self.created_wall
            .checked_add(self.total())
            .unwrap_or(self.created_wall)
    }

    fn total(&self) -> Duration {
        self.times.wait.saturating_add(self.times.run)
    }
}

/// Every task, oldest first. Bounded: beyond [`MOST_TASKS`] the oldest is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    by_id: HashMap<String, Task>,
    order: VecDeque<String>,
}

const MOST_TASKS: usize = 100_000;

impl Tasks {
    pub(crate) fn add(&mut self, task: Task) {
        if self.order.len() == MOST_TASKS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.order.push_back(task.id.clone());
        self.by_id.insert(task.id.clone(), task);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Task> {
        self.by_id.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Task> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::FrameSize;

    fn task(fate: Fate) -> Task {
        let seconds = Duration::from_secs;
        Task {
            id: "1-AigcVideo-0".into(),
            created: seconds(100),
            created_wall: SystemTime::UNIX_EPOCH,
            times: Times {
                wait: seconds(1),
                run: seconds(2),
            },
            fate,
            clip: Clip {
                size: FrameSize::parse(None, None).unwrap(),
                seconds: 5,
            },
        }
    }

    fn at(ms: u64) -> Duration {
        Duration::from_secs(100) + Duration::from_millis(ms)
    }

    #[test]
    fn a_task_waits_runs_and_ends() {
        let good = task(Fate::Succeed);
        let stages = [0, 999, 1_000, 2_999, 3_000].map(|ms| good.stage(at(ms)));
        assert_eq!(
            stages,
            [
                Stage::Waiting,
                Stage::Waiting,
                Stage::Running,
                Stage::Running,
                Stage::Done
            ]
        );
        assert_eq!(
            task(Fate::Fail("no".into())).stage(at(3_000)),
            Stage::Failed
        );
        assert_eq!(
            good.finished_wall(),
            SystemTime::UNIX_EPOCH + Duration::from_secs(3)
        );
    }

    #[test]
    fn a_result_lives_twelve_hours_from_its_end() {
        let good = task(Fate::Succeed);
        let twelve_hours = 12 * 3_600_000;
        for (ms, expected) in [
            (2_999, Availability::Missing),
            (3_000, Availability::Available),
            (3_000 + twelve_hours - 1, Availability::Available),
            (3_000 + twelve_hours, Availability::Expired),
        ] {
            assert_eq!(good.availability(at(ms)), expected, "after {ms} ms");
        }
        assert_eq!(
            task(Fate::Fail("no".into())).availability(at(3_000)),
            Availability::Missing
        );
    }
}

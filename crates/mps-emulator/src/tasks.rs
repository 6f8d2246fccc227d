//! Tasks: what they will yield, and how far they are by the clock.

mod scenario;
mod store;

use std::time::{Duration, SystemTime};

pub(crate) use scenario::{Scenario, Step};
pub(crate) use store::Tasks;

use crate::media::{Clip, Media, Picture, Sound};

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
    /// It stops, without a result, until it is confirmed.
    Pause,
    /// With the message a query answers.
    Fail(String),
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Running,
    Paused,
    Done,
    Failed,
}

/// What a task yields, and so which family it belongs to.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Video(Clip),
    Image(Picture),
    Audio(Sound),
    Scenario(Box<Scenario>),
}

impl Work {
    pub(crate) fn media(&self) -> Media {
        match self {
            Self::Video(clip) => Media::Video(*clip),
            Self::Image(picture) => Media::Picture(*picture),
            Self::Audio(sound) => Media::Sound(*sound),
            Self::Scenario(scenario) => Media::Video(scenario.clip),
        }
    }

    /// How long the result stays where it was put.
    fn lifetime(&self) -> Duration {
        match self {
            Self::Scenario(_) => SEVEN_DAYS,
            _ => TWELVE_HOURS,
        }
    }
}

/// What can be had of a task's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// Not yet, or not ever.
    Missing,
    Available,
    Expired,
}

const TWELVE_HOURS: Duration = Duration::from_secs(12 * 3600);
/// As long as the link of the documentation's example is good for.
const SEVEN_DAYS: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    /// On the monotonic clock.
    pub(crate) created: Duration,
    /// On the wall clock.
    pub(crate) created_wall: SystemTime,
    pub(crate) times: Times,
    pub(crate) fate: Fate,
    pub(crate) work: Work,
}

impl Task {
    pub(crate) fn stage(&self, now: Duration) -> Stage {
        let age = now.saturating_sub(self.created);
        match &self.fate {
            _ if age < self.times.wait => Stage::Waiting,
            _ if age < self.total() => Stage::Running,
            Fate::Succeed => Stage::Done,
            Fate::Pause => Stage::Paused,
            Fate::Fail(_) => Stage::Failed,
        }
    }

    pub(crate) fn availability(&self, now: Duration) -> Availability {
        let age = now.saturating_sub(self.created);
        match self.stage(now) {
            Stage::Done if age < self.total().saturating_add(self.work.lifetime()) => {
                Availability::Available
            }
            Stage::Done => Availability::Expired,
            _ => Availability::Missing,
        }
    }

    /// When it left the queue, by the wall clock.
    pub(crate) fn scheduled_wall(&self) -> SystemTime {
        self.wall_after(self.times.wait)
    }

    /// When it ended and its result was written, by the wall clock.
    pub(crate) fn finished_wall(&self) -> SystemTime {
        self.wall_after(self.total())
    }

    /// What it is about, if it is a scenario's.
    pub(crate) fn scenario(&self) -> Option<&Scenario> {
        match &self.work {
            Work::Scenario(scenario) => Some(scenario),
            _ => None,
        }
    }

    /// The name of the result under the task's own.
    pub(crate) fn file(&self) -> String {
        format!("0.{}", self.work.media().extension())
    }

    fn wall_after(&self, age: Duration) -> SystemTime {
        self.created_wall
            .checked_add(age)
            .unwrap_or(self.created_wall)
    }

    fn total(&self) -> Duration {
        self.times.wait.saturating_add(self.times.run)
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
            work: Work::Video(Clip {
                size: FrameSize::parse(None, None).unwrap(),
                seconds: 5,
            }),
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
        assert_eq!(task(Fate::Pause).stage(at(3_000)), Stage::Paused);
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

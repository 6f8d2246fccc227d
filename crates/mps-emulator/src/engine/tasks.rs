//! Tasks: their planned outcome, and their stage by the virtual clock.

mod bucket;
mod durations;
mod scenario;
mod store;

use std::time::{Duration, SystemTime};

use mps_models::TaskFamily;
use serde::{Deserialize, Serialize};

pub(crate) use bucket::Bucket;
pub(crate) use durations::TaskKind;
pub use durations::{Durations, Spread};
pub(crate) use scenario::{Mode, Scenario, Step};
pub(crate) use store::Tasks;

use crate::{
    engine::ids::AccountIndex,
    media::{Clip, Media, Picture, Scene as SceneFile, Sound},
};

/// The waiting and running time of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Times {
    pub(crate) wait: Duration,
    pub(crate) run: Duration,
}

/// The end of a task, decided when it is created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PlannedOutcome {
    Succeed,
    /// It pauses without a result until it is confirmed.
    Pause,
    /// With the message for queries.
    Fail(String),
    /// It is stopped before its end. For scenarios only, like the next.
    Stop,
    /// It exceeds the service's time limit.
    TimeOut,
}

/// The stage of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Running,
    Paused,
    Done,
    Failed,
    Stopped,
    TimedOut,
}

impl Stage {
    /// Returns whether the task counts towards the limit on concurrent tasks.
    pub(crate) fn is_under_way(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }

    /// Returns whether the stage is final.
    pub(crate) fn is_final(self) -> bool {
        !self.is_under_way() && self != Self::Paused
    }
}

/// The output of a task, which also determines its family.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Work {
    Video(Clip),
    Image(Picture),
    Audio(Sound),
    /// A 3-D scene of the video family.
    Scene(SceneFile),
    Scenario(Box<Scenario>),
    /// A family without a medium of its own: a video.
    Other(TaskFamily, Clip),
}

impl Work {
    pub(crate) fn media(&self) -> Media {
        match self {
            Self::Video(clip) | Self::Other(_, clip) => Media::Video(*clip),
            Self::Image(picture) => Media::Picture(*picture),
            Self::Audio(sound) => Media::Sound(*sound),
            Self::Scene(scene) => Media::Scene(*scene),
            Self::Scenario(scenario) => Media::Video(scenario.clip),
        }
    }

    pub(crate) fn family(&self) -> TaskFamily {
        match self {
            Self::Video(_) | Self::Scene(_) => TaskFamily::Video,
            Self::Image(_) => TaskFamily::Image,
            Self::Audio(_) => TaskFamily::Audio,
            Self::Scenario(_) => TaskFamily::Scenario,
            Self::Other(family, _) => *family,
        }
    }
}

/// Availability of a task's results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// Not yet, or never.
    Missing,
    Available,
    Expired,
}

/// More images than any model makes of one request.
pub(crate) const MAX_OUTPUTS: u32 = 16;
const TWELVE_HOURS: Duration = Duration::from_secs(12 * 3600);
/// The lifetime of the link in the documentation's example.
const SEVEN_DAYS: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    /// The owner; for other accounts the task does not exist.
    pub(crate) account: AccountIndex,
    pub(crate) model: Option<String>,
    /// In virtual time since the emulator was created.
    pub(crate) created: Duration,
    /// On the virtual wall clock.
    pub(crate) created_wall: SystemTime,
    pub(crate) times: Times,
    /// Called `fate` in snapshots of schema 1.
    #[serde(rename = "fate")]
    pub(crate) planned_outcome: PlannedOutcome,
    pub(crate) work: Work,
    /// Number of results.
    pub(crate) outputs: u32,
    /// The caller's bucket, if results are stored there.
    pub(crate) bucket: Option<Bucket>,
}

impl Task {
    pub(crate) fn stage(&self, now: Duration) -> Stage {
        let age = now.saturating_sub(self.created);
        match &self.planned_outcome {
            _ if age < self.times.wait => Stage::Waiting,
            _ if age < self.total() => Stage::Running,
            PlannedOutcome::Succeed => Stage::Done,
            PlannedOutcome::Pause => Stage::Paused,
            PlannedOutcome::Fail(_) => Stage::Failed,
            PlannedOutcome::Stop => Stage::Stopped,
            PlannedOutcome::TimeOut => Stage::TimedOut,
        }
    }

    pub(crate) fn availability(&self, now: Duration) -> Availability {
        let age = now.saturating_sub(self.created);
        let lifetime = self
            .lifetime()
            .map(|lifetime| self.total().saturating_add(lifetime));
        match self.stage(now) {
            Stage::Done if lifetime.is_some_and(|end| age >= end) => Availability::Expired,
            Stage::Done => Availability::Available,
            _ => Availability::Missing,
        }
    }

    /// Returns the lifetime of a result; `None` in a caller's bucket, where it stays for ever.
    fn lifetime(&self) -> Option<Duration> {
        match (&self.bucket, &self.work) {
            (Some(_), _) => None,
            (None, Work::Scenario(_)) => Some(SEVEN_DAYS),
            (None, _) => Some(TWELVE_HOURS),
        }
    }

    /// Returns when the task left the queue, on the wall clock.
    pub(crate) fn scheduled_wall(&self) -> SystemTime {
        self.wall_after(self.times.wait)
    }

    /// Returns when the task ended and its result was written, on the wall clock.
    pub(crate) fn finished_wall(&self) -> SystemTime {
        self.wall_after(self.total())
    }

    /// Returns the scenario, or `None` for another family.
    pub(crate) fn scenario(&self) -> Option<&Scenario> {
        match &self.work {
            Work::Scenario(scenario) => Some(scenario),
            _ => None,
        }
    }

    /// Returns the file names of the results.
    pub(crate) fn files(&self) -> impl Iterator<Item = String> {
        let extension = self.work.media().extension();
        (0..self.outputs).map(move |number| format!("{number}.{extension}"))
    }

    fn wall_after(&self, age: Duration) -> SystemTime {
        self.created_wall
            .checked_add(age)
            .unwrap_or(self.created_wall)
    }

    pub(crate) fn total(&self) -> Duration {
        self.times.wait.saturating_add(self.times.run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::FrameSize;

    fn task(planned_outcome: PlannedOutcome) -> Task {
        let seconds = Duration::from_secs;
        Task {
            id: "1-AigcVideo-0".into(),
            account: 0,
            model: None,
            created: seconds(100),
            created_wall: SystemTime::UNIX_EPOCH,
            times: Times {
                wait: seconds(1),
                run: seconds(2),
            },
            planned_outcome,
            work: Work::Video(Clip {
                size: FrameSize::parse(None, None).unwrap(),
                seconds: 5,
            }),
            outputs: 1,
            bucket: None,
        }
    }

    fn at(ms: u64) -> Duration {
        Duration::from_secs(100) + Duration::from_millis(ms)
    }

    #[test]
    fn a_task_waits_runs_and_ends() {
        let good = task(PlannedOutcome::Succeed);
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
            task(PlannedOutcome::Fail("no".into())).stage(at(3_000)),
            Stage::Failed
        );
        assert_eq!(task(PlannedOutcome::Pause).stage(at(3_000)), Stage::Paused);
        assert_eq!(task(PlannedOutcome::Stop).stage(at(3_000)), Stage::Stopped);
        assert_eq!(
            task(PlannedOutcome::TimeOut).stage(at(3_000)),
            Stage::TimedOut
        );
        assert_eq!(
            good.finished_wall(),
            SystemTime::UNIX_EPOCH + Duration::from_secs(3)
        );
    }

    #[test]
    fn a_result_expires_twelve_hours_after_its_task_ended() {
        let good = task(PlannedOutcome::Succeed);
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
            task(PlannedOutcome::Fail("no".into())).availability(at(3_000)),
            Availability::Missing
        );
    }
    #[test]
    fn a_result_in_the_callers_bucket_does_not_expire() {
        let bucket = Bucket::complete(Some("b-1"), Some("r"), None);
        let good = Task {
            bucket,
            ..task(PlannedOutcome::Succeed)
        };
        assert_eq!(good.availability(at(2_999)), Availability::Missing);
        assert_eq!(good.availability(Duration::MAX), Availability::Available);
    }
}

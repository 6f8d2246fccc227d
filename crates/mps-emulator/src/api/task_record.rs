//! A task as tests and the control API see it.

use std::time::Duration;

use mps_models::TaskFamily;
use serde::Serialize;

use crate::{
    api::{operations::status_text, results, service_state::ServiceState},
    engine::{
        clock::micros,
        tasks::{Availability, Task},
    },
    media::Media,
};

/// One task: whose it is, how far it is, when it was made and how long it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaskRecord {
    /// Its id.
    pub task_id: String,
    /// Its family.
    pub family: TaskFamily,
    /// The secret id of the account that made it; none after a restore into an emulator with fewer
    /// accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The model that was asked for, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How far it is, in the words of its family: `WAIT`, `DONE`, `PENDING`, `FINISHED`, …
    pub status: String,
    /// Whether it stays so for good.
    pub is_final: bool,
    /// What can be had of its result.
    pub result: ResultState,
    /// When it was made, in microseconds of virtual time since the emulator was made.
    pub created_us: u64,
    /// How long it is in the queue, in microseconds of virtual time.
    pub wait_us: u64,
    /// How long it then takes.
    pub run_us: u64,
    /// Where its results are; empty before it is done.
    pub urls: Vec<String>,
    /// How long a result plays, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// The size of a result, `1280x720`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
}

/// What can be had of a task's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ResultState {
    /// There is none yet, or none ever.
    Missing,
    /// It can be fetched.
    Available,
    /// It could be fetched until a while ago.
    Expired,
}

/// Returns every task, oldest first.
pub(crate) fn all(service: &ServiceState) -> Vec<TaskRecord> {
    let state = service.state();
    let now = service.time.now();
    let tasks = state.tasks.iter();
    tasks
        .map(|task| TaskRecord::at(task, now, service))
        .collect()
}

impl TaskRecord {
    fn at(task: &Task, now: Duration, service: &ServiceState) -> Self {
        let stage = task.stage(now);
        let result = task.availability(now).into();
        let (seconds, resolution) = extent(task.work.media());
        Self {
            task_id: task.id.clone(),
            family: task.work.family(),
            account: service.accounts.secret_id(task.account).map(str::to_owned),
            model: task.model.clone(),
            status: status_text(task, now),
            is_final: stage.is_final(),
            result,
            created_us: micros(task.created),
            wait_us: micros(task.times.wait),
            run_us: micros(task.times.run),
            urls: if result == ResultState::Missing {
                Vec::new()
            } else {
                results::urls(service, task)
            },
            seconds,
            resolution,
        }
    }
}

impl From<Availability> for ResultState {
    fn from(availability: Availability) -> Self {
        match availability {
            Availability::Missing => Self::Missing,
            Availability::Available => Self::Available,
            Availability::Expired => Self::Expired,
        }
    }
}

/// How long a result plays, and how large it is; not every one has both.
fn extent(media: Media) -> (Option<u32>, Option<String>) {
    match media {
        Media::Video(clip) => (Some(clip.seconds), Some(clip.size.to_string())),
        Media::Picture(picture) => (None, Some(picture.size.to_string())),
        Media::Sound(sound) => (Some(sound.seconds), None),
    }
}

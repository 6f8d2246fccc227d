//! The public record of a task.

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

/// A task with its account, status, times and results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaskRecord {
    /// The task's id.
    pub task_id: String,
    /// The task's family.
    pub family: TaskFamily,
    /// The secret id of the account that created it; `None` after a restore into an emulator with
    /// fewer accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The requested model, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The status in the terms of the family, for example `WAIT`, `DONE`, `PENDING` or `FINISHED`.
    pub status: String,
    /// `true` if the status is final.
    pub is_final: bool,
    /// Availability of the results.
    pub result: ResultState,
    /// Time of creation, in microseconds of virtual time since the emulator was created.
    pub created_us: u64,
    /// Time in the queue, in microseconds of virtual time.
    pub wait_us: u64,
    /// Running time after the queue, in microseconds of virtual time.
    pub run_us: u64,
    /// URLs of the results; empty before the task is done.
    pub urls: Vec<String>,
    /// Playing time of a result, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// Size of a result, for example `1280x720`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
}

/// Availability of a task's results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ResultState {
    /// There is no result, or not yet.
    Missing,
    /// The result can be downloaded.
    Available,
    /// The result could be downloaded until it expired.
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

/// Returns at most `limit` tasks, oldest first, after the one with the id `after`, and the id to
/// continue after if there are more; `None` if there is no such task.
pub(crate) fn page(
    service: &ServiceState,
    after: Option<&str>,
    limit: usize,
) -> Option<(Vec<TaskRecord>, Option<String>)> {
    let state = service.state();
    let now = service.time.now();
    let mut tasks = state.tasks.iter();
    if let Some(after) = after {
        tasks.find(|task| task.id == after)?;
    }
    let records: Vec<TaskRecord> = tasks
        .by_ref()
        .take(limit)
        .map(|task| TaskRecord::at(task, now, service))
        .collect();
    let has_more = tasks.next().is_some();
    let last = records.last().filter(|_| has_more);
    let next = last.map(|record| record.task_id.clone());
    Some((records, next))
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

/// Returns playing time and size; sounds have no size, pictures no playing time.
fn extent(media: Media) -> (Option<u32>, Option<String>) {
    (media.seconds(), media.size().map(|size| size.to_string()))
}

//! The events of a task that is watched.

use std::time::Duration;

use mps_models::{AigcTaskStatus, ScenarioTaskStatus, TaskPhase};
use serde::{Serialize, Serializer};

use super::curves::Eta;
use crate::{error::Error, family::Snapshot, handle::TaskHandle, results::Results};

/// An event of a task that is watched, from [`Task::events`](crate::Task::events) and
/// [`Aigc::watch_all`](crate::Aigc::watch_all).
///
/// The last event of every task is [`Done`](Self::Done) or [`Failed`](Self::Failed). Serde writes an
/// event as an object with the member `event`, for example for server-sent events. It contains URLs
/// that may be signed, so treat it as a secret.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The task is queued at the service. Sent at every change of its status, and at the first poll
    /// that is answered after polls that failed.
    #[non_exhaustive]
    Queued {
        /// The task.
        task: TaskHandle,
        /// Its state.
        snapshot: Box<Snapshot>,
    },
    /// The task is running. Sent at every change of its status or stage, and as
    /// [`Queued`](Self::Queued) after polls that failed.
    #[non_exhaustive]
    Running {
        /// The task.
        task: TaskHandle,
        /// Its state.
        snapshot: Box<Snapshot>,
    },
    /// The estimated time until the task is done, sent after every poll where the durations of such
    /// tasks are known.
    #[non_exhaustive]
    Progress {
        /// The task.
        task: TaskHandle,
        /// The estimate.
        eta: Eta,
    },
    /// A poll failed; the watch continues.
    #[non_exhaustive]
    PollTrouble {
        /// The task.
        task: TaskHandle,
        /// Time since the first of the polls in a row that failed.
        since: Duration,
        /// The failure.
        error: Error,
    },
    /// The service wrote a status that this version does not know; the watch continues. Sent once for a
    /// task.
    #[non_exhaustive]
    UnknownStatus {
        /// The task.
        task: TaskHandle,
        /// The status.
        status: String,
    },
    /// The service has ended the task. [`Done`](Self::Done) or [`Failed`](Self::Failed) follows, at
    /// the latest when the service has named the result.
    #[non_exhaustive]
    Ended {
        /// The task.
        task: TaskHandle,
        /// Its state.
        snapshot: Box<Snapshot>,
    },
    /// The task is done. The last event of the task.
    #[non_exhaustive]
    Done {
        /// The task.
        task: TaskHandle,
        /// Its results.
        #[serde(serialize_with = "results_data")]
        results: Results,
    },
    /// The task failed, waits for a confirmation, or the watch ended without it: at its deadline, or
    /// by a refusal. The last event of the task.
    #[non_exhaustive]
    Failed {
        /// The task.
        task: TaskHandle,
        /// The reason, with the task id.
        error: Error,
    },
}

impl Event {
    /// Returns the task.
    #[must_use]
    pub fn task(&self) -> &TaskHandle {
        match self {
            Self::Queued { task, .. }
            | Self::Running { task, .. }
            | Self::Progress { task, .. }
            | Self::PollTrouble { task, .. }
            | Self::UnknownStatus { task, .. }
            | Self::Ended { task, .. }
            | Self::Done { task, .. }
            | Self::Failed { task, .. } => task,
        }
    }

    /// Returns the state of the task that the service described, or `None` if the event has none.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Self::Queued { snapshot, .. }
            | Self::Running { snapshot, .. }
            | Self::Ended { snapshot, .. } => Some(snapshot),
            _ => None,
        }
    }

    /// Returns whether this is the last event of its task.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed { .. })
    }
}

/// Returns the event of a status that was not seen before.
pub(super) fn status_event(task: &TaskHandle, snapshot: &Snapshot) -> Event {
    let (task, snapshot) = (task.clone(), Box::new(snapshot.clone()));
    match snapshot.phase {
        TaskPhase::Pending if is_queued(&snapshot.status) => Event::Queued { task, snapshot },
        TaskPhase::Pending => Event::Running { task, snapshot },
        _ => Event::Ended { task, snapshot },
    }
}

fn is_queued(status: &str) -> bool {
    AigcTaskStatus::from(status) == AigcTaskStatus::Wait
        || ScenarioTaskStatus::from(status) == ScenarioTaskStatus::Pending
}

fn results_data<S: Serializer>(results: &Results, to: S) -> Result<S::Ok, S::Error> {
    results.data().serialize(to)
}

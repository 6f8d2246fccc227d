//! The lifecycle that all families share: a task starts, is charged for and is described.

use std::time::Duration;

use mps_models::{Action, ActionInfo, AigcTaskStatus, ScenarioTaskStatus};

use super::{Context, concurrency};
use crate::{
    api::service_state::ServiceState,
    engine::{
        bill::{Amount, Charge, Fingerprint, Moment},
        log::truncate,
        refusal::Refusal,
        tasks::{Bucket, PlannedOutcome, Stage, Task, TaskKind, Work},
    },
    media::Media,
};

const LONGEST_MODEL: usize = 64;

/// A task to start.
pub(super) struct NewTask {
    pub(super) id: String,
    pub(super) planned_outcome: PlannedOutcome,
    pub(super) work: Work,
    /// The requested model.
    pub(super) model: Option<String>,
    /// The requested number of results.
    pub(super) outputs: u32,
    /// The caller's bucket for the results; `None` for the service's own storage.
    pub(super) bucket: Option<Bucket>,
    pub(super) is_off_peak: bool,
}

impl NewTask {
    /// Returns a task with one result in the service's own storage, and without a delay for
    /// off-peak.
    pub(super) fn new(id: String, planned_outcome: PlannedOutcome, work: Work) -> Self {
        Self {
            id,
            planned_outcome,
            work,
            model: None,
            outputs: 1,
            bucket: None,
            is_off_peak: false,
        }
    }

    fn kind(&self) -> TaskKind<'_> {
        TaskKind {
            family: self.work.family(),
            model: self.model.as_deref(),
            is_off_peak: self.is_off_peak,
        }
    }
}

/// Starts a task and charges for it, both or neither. Returns the task's id.
pub(super) fn start<A: Action>(
    request: &A,
    new_task: NewTask,
    context: &Context<'_>,
) -> Result<String, Refusal> {
    let service = context.service;
    let request = Fingerprint::of(request);
    let times = service
        .settings
        .durations
        .times(&new_task.kind(), &new_task.id);
    let mut state = service.state();
    let now = service.time.now();
    concurrency::check(A::INFO, context, &state.tasks, now)?;
    let task = Task {
        id: new_task.id,
        account: context.account,
        model: new_task.model.map(shortened),
        created: now,
        created_wall: service.time.wall(),
        times,
        planned_outcome: new_task.planned_outcome,
        work: new_task.work,
        outputs: new_task.outputs,
        bucket: new_task.bucket,
    };
    let id = task.id.clone();
    let at = Moment {
        virtual_time: now,
        uptime: service.uptime(),
    };
    state.ledger.charge(charge(A::INFO, request, &task), at);
    state.tasks.add(task);
    Ok(id)
}

fn charge<'a>(action: &ActionInfo, request: Fingerprint, task: &'a Task) -> Charge<'a> {
    Charge {
        account: task.account,
        task_id: &task.id,
        action: action.name,
        request,
        model: task.model.as_deref(),
        amount: if task.planned_outcome == PlannedOutcome::Succeed {
            amount(task)
        } else {
            Amount::default()
        },
    }
}

fn amount(task: &Task) -> Amount {
    let mut amount = Amount::default();
    match task.work.media() {
        Media::Video(clip) => amount.seconds = clip.seconds.into(),
        Media::Picture(_) => amount.images = task.outputs.into(),
        Media::Sound(_) => amount.songs = 1,
        // No document states the price of a scene; the request is that of a video.
        Media::Scene(scene) => amount.seconds = scene.seconds.into(),
    }
    amount
}

fn shortened(mut model: String) -> String {
    truncate(&mut model, LONGEST_MODEL);
    model
}

/// Describes a task. `answer` returns `None` for a task of another family, which does not exist for
/// this query.
pub(super) fn describe<R>(
    id: &str,
    context: &Context<'_>,
    answer: impl FnOnce(&Task, Stage, &ServiceState) -> Option<R>,
) -> Result<R, Refusal> {
    let service = context.service;
    let state = service.state();
    let task = state.tasks.of(context.account, id);
    task.and_then(|task| answer(task, task.stage(service.time.now()), service))
        .ok_or_else(unknown_task)
}

pub(super) fn unknown_task() -> Refusal {
    Refusal::new("ResourceNotFound.TaskNotFound", "no such task")
}

/// Returns the status of a video, image or audio task. These never pause, and end in two ways only.
pub(super) fn status(stage: Stage) -> AigcTaskStatus {
    match stage {
        Stage::Waiting => AigcTaskStatus::Wait,
        Stage::Running | Stage::Paused => AigcTaskStatus::Run,
        Stage::Done => AigcTaskStatus::Done,
        Stage::Failed | Stage::Stopped | Stage::TimedOut => AigcTaskStatus::Fail,
    }
}

/// Returns the status of a scenario task.
pub(super) fn scenario_status(stage: Stage) -> ScenarioTaskStatus {
    match stage {
        Stage::Waiting => ScenarioTaskStatus::Pending,
        Stage::Running | Stage::Paused => ScenarioTaskStatus::Running,
        Stage::Done => ScenarioTaskStatus::Finished,
        Stage::Failed => ScenarioTaskStatus::Failed,
        Stage::Stopped => ScenarioTaskStatus::Stop,
        Stage::TimedOut => ScenarioTaskStatus::Timeout,
    }
}

/// Returns the message of a video, image or audio task.
pub(super) fn message(task: &Task, stage: Stage) -> Option<String> {
    match (stage, &task.planned_outcome) {
        (Stage::Done, _) => Some("ok".to_owned()),
        (Stage::Failed, PlannedOutcome::Fail(message)) => Some(message.clone()),
        _ => None,
    }
}

/// Returns the status of a task in the terms of its family.
pub(crate) fn status_text(task: &Task, now: Duration) -> String {
    let stage = task.stage(now);
    match &task.work {
        Work::Scenario(_) => scenario_status(stage).to_string(),
        _ => status(stage).to_string(),
    }
}

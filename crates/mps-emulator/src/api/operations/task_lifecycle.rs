//! The life of a task as all families share it: it starts and is charged for, it is asked after.

use std::time::Duration;

use mps_models::{Action, ActionInfo, AigcTaskStatus, ScenarioTaskStatus};

use super::{Context, concurrency};
use crate::{
    api::service_state::ServiceState,
    engine::{
        bill::{Amount, Charge, Fingerprint, Moment},
        log::cut,
        refusal::Refusal,
        tasks::{Bucket, PlannedOutcome, Stage, Task, TaskKind, Work},
    },
    media::Media,
};

const LONGEST_MODEL: usize = 64;

/// A task that is about to start.
pub(super) struct NewTask {
    pub(super) id: String,
    pub(super) planned_outcome: PlannedOutcome,
    pub(super) work: Work,
    /// The model that was asked for.
    pub(super) model: Option<String>,
    /// How many results were asked for.
    pub(super) outputs: u32,
    /// Where results shall go.
    pub(super) bucket: Option<Bucket>,
    pub(super) is_off_peak: bool,
}

impl NewTask {
    /// One result, in the service's own storage, as soon as it can be had.
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

/// Starts the task and writes it on the bill, both or neither. Returns its id.
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
    }
    amount
}

fn shortened(mut model: String) -> String {
    cut(&mut model, LONGEST_MODEL);
    model
}

/// Answers a query. What `answer` does not know is the task of another family, which for this
/// query does not exist.
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

/// How video, image and audio say how far a task is. Their tasks never pause, and end in two ways.
pub(super) fn status(stage: Stage) -> AigcTaskStatus {
    match stage {
        Stage::Waiting => AigcTaskStatus::Wait,
        Stage::Running | Stage::Paused => AigcTaskStatus::Run,
        Stage::Done => AigcTaskStatus::Done,
        Stage::Failed | Stage::Stopped | Stage::TimedOut => AigcTaskStatus::Fail,
    }
}

/// How scenarios say it.
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

/// What video, image and audio say beside that.
pub(super) fn message(task: &Task, stage: Stage) -> Option<String> {
    match (stage, &task.planned_outcome) {
        (Stage::Done, _) => Some("ok".to_owned()),
        (Stage::Failed, PlannedOutcome::Fail(message)) => Some(message.clone()),
        _ => None,
    }
}

/// How far a task is, in the words of its family.
pub(crate) fn status_text(task: &Task, now: Duration) -> String {
    let stage = task.stage(now);
    match &task.work {
        Work::Scenario(_) => scenario_status(stage).to_string(),
        _ => status(stage).to_string(),
    }
}

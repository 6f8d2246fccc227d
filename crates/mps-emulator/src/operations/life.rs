//! The life of a task as all families share it: it starts and is charged for, it is asked after.

use std::time::Duration;

use mps_models::{Action, AigcTaskStatus, ScenarioTaskStatus};

use super::Context;
use crate::{
    api::Refusal,
    bill::{Amount, Charge, Fingerprint},
    media::Media,
    service::Inner,
    tasks::{Fate, Stage, Task, Work},
};

/// A task that is about to start.
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) fate: Fate,
    pub(super) work: Work,
    /// The model that was asked for, for the bill.
    pub(super) model: Option<String>,
}

/// Starts the task and writes it on the bill, both or neither. Returns its id.
pub(super) fn start(request: &impl Action, draft: Draft, context: &Context<'_>) -> String {
    let service = context.service;
    let id = draft.id.clone();
    let task = Task {
        id: draft.id,
        created: service.now(),
        created_wall: service.wall(),
        times: service.times,
        fate: draft.fate,
        work: draft.work,
    };
    let charge = charge(request, &task, draft.model);
    let mut state = service.state();
    state
        .ledger
        .charge(charge, service.since_start(task.created));
    state.tasks.add(task);
    id
}

fn charge<'a, A: Action>(request: &A, task: &'a Task, model: Option<String>) -> Charge<'a> {
    Charge {
        task_id: &task.id,
        action: A::INFO.name,
        request: Fingerprint::of(request),
        model,
        amount: if task.fate == Fate::Succeed {
            amount(task.work.media())
        } else {
            Amount::default()
        },
    }
}

fn amount(media: Media) -> Amount {
    let mut amount = Amount::default();
    match media {
        Media::Video(clip) => amount.seconds = clip.seconds.into(),
        Media::Picture(_) => amount.images = 1,
        Media::Sound(_) => amount.songs = 1,
    }
    amount
}

/// Answers a query. What `answer` does not know is the task of another family, which for this
/// query does not exist.
pub(super) fn describe<R>(
    id: &str,
    context: &Context<'_>,
    answer: impl FnOnce(&Task, Stage, &Inner) -> Option<R>,
) -> Result<R, Refusal> {
    let service = context.service;
    let state = service.state();
    let task = state.tasks.get(id);
    task.and_then(|task| answer(task, task.stage(service.now()), service))
        .ok_or_else(unknown_task)
}

pub(super) fn unknown_task() -> Refusal {
    Refusal::new("ResourceNotFound.TaskNotFound", "no such task")
}

/// How video, image and audio say how far a task is. Their tasks never pause.
pub(super) fn status(stage: Stage) -> AigcTaskStatus {
    match stage {
        Stage::Waiting => AigcTaskStatus::Wait,
        Stage::Running | Stage::Paused => AigcTaskStatus::Run,
        Stage::Done => AigcTaskStatus::Done,
        Stage::Failed => AigcTaskStatus::Fail,
    }
}

/// How scenarios say it.
pub(super) fn scenario_status(stage: Stage) -> ScenarioTaskStatus {
    match stage {
        Stage::Waiting => ScenarioTaskStatus::Pending,
        Stage::Running | Stage::Paused => ScenarioTaskStatus::Running,
        Stage::Done => ScenarioTaskStatus::Finished,
        Stage::Failed => ScenarioTaskStatus::Failed,
    }
}

/// What video, image and audio say beside that.
pub(super) fn message(task: &Task, stage: Stage) -> Option<String> {
    match (stage, &task.fate) {
        (Stage::Done, _) => Some("ok".to_owned()),
        (Stage::Failed, Fate::Fail(message)) => Some(message.clone()),
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

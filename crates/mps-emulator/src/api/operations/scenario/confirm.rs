//! Confirms or repeats a step of a document that becomes a video in steps.

use mps_models::{
    Action, ModifyDocToVideoTaskStatus, ModifyDocToVideoTaskStatusInput,
    ModifyDocToVideoTaskStatusResponse,
};

use super::{
    super::{
        Context, Execute, invalid_value,
        task_lifecycle::{self, NewTask},
    },
    create::{outcome_of_step, work},
};
use crate::engine::{
    marker,
    refusal::Refusal,
    tasks::{Bucket, PlannedOutcome, Scenario, Stage, Step, Task, Work},
};

impl Execute for ModifyDocToVideoTaskStatus {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let request = StepRequest::read(&self.input)?;
        let (mut scenario, bucket) =
            continue_from(&self.input.source_task_id, request.step, context)?;
        scenario.step = request.next;
        let planned_outcome = outcome_of_step(request.planned_outcome, request.next);
        let work = work(scenario, Self::INFO.name, context);
        let new_task = NewTask {
            bucket,
            ..NewTask::new(context.service.ids.uuid(), planned_outcome, work)
        };
        let mut response = ModifyDocToVideoTaskStatusResponse::default();
        response.task_id = Some(task_lifecycle::start(&self, new_task, context)?);
        Ok(response)
    }
}

/// The requested change of a step.
struct StepRequest {
    step: Step,
    /// The step of the new task: the next one or this one again. `None` after the last step, when
    /// the task renders the film.
    next: Option<Step>,
    planned_outcome: PlannedOutcome,
}

impl StepRequest {
    fn read(input: &ModifyDocToVideoTaskStatusInput) -> Result<Self, Refusal> {
        let step =
            Step::named(&input.stage).ok_or_else(|| invalid_value("no such `Input.Stage`"))?;
        let (next, prompt) = match (input.action.as_str(), &input.regenerate) {
            ("confirm", _) => (step.next(), ""),
            ("regenerate", Some(regenerate)) => (Some(step), regenerate.prompt.as_str()),
            // Preflight allows no other combination.
            _ => return Err(invalid_value("no such `Input.Action`")),
        };
        Ok(Self {
            step,
            next,
            planned_outcome: marker::planned_outcome(prompt)?,
        })
    }
}

/// Returns the content of the new task and its bucket, both taken from the paused task, which then
/// cannot be continued again.
fn continue_from(
    id: &str,
    step: Step,
    context: &Context<'_>,
) -> Result<(Scenario, Option<Bucket>), Refusal> {
    let mut state = context.service.state();
    let now = context.service.time.now();
    let task = state.tasks.of_mut(context.account, id);
    let task = task.ok_or_else(task_lifecycle::unknown_task)?;
    let bucket = task.bucket.clone();
    let is_paused = task.stage(now) == Stage::Paused;
    let scenario = document(task).ok_or_else(task_lifecycle::unknown_task)?;
    if scenario.step != Some(step) || !is_paused || scenario.is_continued {
        return Err(not_there(step));
    }
    let next = scenario.clone();
    scenario.is_continued = true;
    Ok((next, bucket))
}

/// Only documents are made in steps; this action answers `TaskNotFound` for any other task.
fn document(task: &mut Task) -> Option<&mut Scenario> {
    match &mut task.work {
        Work::Scenario(scenario) if scenario.mode.is_some() => Some(scenario),
        _ => None,
    }
}

fn not_there(step: Step) -> Refusal {
    let message = format!(
        "the task does not wait for its {} to be confirmed",
        step.name()
    );
    Refusal::new("InvalidParameter", message)
}

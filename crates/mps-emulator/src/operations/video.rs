//! Video: create a task, ask how it is doing.

use mps_models::{
    Action, AigcTaskStatus, CreateAigcVideoTask, CreateAigcVideoTaskResponse,
    DescribeAigcVideoTask, DescribeAigcVideoTaskResponse,
};

use super::{Context, Execute, Operation};
use crate::{
    api::Refusal,
    bill::{Charge, Fingerprint},
    marker,
    media::{Clip, FrameSize},
    results,
    tasks::{Fate, Stage, Task},
};

pub(super) const OPERATIONS: [Operation; 2] = [
    Operation::of::<CreateAigcVideoTask>(),
    Operation::of::<DescribeAigcVideoTask>(),
];

const FAMILY: &str = "AigcVideo";
const DEFAULT_SECONDS: i64 = 5;
/// No model makes longer ones by far; it keeps a slip of the finger from a file that plays for years.
const MOST_SECONDS: i64 = 3_600;

impl Execute for CreateAigcVideoTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let fate = marker::fate(self.prompt.as_deref().unwrap_or_default())?;
        let task = new_task(&self, fate, context)?;
        let mut response = CreateAigcVideoTaskResponse::default();
        response.task_id = Some(task.id.clone());
        admit(task, self, context);
        Ok(response)
    }
}

fn new_task(
    request: &CreateAigcVideoTask,
    fate: Fate,
    context: &Context<'_>,
) -> Result<Task, Refusal> {
    let service = context.service;
    Ok(Task {
        clip: clip(request)?,
        id: service.ids.task(FAMILY),
        created: service.now(),
        created_wall: service.wall(),
        times: service.times,
        fate,
    })
}

fn clip(request: &CreateAigcVideoTask) -> Result<Clip, Refusal> {
    let extra = request.extra_parameters.as_ref();
    let resolution = extra.and_then(|extra| extra.resolution.as_deref());
    let aspect_ratio = extra.and_then(|extra| extra.aspect_ratio.as_deref());
    let size = FrameSize::parse(resolution, aspect_ratio).ok_or_else(no_size)?;
    Ok(Clip {
        size,
        seconds: seconds(request.duration)?,
    })
}

fn seconds(duration: Option<i64>) -> Result<u32, Refusal> {
    let seconds = duration.unwrap_or(DEFAULT_SECONDS);
    let allowed = Some(seconds).filter(|seconds| (1..=MOST_SECONDS).contains(seconds));
    allowed
        .and_then(|seconds| u32::try_from(seconds).ok())
        .ok_or_else(|| {
            let message =
                format!("`Duration` is {seconds}, but must be from 1 to {MOST_SECONDS} seconds");
            Refusal::new("InvalidParameterValue", message)
        })
}

fn no_size() -> Refusal {
    let message =
        "`ExtraParameters.Resolution` and `.AspectRatio` make no size; try `720P` and `16:9`";
    Refusal::new("InvalidParameterValue", message)
}

/// Starts the task and writes it on the bill, both or neither.
fn admit(task: Task, request: CreateAigcVideoTask, context: &Context<'_>) {
    let service = context.service;
    let charge = Charge {
        task_id: &task.id,
        action: CreateAigcVideoTask::INFO.name,
        request: Fingerprint::of(&request),
        model: request.model_name,
        seconds: if task.fate == Fate::Succeed {
            task.clip.seconds.into()
        } else {
            0
        },
    };
    let mut state = service.state();
    state
        .ledger
        .charge(charge, service.since_start(task.created));
    state.tasks.add(task);
}

impl Execute for DescribeAigcVideoTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let service = context.service;
        let state = service.state();
        let unknown = || Refusal::new("ResourceNotFound.TaskNotFound", "no such task");
        let task = state.tasks.get(&self.task_id).ok_or_else(unknown)?;
        let now = service.now();
        Ok(description(task, task.stage(now), &service.endpoint))
    }
}

fn description(task: &Task, stage: Stage, endpoint: &str) -> DescribeAigcVideoTaskResponse {
    let mut response = DescribeAigcVideoTaskResponse::default();
    response.status = Some(match stage {
        Stage::Waiting => AigcTaskStatus::Wait,
        Stage::Running => AigcTaskStatus::Run,
        Stage::Done => AigcTaskStatus::Done,
        Stage::Failed => AigcTaskStatus::Fail,
    });
    match (&task.fate, stage) {
        (Fate::Succeed, Stage::Done) => {
            response.video_urls = vec![results::url(endpoint, &task.id, "0.mp4")];
            response.resolution = Some(task.clip.size.to_string());
            response.message = Some("ok".to_owned());
        }
        (Fate::Fail(message), Stage::Failed) => response.message = Some(message.clone()),
        _ => {}
    }
    response
}

//! Video: create a task, ask how it is doing.

use mps_models::{
    CreateAigcVideoTask, CreateAigcVideoTaskResponse, DescribeAigcVideoTask,
    DescribeAigcVideoTaskResponse, TaskFamily,
};

use super::{
    Context, Execute, Operation, bad_value,
    task_lifecycle::{self, NewTask},
};
use crate::{
    api::{results, service_state::ServiceState},
    engine::{
        refusal::Refusal,
        tasks::{Stage, Task, Work},
    },
    media::{Clip, FrameSize},
};

pub(super) const OPERATIONS: [Operation; 2] = [
    Operation::of::<CreateAigcVideoTask>(),
    Operation::of::<DescribeAigcVideoTask>(),
];

const FAMILY: TaskFamily = TaskFamily::Video;
const DEFAULT_SECONDS: i64 = 5;
/// No model makes longer ones by far; it keeps a slip of the finger from a file that plays for years.
const MAX_SECONDS: i64 = 3_600;

impl Execute for CreateAigcVideoTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let planned_outcome = task_lifecycle::classic_fate(self.prompt.as_deref())?;
        let id = context.service.ids.task(FAMILY, context.account);
        let extra = self.extra_parameters.as_ref();
        let new_task = NewTask {
            model: self.model_name.clone(),
            bucket: task_lifecycle::bucket(self.store_cos_param.as_ref()),
            is_off_peak: extra.and_then(|extra| extra.off_peak) == Some(true),
            ..NewTask::new(id, planned_outcome, Work::Video(clip(&self)?))
        };
        let mut response = CreateAigcVideoTaskResponse::default();
        response.task_id = Some(task_lifecycle::start(&self, new_task, context)?);
        Ok(response)
    }
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
    let allowed = Some(seconds).filter(|seconds| (1..=MAX_SECONDS).contains(seconds));
    allowed
        .and_then(|seconds| u32::try_from(seconds).ok())
        .ok_or_else(|| {
            bad_value(format!(
                "`Duration` is {seconds}, but must be from 1 to {MAX_SECONDS} seconds"
            ))
        })
}

fn no_size() -> Refusal {
    bad_value("`ExtraParameters.Resolution` and `.AspectRatio` make no size; try `720P` and `16:9`")
}

impl Execute for DescribeAigcVideoTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        task_lifecycle::describe(&self.task_id, context, description)
    }
}

fn description(
    task: &Task,
    stage: Stage,
    service: &ServiceState,
) -> Option<DescribeAigcVideoTaskResponse> {
    let Work::Video(clip) = &task.work else {
        return None;
    };
    let mut response = DescribeAigcVideoTaskResponse::default();
    response.status = Some(task_lifecycle::status(stage));
    response.message = task_lifecycle::message(task, stage);
    if stage == Stage::Done {
        response.video_urls = results::urls(service, task);
        response.resolution = Some(clip.size.to_string());
    }
    Some(response)
}

//! Images: create a task, ask how it is doing.

use mps_models::{
    CreateAigcImageTask, CreateAigcImageTaskResponse, DescribeAigcImageTask,
    DescribeAigcImageTaskResponse, TaskFamily,
};
use serde_json::Value;

use super::{
    Context, Execute, Operation, bad_value,
    task_lifecycle::{self, NewTask},
};
use crate::{
    api::{results, service_state::ServiceState},
    engine::{
        refusal::Refusal,
        tasks::{MAX_OUTPUTS, Stage, Task, Work},
    },
    media::{FrameSize, Picture, PictureFormat},
};

pub(super) const OPERATIONS: [Operation; 2] = [
    Operation::of::<CreateAigcImageTask>(),
    Operation::of::<DescribeAigcImageTask>(),
];

const FAMILY: TaskFamily = TaskFamily::Image;
const DEFAULT_RESOLUTION: &str = "1024P";
const DEFAULT_RATIO: &str = "1:1";

impl Execute for CreateAigcImageTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let planned_outcome = task_lifecycle::classic_fate(self.prompt.as_deref())?;
        let id = context.service.ids.task(FAMILY, context.account);
        let new_task = NewTask {
            model: self.model_name.clone(),
            outputs: count(self.output_image_count)?,
            bucket: task_lifecycle::bucket(self.store_cos_param.as_ref()),
            ..NewTask::new(id, planned_outcome, Work::Image(picture(&self)?))
        };
        let mut response = CreateAigcImageTaskResponse::default();
        response.task_id = Some(task_lifecycle::start(&self, new_task, context)?);
        Ok(response)
    }
}

fn count(wanted: Option<i64>) -> Result<u32, Refusal> {
    let wanted = wanted.unwrap_or(1);
    u32::try_from(wanted)
        .ok()
        .filter(|count| (1..=MAX_OUTPUTS).contains(count))
        .ok_or_else(|| {
            bad_value(format!(
                "`OutputImageCount` is {wanted}, but must be from 1 to {MAX_OUTPUTS}"
            ))
        })
}

fn picture(request: &CreateAigcImageTask) -> Result<Picture, Refusal> {
    let extra = request.extra_parameters.as_ref();
    let format = extra.and_then(|extra| extra.output_format.as_deref());
    Ok(Picture {
        size: size(request)?,
        format: match format {
            Some("jpeg") => PictureFormat::Jpeg,
            _ => PictureFormat::Png,
        },
    })
}

/// The size for the model's vendor is the more exact one, so it wins.
fn size(request: &CreateAigcImageTask) -> Result<FrameSize, Refusal> {
    if let Some(size) = vendor_size(request.additional_parameters.as_deref()) {
        return FrameSize::exact(&size).ok_or_else(no_vendor_size);
    }
    let extra = request.extra_parameters.as_ref();
    let resolution = extra.and_then(|extra| extra.resolution.as_deref());
    let aspect_ratio = extra.and_then(|extra| extra.aspect_ratio.as_deref());
    FrameSize::parse(
        resolution.or(Some(DEFAULT_RESOLUTION)),
        aspect_ratio.or(Some(DEFAULT_RATIO)),
    )
    .ok_or_else(no_size)
}

fn vendor_size(additional_parameters: Option<&str>) -> Option<String> {
    let parameters: Value = serde_json::from_str(additional_parameters?).ok()?;
    Some(parameters.get("size")?.as_str()?.to_owned())
}

fn no_vendor_size() -> Refusal {
    bad_value("`size` in `AdditionalParameters` is none; try `1024x1024`, sides up to 4096")
}

fn no_size() -> Refusal {
    bad_value("`ExtraParameters.Resolution` and `.AspectRatio` make no size; try `1080P` and `1:1`")
}

impl Execute for DescribeAigcImageTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        task_lifecycle::describe(&self.task_id, context, description)
    }
}

fn description(
    task: &Task,
    stage: Stage,
    service: &ServiceState,
) -> Option<DescribeAigcImageTaskResponse> {
    let Work::Image(_) = &task.work else {
        return None;
    };
    let mut response = DescribeAigcImageTaskResponse::default();
    response.status = Some(task_lifecycle::status(stage));
    response.message = task_lifecycle::message(task, stage);
    if stage == Stage::Done {
        response.image_urls = results::urls(service, task);
    }
    Some(response)
}

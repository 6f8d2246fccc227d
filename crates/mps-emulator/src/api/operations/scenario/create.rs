//! The four creating actions of scenarios.

use mps_core::clock::unix_seconds;
use mps_models::{
    Action, AiDramaInput, CreateAiDramaTask, CreateAiDramaTaskResponse, CreateAiFissionTask,
    CreateAiFissionTaskResponse, CreateDocToVideoTask, CreateDocToVideoTaskResponse,
    CreateVideoRedrawTask, CreateVideoRedrawTaskResponse, DocToVideoInput, FissionTaskInfo,
    ScenarioTaskType, service,
};
use serde_json::{Map, Value, json};

use super::super::{
    Context, Execute, invalid_value,
    task_lifecycle::{self, NewTask},
};
use crate::{
    engine::{
        marker,
        refusal::Refusal,
        tasks::{Bucket, Mode, PlannedOutcome, Scenario, Step, Work},
    },
    media::{Clip, FrameSize},
};

/// Default length where a request cannot set one.
const DEFAULT_SECONDS: u32 = 5;
/// Default and maximum of an advertisement, and minimum of a presented document.
const LONG_SECONDS: u32 = 15;
/// Default size, as lists show it, where a request could set one but does not.
const DEFAULT_RESOLUTION: &str = "720p";
const DEFAULT_RATIO: &str = "16:9";
const FISSION_FAMILY: &str = "AigcScenario";

/// Reads the bucket from one of three types with the same members.
macro_rules! bucket {
    ($info:expr) => {
        $info.as_ref().and_then(|info| {
            Bucket::complete(
                info.cos_bucket_name.as_deref(),
                info.cos_bucket_region.as_deref(),
                info.cos_bucket_path.as_deref(),
            )
        })
    };
}

impl Execute for CreateVideoRedrawTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let style = self
            .task_info
            .as_ref()
            .and_then(|info| info.style.as_deref());
        let planned_outcome = marker::planned_outcome(style.unwrap_or_default())?;
        let work = work(redraw()?, Self::INFO.name, context);
        let new_task = NewTask {
            bucket: bucket!(&self.cos_info),
            ..NewTask::new(context.service.ids.uuid(), planned_outcome, work)
        };
        let mut response = CreateVideoRedrawTaskResponse::default();
        response.task_id = Some(task_lifecycle::start(&self, new_task, context)?);
        Ok(response)
    }
}

fn redraw() -> Result<Scenario, Refusal> {
    Ok(Scenario::new(
        ScenarioTaskType::RedrawVideo,
        clip(None, None, None)?,
    ))
}

impl Execute for CreateAiDramaTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let planned_outcome = marker::planned_outcome(&self.input.script)?;
        let work = work(drama(&self.input)?, Self::INFO.name, context);
        let new_task = NewTask {
            bucket: bucket!(&self.cos_info),
            ..NewTask::new(context.service.ids.uuid(), planned_outcome, work)
        };
        let mut response = CreateAiDramaTaskResponse::default();
        response.task_id = Some(task_lifecycle::start(&self, new_task, context)?);
        Ok(response)
    }
}

fn drama(input: &AiDramaInput) -> Result<Scenario, Refusal> {
    let clip = clip(Some(&input.resolution), Some(&input.ratio), None)?;
    let mut drama = Scenario::new(ScenarioTaskType::AiDrama, clip);
    drama.resolution = Some(input.resolution.clone());
    drama.ratio = Some(input.ratio.clone());
    Ok(drama)
}

impl Execute for CreateAiFissionTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let info = self.task_info.clone().unwrap_or_default();
        let planned_outcome =
            marker::planned_outcome(self.input.text.as_deref().unwrap_or_default())?;
        let work = work(fission(info)?, Self::INFO.name, context);
        let id = context.service.ids.tagged(FISSION_FAMILY, context.account);
        let new_task = NewTask {
            bucket: bucket!(&self.cos_info),
            ..NewTask::new(id, planned_outcome, work)
        };
        let mut response = CreateAiFissionTaskResponse::default();
        response.task_id = Some(task_lifecycle::start(&self, new_task, context)?);
        Ok(response)
    }
}

fn fission(info: FissionTaskInfo) -> Result<Scenario, Refusal> {
    let resolution = info.resolution.as_deref().unwrap_or(DEFAULT_RESOLUTION);
    let ratio = info.ratio.as_deref().unwrap_or(DEFAULT_RATIO);
    let seconds = info.duration.or(Some(LONG_SECONDS.into()));
    let clip = clip(Some(resolution), Some(ratio), seconds)?;
    let mut fission = Scenario::new(ScenarioTaskType::FissionVideo, clip);
    fission.resolution = Some(resolution.to_owned());
    fission.ratio = Some(ratio.to_owned());
    fission.video_type = info.video_type;
    fission.model_tier = info.model_tier;
    Ok(fission)
}

impl Execute for CreateDocToVideoTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let scenario = document(&self.input)?;
        let planned_outcome =
            outcome_of_step(marker::planned_outcome(&self.input.prompt)?, scenario.step);
        let work = work(scenario, Self::INFO.name, context);
        let new_task = NewTask {
            model: self.input.model_name.clone(),
            bucket: bucket!(&self.cos_info),
            ..NewTask::new(context.service.ids.uuid(), planned_outcome, work)
        };
        let mut response = CreateDocToVideoTaskResponse::default();
        response.task_id = Some(task_lifecycle::start(&self, new_task, context)?);
        Ok(response)
    }
}

fn document(input: &DocToVideoInput) -> Result<Scenario, Refusal> {
    let ratio = input.ratio.as_deref().unwrap_or(DEFAULT_RATIO);
    let seconds = input.reference_duration.or(Some(LONG_SECONDS.into()));
    let mut document = Scenario::new(
        ScenarioTaskType::DocGenVideo,
        clip(None, Some(ratio), seconds)?,
    );
    let is_staged = input.mode.as_deref() == Some("stage");
    document.ratio = Some(ratio.to_owned());
    document.mode = Some(if is_staged { Mode::Phased } else { Mode::Auto });
    document.step = is_staged.then_some(Step::Outline);
    Ok(document)
}

/// Makes a successful task pause after its step.
pub(super) fn outcome_of_step(
    planned_outcome: PlannedOutcome,
    step: Option<Step>,
) -> PlannedOutcome {
    match (planned_outcome, step) {
        (PlannedOutcome::Succeed, Some(_)) => PlannedOutcome::Pause,
        (planned_outcome, _) => planned_outcome,
    }
}

fn clip(
    resolution: Option<&str>,
    ratio: Option<&str>,
    seconds: Option<i64>,
) -> Result<Clip, Refusal> {
    let given = seconds.and_then(|seconds| u32::try_from(seconds).ok());
    Ok(Clip {
        size: FrameSize::parse(resolution, ratio).ok_or_else(|| {
            invalid_value("resolution and ratio make no size; try `720p` and `16:9`")
        })?,
        seconds: given.unwrap_or(DEFAULT_SECONDS),
    })
}

/// Returns the output of a task, with the request that created it.
pub(super) fn work(mut scenario: Scenario, action: &str, context: &Context<'_>) -> Work {
    scenario.request = request_with_caller(action, context).to_string();
    Work::Scenario(Box::new(scenario))
}

/// Returns the request with the caller's account, as queries show it later.
fn request_with_caller(action: &str, context: &Context<'_>) -> Value {
    let account = context.service.ids.account(context.account);
    let mut members: Map<String, Value> = serde_json::from_slice(context.body).unwrap_or_default();
    let more = [
        ("Action", json!(action)),
        ("RequestId", json!(context.request_id)),
        ("RequestSource", json!("API")),
        ("ApiModule", json!(service::NAME)),
        (
            "Timestamp",
            json!(unix_seconds(context.service.time.wall()).to_string()),
        ),
        ("Region", json!("")),
        ("Uin", json!(account.to_string())),
        ("AppId", json!(account)),
    ];
    members.extend(more.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(members)
}

//! Whole productions: redrawn videos, dramas, variations, videos from documents.

use mps_models::{
    CreateAiDramaTask, CreateAiDramaTaskResponse, CreateAiFissionTask, CreateAiFissionTaskResponse,
    CreateDocToVideoTask, CreateDocToVideoTaskResponse, CreateVideoRedrawTask,
    CreateVideoRedrawTaskResponse, DescribeAigcTaskStatus, DescribeAigcTaskStatusResponse,
    ModifyDocToVideoTaskStatus, ModifyDocToVideoTaskStatusResponse, ScenarioTaskStatus, TaskPhase,
};

use super::{Create, Family, Snapshot};

/// Scenarios: four actions that create, one that takes a staged task on, all told about by
/// `DescribeAigcTaskStatus`.
#[derive(Clone, Copy, Debug)]
pub struct Scenario;

impl Family for Scenario {
    const NAME: &'static str = "scenario";
    type Describe = DescribeAigcTaskStatus;

    fn describe(task_id: &str) -> DescribeAigcTaskStatus {
        DescribeAigcTaskStatus::new(task_id)
    }

    fn snapshot(described: DescribeAigcTaskStatusResponse) -> Snapshot {
        let status = described.task_status;
        Snapshot {
            phase: status
                .as_ref()
                .map_or(TaskPhase::Pending, ScenarioTaskStatus::phase),
            status: status.map_or_else(String::new, |status| status.as_str().to_owned()),
            stage: described.stage.filter(|stage| !stage.is_empty()),
            urls: described
                .output_url
                .into_iter()
                .filter(|url| !url.is_empty())
                .collect(),
            message: message(described.task_result_code, described.task_result_msg),
        }
    }
}

/// The reason and its number, which only together tell one failure from another.
fn message(code: Option<i64>, text: Option<String>) -> Option<String> {
    let text = text.filter(|text| !text.is_empty());
    match (code.filter(|code| *code != 0), text) {
        (Some(code), Some(text)) => Some(format!("{text} ({code})")),
        (Some(code), None) => Some(format!("result code {code}")),
        (None, text) => text,
    }
}

/// These differ in their names alone.
macro_rules! creates {
    ($($request:ident -> $response:ident),+ $(,)?) => {$(
        impl Create for $request {
            type Family = Scenario;

            fn task_id(created: $response) -> Option<String> {
                created.task_id
            }
        }
    )+};
}

creates! {
    CreateAiDramaTask -> CreateAiDramaTaskResponse,
    CreateAiFissionTask -> CreateAiFissionTaskResponse,
    CreateDocToVideoTask -> CreateDocToVideoTaskResponse,
    CreateVideoRedrawTask -> CreateVideoRedrawTaskResponse,
    // Confirming or redoing a stage starts a task of its own.
    ModifyDocToVideoTaskStatus -> ModifyDocToVideoTaskStatusResponse,
}

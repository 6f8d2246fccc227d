//! Describes a scenario task; the list uses the same summary.

use std::time::SystemTime;

use mps_core::{clock::unix_seconds, sign::Scope};
use mps_models::{DescribeAigcTaskStatus, DescribeAigcTaskStatusResponse, ScenarioTaskStatus};
use serde_json::json;

use super::super::{Context, Execute, task_lifecycle};
use crate::{
    api::{results, service_state::ServiceState},
    engine::{
        refusal::Refusal,
        tasks::{PlannedOutcome, Scenario, Stage, Task},
    },
};

impl Execute for DescribeAigcTaskStatus {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        task_lifecycle::describe(&self.task_id, context, description)
    }
}

fn description(
    task: &Task,
    stage: Stage,
    service: &ServiceState,
) -> Option<DescribeAigcTaskStatusResponse> {
    let summary = TaskSummary::about(task, stage, service)?;
    let mut response = DescribeAigcTaskStatusResponse::default();
    response.task_id = Some(task.id.clone());
    response.task_type = Some(summary.scenario.task_type.clone());
    response.task_status = Some(summary.status);
    response.create_time = Some(summary.created);
    response.scheduled_time = summary.scheduled;
    response.finished_time = summary.finished;
    response.output_url = summary.urls.into_iter().next();
    response.task_result_code = summary.failure.map(result_code);
    response.task_result_msg = summary.failure.map(str::to_owned);
    response.request_body = summary.request.map(str::to_owned);
    response.task_info = summary.info;
    response.stage = summary.step;
    Some(response)
}

/// Returns the code of a failure: the two documented ones, and -1 for any other text.
pub(super) fn result_code(message: &str) -> i64 {
    match message {
        "Save to cos failed" => -401,
        "task is busy" => -403,
        _ => -1,
    }
}

/// The members that a described task and a list item have in common.
pub(super) struct TaskSummary<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) status: ScenarioTaskStatus,
    pub(super) created: String,
    pub(super) scheduled: Option<String>,
    pub(super) finished: Option<String>,
    pub(super) urls: Vec<String>,
    pub(super) failure: Option<&'a str>,
    /// The request that created the task; `None` after a restore, since snapshots omit it.
    pub(super) request: Option<&'a str>,
    pub(super) info: Option<String>,
    pub(super) step: Option<String>,
}

impl<'a> TaskSummary<'a> {
    /// Returns `None` for a task of another family.
    pub(super) fn about(task: &'a Task, stage: Stage, service: &ServiceState) -> Option<Self> {
        let scenario = task.scenario()?;
        Some(Self {
            scenario,
            status: task_lifecycle::scenario_status(stage),
            created: local_time(task.created_wall),
            scheduled: (stage != Stage::Waiting).then(|| local_time(task.scheduled_wall())),
            finished: stage.is_final().then(|| local_time(task.finished_wall())),
            urls: if stage == Stage::Done {
                results::urls(service, task)
            } else {
                Vec::new()
            },
            failure: failure(task, stage),
            request: Some(scenario.request.as_str()).filter(|request| !request.is_empty()),
            info: scenario
                .step
                .map(|step| json!({ "current_stage": step.name() }).to_string()),
            step: step(scenario, stage),
        })
    }
}

fn failure(task: &Task, stage: Stage) -> Option<&str> {
    match (&task.planned_outcome, stage) {
        (PlannedOutcome::Fail(message), Stage::Failed) => Some(message),
        (_, Stage::Stopped) => Some("the task was stopped on demand"),
        (_, Stage::TimedOut) => Some("the task took too long, on demand"),
        _ => None,
    }
}

fn step(scenario: &Scenario, stage: Stage) -> Option<String> {
    let name = scenario.step?.name();
    Some(match stage {
        Stage::Paused => format!("{name}_FINISHED"),
        _ => name.to_owned(),
    })
}

/// Formats a time as the service does, without a zone and eight hours ahead of UTC, for example
/// `2026-06-01 20:40:50`.
fn local_time(wall: SystemTime) -> String {
    let seconds = unix_seconds(wall).saturating_add(8 * 3_600);
    // A scope consists of date and service; only the date is used here.
    let scope = Scope::at(seconds, "");
    let date = scope.date();
    let second_of_day = seconds.rem_euclid(86_400);
    let (hour, minute) = (second_of_day / 3_600, second_of_day / 60 % 60);
    format!("{date} {hour:02}:{minute:02}:{:02}", second_of_day % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_those_of_the_documentations_example() {
        let at = |seconds| local_time(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(1_780_317_650), "2026-06-01 20:40:50");
        assert_eq!(at(0), "1970-01-01 08:00:00");
        assert_eq!(at(1_771_171_199), "2026-02-15 23:59:59");
        assert_eq!(at(1_771_171_200), "2026-02-16 00:00:00");
    }
}

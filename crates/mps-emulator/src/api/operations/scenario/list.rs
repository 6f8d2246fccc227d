//! Lists scenario tasks, latest first.

use std::time::Duration;

use mps_models::{
    AigcTaskListItem, DescribeAigcTaskList, DescribeAigcTaskListResponse, QueryTaskFilter,
    ScenarioTaskStatus, ScenarioTaskType,
};
use serde_json::Value;

use super::{
    super::{Context, Execute, invalid_value, task_lifecycle},
    describe::{TaskSummary, result_code},
};
use crate::{
    api::service_state::ServiceState,
    engine::{
        refusal::Refusal,
        tasks::{Mode, Task},
    },
};

const FIRST_PAGE: i64 = 1;
const DEFAULT_PAGE_SIZE: i64 = 10;

impl Execute for DescribeAigcTaskList {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let number = counted("PageNum", self.page_num.unwrap_or(FIRST_PAGE))?;
        let size = counted("PageSize", self.page_size.unwrap_or(DEFAULT_PAGE_SIZE))?;
        let filter = self.query_task_filter.unwrap_or_default();
        let mut response = DescribeAigcTaskListResponse::default();
        response.page_num = Some(number);
        response.page_size = Some(size);
        let page = Page { number, size };
        let (total, tasks) = listed(&filter, &page, context);
        response.total = Some(total);
        response.tasks = tasks;
        Ok(response)
    }
}

fn counted(name: &str, value: i64) -> Result<i64, Refusal> {
    Some(value)
        .filter(|value| *value > 0)
        .ok_or_else(|| invalid_value(format!("`{name}` is {value}, but counts from 1")))
}

struct Page {
    number: i64,
    size: i64,
}

impl Page {
    /// Returns whether an item with `before` predecessors is on this page.
    fn shows(&self, before: i64) -> bool {
        before / self.size == self.number - 1
    }
}

/// Returns the number of tasks that match the filter, and the items of the page.
fn listed(
    filter: &QueryTaskFilter,
    page: &Page,
    context: &Context<'_>,
) -> (i64, Vec<AigcTaskListItem>) {
    let service = context.service;
    let state = service.state();
    let now = service.time.now();
    let (mut total, mut items) = (0, Vec::new());
    for task in state.tasks.iter().rev() {
        if task.account != context.account || !fits(filter, task, now) {
            continue;
        }
        if page.shows(total) {
            items.extend(item(task, now, service));
        }
        total += 1;
    }
    (total, items)
}

/// Returns whether a task is a scenario and matches every given member of the filter.
fn fits(filter: &QueryTaskFilter, task: &Task, now: Duration) -> bool {
    let Some(scenario) = task.scenario() else {
        return false;
    };
    let status = task_lifecycle::scenario_status(task.stage(now));
    let wanted_type = filter.task_type.as_ref().map(usual_name);
    let wanted_status = filter.task_status.as_ref().map(ScenarioTaskStatus::as_str);
    let wanted_mode = filter.execute_mode.as_deref().map(name_in_lists);
    let conditions = [
        (filter.task_id.as_deref(), Some(task.id.as_str())),
        (wanted_type, Some(usual_name(&scenario.task_type))),
        (wanted_status, Some(status.as_str())),
        (filter.resolution.as_deref(), scenario.resolution.as_deref()),
        (filter.ratio.as_deref(), scenario.ratio.as_deref()),
        (wanted_mode, scenario.mode.map(Mode::name)),
        (filter.video_type.as_deref(), scenario.video_type.as_deref()),
        (filter.model_tier.as_deref(), scenario.model_tier.as_deref()),
    ];
    conditions
        .into_iter()
        .all(|(wanted, is)| wanted.is_none_or(|wanted| wanted.is_empty() || is == Some(wanted)))
}

/// The documentation's example filters by `VideoRedraw` and receives `RedrawVideo`.
fn usual_name(task_type: &ScenarioTaskType) -> &str {
    match task_type {
        ScenarioTaskType::VideoRedraw => ScenarioTaskType::RedrawVideo.as_str(),
        other => other.as_str(),
    }
}

/// Creates call the mode `stage`, lists call it `phased`.
fn name_in_lists(mode: &str) -> &str {
    if mode == "stage" { "phased" } else { mode }
}

fn item(task: &Task, now: Duration, service: &ServiceState) -> Option<AigcTaskListItem> {
    let summary = TaskSummary::about(task, task.stage(now), service)?;
    let mut item = AigcTaskListItem::default();
    item.task_id = Some(task.id.clone());
    item.task_type = Some(summary.scenario.task_type.clone());
    item.task_status = Some(summary.status);
    item.create_time = Some(summary.created);
    item.scheduled_time = summary.scheduled;
    item.finished_time = summary.finished;
    item.task_result_code = summary.failure.map(result_code);
    item.task_result_msg = summary.failure.map(str::to_owned);
    item.resolution.clone_from(&summary.scenario.resolution);
    item.ratio.clone_from(&summary.scenario.ratio);
    item.request_body = summary.request.map(encoded_again);
    item.task_info = summary.info;
    item.stage = summary.step;
    item.urls = summary.urls;
    Some(item)
}

/// Lists encode the request twice: as JSON text within JSON text.
fn encoded_again(request: &str) -> String {
    Value::from(request).to_string()
}

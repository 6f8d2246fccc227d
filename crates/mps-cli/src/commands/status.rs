//! `status`: queries the status of a task once.

use mps_aigc::{Family, Snapshot, models::TaskPhase};

use super::TaskIdArgs;
use crate::{context::Context, failure::Failure, results::TaskResult};

pub(super) async fn run<F: Family>(
    args: &TaskIdArgs,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let connection = context.connect().await?;
    let task = connection.tasks::<F>().task(&args.task_id);
    let snapshot = task.status().await?;
    let result = TaskResult::of(&task).with_snapshot(&snapshot);
    context.output.result(&status_line(&snapshot), &result)
}

/// Returns the status, or words for a task without one.
pub(super) fn status_or_none(snapshot: &Snapshot) -> &str {
    match snapshot.status.as_str() {
        "" => "no status",
        status => status,
    }
}

fn status_line(snapshot: &Snapshot) -> String {
    let status = status_or_none(snapshot);
    match (&snapshot.message, snapshot.phase) {
        (Some(message), TaskPhase::Failed) => format!("{status}: {message}"),
        _ if snapshot.urls.is_empty() => status.to_owned(),
        _ => format!("{status} {}", snapshot.urls.join(" ")),
    }
}

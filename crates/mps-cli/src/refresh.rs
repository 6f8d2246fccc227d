//! Asking the service once about a task that the ledger has, and recording the answer.

use mps_aigc::{
    AnyTask, Audio, Error, ErrorKind, Family, Image, Results, Scenario, Snapshot, Video,
};
use mps_jobs::{Job, ledger::Item};

use crate::{
    context::{Connection, Context},
    tracked::KnownTasks,
};

/// Asks for the status of a task. Returns `true` when the task is over: done, failed, or forgotten by
/// the service; `false` while it runs, and without an answer.
pub(crate) async fn is_over(
    context: &Context,
    connection: &Connection,
    known_tasks: &KnownTasks,
    item: &Item,
) -> bool {
    let Some(ledger) = known_tasks.ledger() else {
        return false;
    };
    let Ok(job) = Job::of(ledger, item.clone()).await else {
        return false;
    };
    let (Some(handle), Some(tracked)) = (job.handle(), known_tasks.of_row(&item.row, &item.key))
    else {
        return false;
    };
    let task = connection.aigc().task(handle);
    match context.phase.race(Box::pin(task.status())).await {
        Ok(Ok(snapshot)) => match outcome(&task, &snapshot) {
            Some(Ok(results)) => {
                tracked.finished(&snapshot.status, &results).await;
                true
            }
            Some(Err(error)) => {
                tracked.ended(&error).await;
                matches!(error.kind(), ErrorKind::TaskFailed | ErrorKind::Expired)
            }
            None => {
                tracked.polled(&snapshot).await;
                false
            }
        },
        Ok(Err(error)) if error.kind() == ErrorKind::NotFound && tracked.is_old(item) => {
            tracked.expired().await;
            true
        }
        Ok(Err(_)) | Err(_) => false,
    }
}

fn outcome(task: &AnyTask, snapshot: &Snapshot) -> Option<Result<Results, Error>> {
    of::<Video>(task, snapshot)
        .or_else(|| of::<Image>(task, snapshot))
        .or_else(|| of::<Audio>(task, snapshot))
        .or_else(|| of::<Scenario>(task, snapshot))
}

fn of<F: Family>(task: &AnyTask, snapshot: &Snapshot) -> Option<Result<Results, Error>> {
    let outcome = task.typed::<F>()?.outcome(snapshot.clone())?;
    Some(outcome.map(|done| done.results().clone()))
}

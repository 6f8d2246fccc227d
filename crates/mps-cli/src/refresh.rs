//! Asking the service once about a task that the ledger has, and recording the answer.

use mps_aigc::ErrorKind;
use mps_jobs::ledger::{Item, Timestamp};

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
    let handle = item.handle(connection.client());
    let (Some(handle), Some(tracked)) = (handle, known_tasks.of_row(&item.row, &item.key)) else {
        return false;
    };
    let task = connection.aigc().task(handle);
    match context.phase.race(Box::pin(task.status())).await {
        Ok(Ok(snapshot)) => match task.outcome(&snapshot) {
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
        Ok(Err(error)) if error.kind() == ErrorKind::NotFound && is_old(context, item) => {
            tracked.expired().await;
            true
        }
        Ok(Err(_)) | Err(_) => false,
    }
}

fn is_old(context: &Context, item: &Item) -> bool {
    item.outlived_its_results(Timestamp::from(context.clock.wall()))
}

//! `status`: queries the status of tasks once.

use std::{
    borrow::Cow,
    io::{self, IsTerminal as _},
};

use futures_util::future::join_all;
use mps_aigc::{Family, Snapshot, models::TaskPhase};

use super::{TaskIdArgs, handles, wait::all_succeeded};
use crate::{
    context::Context,
    failure::Failure,
    foreign_text,
    results::{self, Receipt, TaskResult},
    tracked::{KnownTasks, Tracked},
};

pub(super) async fn run<F: Family>(args: &TaskIdArgs, context: &Context) -> Result<(), Failure> {
    let handles = handles::of_arguments_or_stdin::<F>(&args.tasks)?;
    let connection = context.connect().await?;
    let known_tasks = KnownTasks::open(context, &connection).await;
    let is_single = handles.len() == 1;
    let queries = handles.into_iter().map(|handle| {
        let (connection, known_tasks) = (&connection, &known_tasks);
        async move {
            let task = connection.task::<F>(handle)?;
            let tracked = known_tasks.of(task.id()).await;
            let key = tracked.as_ref().map(Tracked::key);
            let receipt = Receipt::of(&task, &context.global, None).with_key(key);
            let snapshot = query(&task, &receipt, context).await?;
            let mut result = TaskResult::of(&task).with_key(key).with_snapshot(&snapshot);
            let outcome = task.outcome(snapshot.clone());
            if let Some(tracked) = &tracked {
                match &outcome {
                    Some(Ok(done)) => tracked.done(done).await,
                    Some(Err(error)) => tracked.ended(error).await,
                    None => tracked.polled(&snapshot).await,
                }
            }
            if let Some(Ok(done)) = outcome {
                result = result.with_expiry(&done);
            }
            // Answers arrive in any order.
            let line = match (status_line(&snapshot), is_single) {
                (line, true) => line,
                (line, false) => format!("{}: {line}", foreign_text::name(task.id())),
            };
            context.output.receipt(&line, &result, &receipt)
        }
    });
    all_succeeded(join_all(queries).await)
}

/// Queries the status of a task. A signal ends the query.
pub(super) async fn query<F: Family>(
    task: &mps_aigc::Task<F>,
    receipt: &Receipt,
    context: &Context,
) -> Result<Snapshot, Failure> {
    match context.phase.race(Box::pin(task.status())).await {
        Ok(snapshot) => Ok(snapshot?),
        Err(signal) => Err(Failure::interrupted_task(signal, receipt)),
    }
}

/// Returns the status as it is safe to show, or words for a task without one.
pub(super) fn status_or_none(snapshot: &Snapshot) -> Cow<'_, str> {
    match snapshot.status.as_str() {
        "" => "no status".into(),
        status => foreign_text::name(status),
    }
}

/// Returns the status with the stage, where the task has stages: a finished stage waits for a
/// confirmation.
pub(super) fn status_and_stage(snapshot: &Snapshot) -> String {
    let status = status_or_none(snapshot);
    match &snapshot.stage {
        Some(stage) => format!("{status} {}", foreign_text::name(stage)),
        None => status.into_owned(),
    }
}

fn status_line(snapshot: &Snapshot) -> String {
    let status = status_or_none(snapshot);
    if let Some(stage) = &snapshot.awaiting {
        return format!("{status}: waits for confirmation of {stage}");
    }
    if let (Some(message), TaskPhase::Failed) = (&snapshot.message, snapshot.phase) {
        return format!("{status}: {}", foreign_text::message(message));
    }
    let is_terminal = io::stdout().is_terminal();
    let lines = results::lines(&snapshot.results, is_terminal);
    let separator = if is_terminal { "\n  " } else { " " };
    let parts = std::iter::once(status.into_owned()).chain(lines);
    parts.collect::<Vec<_>>().join(separator)
}

//! `create`: creates a task and, on request, waits for it and downloads its results.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use mps_aigc::{Create, Family, Task};

use super::{dry_run, wait};
use crate::{
    context::Context,
    failure::Failure,
    options::parse_duration,
    request::{self, RequestFields},
    results::TaskResult,
    resume::resume_hint,
    signals::Signals,
};

/// Arguments of a `create` subcommand, which know how to run it.
pub(crate) trait Creates: Args {
    /// Family of the created task.
    type Family: Family;

    /// Creates the task and does as the arguments say.
    async fn create(&self, context: &Context<'_>) -> Result<(), Failure>;
}

/// A request from a file and from options.
#[derive(Args, Debug)]
pub(crate) struct CreateArgs<F: Args> {
    /// JSON body as the API documents it; the other options override its members
    #[arg(long, value_name = "FILE|-")]
    request: Option<PathBuf>,
    #[command(flatten)]
    follow_up: FollowUp,
    // Last, since its heading applies to all options after it.
    #[command(flatten)]
    fields: F,
}

/// What to do besides creating a task.
#[derive(Args, Debug)]
pub(crate) struct FollowUp {
    /// Wait until the task is done
    #[arg(long)]
    wait: bool,
    /// Then download the result to this file, or into this directory; implies --wait
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Longest wait
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
    /// Print the exact request, its preflight report and what would be signed; send nothing
    #[arg(long)]
    dry_run: bool,
}

impl<F: RequestFields> Creates for CreateArgs<F> {
    type Family = <F::Request as Create>::Family;

    async fn create(&self, context: &Context<'_>) -> Result<(), Failure> {
        let request = request::build(self.request.as_deref(), &self.fields)?;
        run(&request, &self.follow_up, context).await
    }
}

/// Creates a task, then waits for it and downloads its results if `follow_up` says so.
pub(crate) async fn run<C: Create>(
    request: &C,
    follow_up: &FollowUp,
    context: &Context<'_>,
) -> Result<(), Failure> {
    if follow_up.dry_run {
        return dry_run::run(request, context);
    }
    let destination = wait::claim(follow_up.out.as_deref()).await?;
    let connection = context.connect().await?;
    context.output.warnings(request.preflight().warnings())?;
    let signals = Signals::listen();
    // Not raced against signals: a request that was sent is finished, or its task id would be lost.
    let task = connection.tasks::<C::Family>().create(request).await?;
    let created = TaskResult::of(&task);
    if !follow_up.wait && follow_up.out.is_none() {
        let printed = context.output.result(task.id(), &created);
        // The id of a paid task must not be lost with the line that named it.
        let hint = || resume_hint(&context.global, C::Family::NAME, task.id(), None);
        return printed.map_err(|failure| failure.task(task.id()).hint(hint()));
    }
    let clock = connection.client().clock();
    let since_created = clock.monotonic();
    context.output.notice(&created_line(&task), &created)?;
    let waiting = wait::Waiting {
        context,
        signals,
        timeout: follow_up.timeout,
        out: follow_up.out.as_deref(),
    };
    let done = waiting.until_done(&task).await?;
    let files = wait::save(&done, destination).await?;
    let elapsed = task.elapsed() + clock.monotonic().saturating_sub(since_created);
    wait::finish(&done, created.with_elapsed(elapsed), &files, context)
}

fn created_line<F: Family>(task: &Task<F>) -> String {
    match task.request_id() {
        Some(request_id) => format!("created task {} (request id {request_id})", task.id()),
        None => format!("created task {}", task.id()),
    }
}

//! `download`: downloads the results of tasks that are done.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use futures_util::future::join_all;
use mps_aigc::{Family, Task};

use super::{
    delivery::{Delivery, Target},
    follow::follow,
    handles,
    status::{query, status_or_none},
    wait::all_succeeded,
};
use crate::{
    context::Context,
    failure::Failure,
    options::parse_duration,
    outcome::{self, Outcome, Reason},
    results::{Receipt, TaskResult},
};

/// The arguments of `download`.
#[derive(Args, Debug)]
pub(crate) struct DownloadArgs {
    /// Ids or stored handles of the tasks, or `-` to read them from stdin, one a line
    #[arg(required = true, value_name = "ID|-")]
    tasks: Vec<String>,
    /// File, or directory, for the results; stdout if it is `-`
    #[arg(long, value_name = "PATH|-")]
    out: PathBuf,
    /// Longest time for the download
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
}

pub(super) async fn run<F: Family>(args: &DownloadArgs, context: &Context) -> Result<(), Failure> {
    let handles = handles::of_arguments_or_stdin::<F>(&args.tasks)?;
    let target = Target::claim_for(handles.len(), Some(&args.out)).await?;
    let connection = context.connect().await?;
    let tasks = handles.into_iter().map(|it| connection.task::<F>(it));
    let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
    let downloads = tasks
        .iter()
        .map(|task| download(args, task, &target, context));
    all_succeeded(follow(context, join_all(downloads)).await)
}

async fn download<F: Family>(
    args: &DownloadArgs,
    task: &Task<F>,
    target: &Target,
    context: &Context,
) -> Result<(), Failure> {
    let receipt = Receipt::of(task, &context.global, Some(&args.out));
    let started = context.clock.monotonic();
    let snapshot = query(task, &receipt, context).await?;
    let status = status_or_none(&snapshot).into_owned();
    let Some(result) = task.outcome(snapshot) else {
        let message = format!("task {} is not done yet: {status}", receipt.shown_id());
        let outcome = Outcome::Continues(Reason::Trouble);
        return Err(Failure::new(outcome, "unfetchable", message).receipt(&receipt));
    };
    let done = result.map_err(|error| {
        let outcome = outcome::of_task(&error);
        Failure::from(error).outcome(outcome).receipt(&receipt)
    })?;
    let delivery = Delivery {
        context,
        receipt,
        result: TaskResult::of(task),
        target,
        followed: context.output.live().follow(task.id()),
        started,
        deadline: started.saturating_add(args.timeout),
    };
    delivery.deliver(&done).await
}

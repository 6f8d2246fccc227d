//! `download`: downloads the results of tasks that are done.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use futures_util::future::join_all;
use mps_aigc::{DownloadOptions, Family, Task};

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
    tracked::{KnownTasks, Tracked},
};

/// The arguments of `download`.
#[derive(Args, Debug)]
pub(crate) struct DownloadArgs {
    /// Ids or stored handles of the tasks, or `-` to read them from stdin, one a line
    #[arg(required = true, value_name = "ID|-")]
    tasks: Vec<String>,
    /// File, directory (`DIR/` is made if needed) or template such as
    /// `DIR/{task_id}-{index}.{ext}` for the results; stdout if it is `-` [default: the folder in the
    /// config file]
    #[arg(long, value_name = "PATH|-")]
    out: Option<PathBuf>,
    /// Longest time for the download
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
}

pub(super) async fn run<F: Family>(args: &DownloadArgs, context: &Context) -> Result<(), Failure> {
    let handles = handles::of_arguments_or_stdin::<F>(&args.tasks)?;
    let out = context.defaults().out(args.out.as_deref());
    let out = &out.ok_or_else(|| {
        let failure = Failure::usage("--out is missing, and the config file names no folder");
        failure.hint("name a file or a folder, which is made if needed: --out DIR/")
    })?;
    let target = Target::claim_for(handles.len(), Some(out)).await?;
    let connection = context.connect().await?;
    let known_tasks = KnownTasks::open(context, &connection).await;
    let connection = &connection;
    let options = DownloadOptions::new();
    let (target, known_tasks, options) = (&target, &known_tasks, &options);
    let downloads = handles.into_iter().map(|handle| async move {
        // The ledger has the age of a task, and thus whether its result has expired.
        let tracked = known_tasks.of(handle.id()).await;
        let known = tracked.map(|it| it.known(&handle));
        let task = connection.task::<F>(known.unwrap_or(handle))?;
        download((args, out), &task, target, (known_tasks, options), context).await
    });
    all_succeeded(follow(context, join_all(downloads)).await)
}

async fn download<F: Family>(
    (args, out): (&DownloadArgs, &Path),
    task: &Task<F>,
    target: &Target,
    (known_tasks, downloads): (&KnownTasks, &DownloadOptions),
    context: &Context,
) -> Result<(), Failure> {
    let tracked = known_tasks.of(task.id()).await;
    let key = tracked.as_ref().map(Tracked::key);
    let receipt = Receipt::of(task, &context.global, Some(out)).with_key(key);
    let result_so_far = TaskResult::of(task).with_key(key);
    let started = context.clock.monotonic();
    let snapshot = query(task, &receipt, context).await?;
    let status = status_or_none(&snapshot).into_owned();
    let Some(result) = task.outcome(snapshot) else {
        let message = format!("task {} is not done yet: {status}", receipt.shown_id());
        let outcome = Outcome::Continues(Reason::Trouble);
        return Err(Failure::new(outcome, "unfetchable", message).receipt(&receipt));
    };
    let done = match result {
        Ok(done) => done,
        Err(error) => {
            if let Some(tracked) = &tracked {
                tracked.ended(&error).await;
            }
            let outcome = outcome::of_task(&error);
            return Err(Failure::from(error).outcome(outcome).receipt(&receipt));
        }
    };
    if let Some(tracked) = &tracked {
        tracked.done(&done).await;
    }
    let delivery = Delivery {
        context,
        receipt,
        result: result_so_far,
        target,
        followed: context.output.live().follow(task.id()),
        tracked,
        downloads,
        started,
        deadline: started.saturating_add(args.timeout),
    };
    delivery.deliver(&done).await
}

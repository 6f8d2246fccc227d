//! `wait`: waits until tasks are done and, on request, downloads their results.

use std::{
    collections::HashSet,
    io::{self, BufRead as _},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use futures_util::future::join_all;
use mps_aigc::Family;

use super::{
    delivery::{Delivery, Target},
    follow::follow,
};
use crate::{
    context::Context,
    failure::Failure,
    options::parse_duration,
    results::{Receipt, TaskResult},
};

/// The arguments of `wait`.
#[derive(Args, Debug)]
pub(crate) struct WaitArgs {
    /// Ids of the tasks, or `-` to read them from stdin, one a line
    #[arg(required = true, value_name = "ID|-")]
    task_ids: Vec<String>,
    /// Then download the results to this file, into this directory, or to stdout if it is `-`
    #[arg(long, value_name = "PATH|-")]
    out: Option<PathBuf>,
    /// Longest time for the wait and the download together
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
}

pub(super) async fn run<F: Family>(args: &WaitArgs, context: &Context) -> Result<(), Failure> {
    let ids = task_ids(&args.task_ids)?;
    let out = args.out.as_deref();
    let target = Target::claim_for(ids.len(), out).await?;
    let connection = context.connect().await?;
    let tasks = connection.tasks::<F>();
    let started = context.clock.monotonic();
    let waits = ids.iter().map(|id| {
        let (tasks, target) = (&tasks, &target);
        async move {
            let task = tasks.task(id);
            let delivery = Delivery {
                context,
                receipt: Receipt::of(&task, &context.global, out),
                result: TaskResult::of(&task),
                target,
                followed: context.output.live().follow(task.id()),
                started,
                deadline: started.saturating_add(args.timeout),
            };
            delivery.wait_and_deliver(&task).await
        }
    });
    all_succeeded(follow(context, join_all(waits)).await)
}

/// Returns the error of several tasks, if any has one.
pub(super) fn all_succeeded(results: Vec<Result<(), Failure>>) -> Result<(), Failure> {
    let failures = results.into_iter().filter_map(Result::err).collect();
    Failure::combined(failures).map_or(Ok(()), Err)
}

/// Returns the ids of the command line, or those of stdin for `-`, each once: a second wait for the
/// same task would find its output name taken.
fn task_ids(arguments: &[String]) -> Result<Vec<String>, Failure> {
    if arguments != ["-"] {
        return Ok(unique(arguments));
    }
    let lines: io::Result<Vec<_>> = io::stdin().lock().lines().collect();
    let lines = lines.map_err(|error| {
        Failure::usage(format!("cannot read task ids from stdin: {error}"))
            .hint("write one id a line, as UTF-8 text")
    })?;
    let ids: Vec<_> = lines
        .iter()
        .map(|line| line.trim().to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    if ids.is_empty() {
        return Err(Failure::usage("stdin has no task id").hint("write one id a line"));
    }
    Ok(unique(&ids))
}

/// Returns the ids without repetitions, in the order of their first occurrence.
pub(super) fn unique(ids: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut unique = ids.to_vec();
    unique.retain(|id| seen.insert(id.clone()));
    unique
}

//! `wait`: waits until tasks are done and, on request, downloads their results.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use futures_util::future::join_all;
use mps_aigc::Family;

use super::{
    delivery::{Delivery, Target},
    follow::follow,
    handles,
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
    /// Ids or stored handles of the tasks, or `-` to read them from stdin, one a line
    #[arg(required = true, value_name = "ID|-")]
    tasks: Vec<String>,
    /// Then download the results to this file, into this directory, or to stdout if it is `-`
    #[arg(long, value_name = "PATH|-")]
    out: Option<PathBuf>,
    /// Longest time for the wait and the download together
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
}

pub(super) async fn run<F: Family>(args: &WaitArgs, context: &Context) -> Result<(), Failure> {
    let handles = handles::of_arguments_or_stdin::<F>(&args.tasks)?;
    let out = args.out.as_deref();
    let target = Target::claim_for(handles.len(), out).await?;
    let connection = context.connect().await?;
    let started = context.clock.monotonic();
    let waits = handles.into_iter().map(|handle| {
        let (connection, target) = (&connection, &target);
        async move {
            let task = connection.task::<F>(handle)?;
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

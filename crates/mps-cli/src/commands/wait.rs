//! `wait`: waits until tasks are done and, on request, downloads their results.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use futures_util::future::join_all;
use mps_aigc::{DownloadOptions, Family, TaskFamily, TaskHandle};
use mps_jobs::{Ledger, State, ledger::Filter};

use super::{
    delivery::{Delivery, Target},
    follow::follow,
    handles,
};
use crate::{
    context::{Connection, Context},
    failure::Failure,
    ledger,
    options::parse_duration,
    results::{Receipt, TaskResult},
    tracked::{KnownTasks, Tracked},
};

/// The arguments of `wait`.
#[derive(Args, Debug)]
pub(crate) struct WaitArgs {
    /// Ids or stored handles of the tasks, or `-` to read them from stdin, one a line
    #[arg(required_unless_present = "last", value_name = "ID|-")]
    tasks: Vec<String>,
    /// Wait for the newest task of this family, account and endpoint that the ledger has and that is
    /// not fetched
    #[arg(long, conflicts_with = "tasks")]
    last: bool,
    /// Then download the results to this file, into this directory (`DIR/` is made if needed), to a
    /// name made of a template such as `DIR/{task_id}-{index}.{ext}`, or to stdout if it is `-`
    #[arg(long, value_name = "PATH|-")]
    out: Option<PathBuf>,
    /// Longest time for the wait and the download together
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
}

pub(super) async fn run<F: Family>(args: &WaitArgs, context: &Context) -> Result<(), Failure> {
    let mut named = Vec::new();
    if !args.last {
        named = handles::of_arguments_or_stdin::<F>(&args.tasks)?;
    }
    let out = context.defaults().out(args.out.as_deref());
    let out = out.as_deref();
    let target = Target::claim_for(named.len().max(1), out).await?;
    let connection = context.connect().await?;
    let (known_tasks, handles) = if args.last {
        let ledger = ledger::open(&context.global, connection.identity(), &context.clock).await?;
        let last = last::<F>(&ledger, &connection).await?;
        let known_tasks = KnownTasks::new(context, &connection, Some(ledger));
        known_tasks.teach(&connection).await;
        (known_tasks, vec![last])
    } else {
        (KnownTasks::open(context, &connection).await, named)
    };
    let started = context.clock.monotonic();
    let downloads = DownloadOptions::new();
    let waits = handles.into_iter().map(|handle| {
        let (connection, target, known_tasks) = (&connection, &target, &known_tasks);
        let downloads = &downloads;
        async move {
            let tracked = known_tasks.of(handle.id()).await;
            let handle = tracked
                .as_ref()
                .map_or(handle.clone(), |it| it.known(&handle));
            let key = tracked.as_ref().map(Tracked::key);
            let task = connection.task::<F>(handle)?;
            let delivery = Delivery {
                context,
                receipt: Receipt::of(&task, &context.global, out).with_key(key),
                result: TaskResult::of(&task).with_key(key),
                target,
                followed: context.output.live().follow(task.id()),
                tracked,
                downloads,
                started,
                deadline: started.saturating_add(args.timeout),
            };
            delivery.wait_and_deliver(&task).await
        }
    });
    let waited = follow(context, join_all(waits)).await;
    known_tasks.learn(&connection).await;
    all_succeeded(waited)
}

/// Returns the newest task of a family whose result is not fetched, as the ledger has it.
async fn last<F: Family>(ledger: &Ledger, connection: &Connection) -> Result<TaskHandle, Failure> {
    let filter = Filter {
        account: Some(connection.account().to_owned()),
        endpoint: Some(connection.client().endpoint().host().to_owned()),
        states: vec![State::Created, State::Done],
        ..Filter::default()
    };
    let items = ledger.list(&filter).await?.into_iter();
    let mut items = items.filter(|item| TaskFamily::created_by(&item.action) == Some(F::FAMILY));
    let last = items.next();
    let last = last.and_then(|item| item.handle(connection.client()));
    last.ok_or_else(|| {
        let family = F::NAME;
        let message = format!("the ledger has no {family} task whose result is not fetched");
        Failure::usage(message).hint("list all tasks with: mps tasks")
    })
}

/// Returns the error of several tasks, if any has one.
pub(super) fn all_succeeded(results: Vec<Result<(), Failure>>) -> Result<(), Failure> {
    let is_one_of_several = results.len() > 1;
    let failures = results.into_iter().filter_map(Result::err);
    let failures = failures.map(|failure| {
        if is_one_of_several {
            failure.naming_its_task()
        } else {
            failure
        }
    });
    Failure::combined(failures.collect()).map_or(Ok(()), Err)
}

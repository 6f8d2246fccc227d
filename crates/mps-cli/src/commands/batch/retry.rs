//! `mps batch retry`: plans rows again that ended without a result.

use std::collections::BTreeSet;

use clap::Args;
use mps_jobs::{
    Jobs, Key, State,
    ledger::{Batch, BatchId},
};
use serde::Serialize;

use super::{NameArgs, find::find};
use crate::{
    commands::tasks, context::Context, doubt::ID_PLACEHOLDER, failure::Failure, foreign_text,
    live::units, resume::CommandLine,
};

/// The hint about a row in another state.
const ONLY_ENDED: &str = "only rows that were refused, not sent or given up, have failed or have expired are planned \
                          again: mps batch status";

const EXAMPLES: &str = "\
Examples:
  # refused, failed and unsent rows of the newest batch
  mps batch retry
  mps batch retry --name spring
  # these rows, also if they have expired or were given up: billed again
  mps batch retry --id row-7 --id row-9";

/// The arguments of `mps batch retry`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    batch: NameArgs,
    /// Id of one row to plan again, also if it has expired or was given up: that is billed again. Repeat
    /// the option for several rows [default: every refused, failed and unsent row]
    #[arg(long, value_name = "ID")]
    id: Vec<Key>,
}

pub(super) async fn run(args: &RetryArgs, context: &Context) -> Result<(), Failure> {
    let (ledger, _) = tasks::account_ledger(context).await?;
    ledger.reap().await?;
    let batch = find(&ledger, args.batch.name.as_ref(), context).await?;
    let folder = ledger.folder(&batch.id).await?;
    let jobs = Jobs::from(ledger).batch(batch.id.as_str());
    let (planned, forgotten) = if args.id.is_empty() {
        let retried = jobs.retry_all().await?;
        (retried.planned, retried.forgotten)
    } else {
        (by_id(&jobs, &batch.id, args, context).await?, Vec::new())
    };
    let line = run_line(&batch, folder.as_deref(), context);
    let shown = foreign_text::name(batch.id.as_str());
    let (rows, are) = (units::counted(planned, "row"), units::are(planned));
    let mut human = format!("{rows} of batch {shown} {are} planned again");
    if planned > 0 {
        human.push_str("; send them: ");
        human.push_str(&line.to_string());
    }
    if !forgotten.is_empty() {
        let message = format!(
            "{} cannot be sent again: the contents were forgotten",
            units::counted(forgotten.len(), "row")
        );
        context.output.warning(&message);
    }
    let result = Retried {
        schema: "mps.retried/1",
        name: &batch.id,
        planned,
        forgotten,
        next: (planned > 0).then_some(line),
    };
    context.output.listing(&human, &result)
}

/// `mps.retried/1`.
#[derive(Serialize)]
struct Retried<'a> {
    schema: &'static str,
    name: &'a BatchId,
    planned: u64,
    forgotten: Vec<Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<CommandLine>,
}

/// Plans rows by their ids, after a look at all of them. A row whose content was forgotten ends it, and rows
/// before it are planned.
async fn by_id(
    jobs: &Jobs,
    batch: &BatchId,
    args: &RetryArgs,
    context: &Context,
) -> Result<u64, Failure> {
    let ids = &args.id;
    let mut wrong = Vec::new();
    let mut hints = Vec::new();
    for id in ids {
        let shown = foreign_text::name(id.as_str()).into_owned();
        let Some(job) = jobs.get(id).await? else {
            let batch = foreign_text::name(batch.as_str());
            wrong.push(format!("batch {batch} has no row {shown}"));
            hints.push("list the rows of a batch: mps batch export --name NAME".to_owned());
            continue;
        };
        match job.state() {
            State::InDoubt => {
                let name = format!("{batch}/{id}");
                let decide = ["--task-id", ID_PLACEHOLDER];
                let line = CommandLine::for_resolve(&context.global, &name, &decide);
                hints.push(format!(
                    "look for {shown} in the vendor's console and decide, with --task-id, --recreate or \
                     --abandon: {line}"
                ));
            }
            state if state.is_ended() && state != State::Fetched => continue,
            _ => hints.push(ONLY_ENDED.to_owned()),
        }
        wrong.push(format!("{shown} is {}", job.state().words()));
    }
    if !wrong.is_empty() {
        hints.dedup();
        let failure = Failure::usage(format!("not planned again: {}", wrong.join(", ")));
        return Err(failure.hint(hints.join("\n      ")));
    }
    let mut planned = 0;
    let ids: BTreeSet<_> = ids.iter().collect();
    for id in ids {
        jobs.retry(id).await?;
        planned += 1;
    }
    Ok(planned)
}

/// Returns the command line that runs the batch again.
fn run_line(batch: &Batch, folder: Option<&std::path::Path>, context: &Context) -> CommandLine {
    let source = batch.source.as_deref().unwrap_or_default();
    let path = source.split_once(':').map_or("FILE", |(_, path)| path);
    let folder = folder.map_or_else(|| "DIR".to_owned(), |folder| folder.display().to_string());
    let words = ["--out", &folder, "--name", batch.id.as_str(), "--", path];
    CommandLine::for_batch(&context.global, "run", &words)
}

//! `mps batch status`: the counts of a batch, and what is worth a look.

use clap::Args;
use mps_jobs::Jobs;

use super::{
    NameArgs,
    find::find,
    result::{BatchResult, MOST_DOUBTS},
};
use crate::{commands::tasks, context::Context, failure::Failure};

const EXAMPLES: &str = "\
Examples:
  # the newest batch
  mps batch status
  mps batch status --name spring
  mps batch status --output json
  # beside a run, from another terminal
  watch mps batch status";

/// The arguments of `mps batch status`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    batch: NameArgs,
}

pub(super) async fn run(args: &StatusArgs, context: &Context) -> Result<(), Failure> {
    let (ledger, _) = tasks::account_ledger(context).await?;
    tasks::tidy(&ledger).await;
    let batch = find(&ledger, args.batch.name.as_ref(), context).await?;
    let jobs = Jobs::from(ledger).batch(batch.id.as_str());
    let status = jobs.status(MOST_DOUBTS).await?;
    let status = status.ok_or_else(|| Failure::internal("the batch was removed"))?;
    let result = BatchResult::of(&status, &context.global);
    context.output.listing(&result.human(), &result)
}

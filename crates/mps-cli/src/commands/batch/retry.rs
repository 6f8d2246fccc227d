//! `mps batch retry`: plans rows again that ended without a result.

use clap::Args;
use mps_jobs::{
    Jobs, Key,
    ledger::{Batch, BatchId},
};
use serde::Serialize;

use super::{NameArgs, find::find};
use crate::{
    commands::tasks, context::Context, failure::Failure, foreign_text, live::units,
    resume::CommandLine,
};

const EXAMPLES: &str = "\
Examples:
  mps batch retry                          # refused, failed and unsent rows of the newest batch
  mps batch retry --name spring
  mps batch retry --id row-7 --id row-9    # these rows, expired or given up ones too: billed again";

/// The arguments of `mps batch retry`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    batch: NameArgs,
    /// Row to plan again, also if it has expired or was given up: it is billed once more. Can be given
    /// several times [default: every refused, failed and unsent row]
    #[arg(long, value_name = "ID")]
    id: Vec<Key>,
}

pub(super) async fn run(args: &RetryArgs, context: &Context) -> Result<(), Failure> {
    let (ledger, _) = tasks::account_ledger(context).await?;
    ledger.reap().await?;
    let batch = find(&ledger, args.batch.name.as_ref()).await?;
    let folder = ledger.folder(&batch.id).await?;
    let jobs = Jobs::from(ledger).batch(batch.id.as_str());
    let (planned, forgotten) = if args.id.is_empty() {
        let retried = jobs.retry_all().await?;
        (retried.planned, retried.forgotten)
    } else {
        (by_id(&jobs, &args.id).await?, Vec::new())
    };
    let line = run_line(&batch, folder.as_deref(), context);
    let shown = foreign_text::name(batch.id.as_str());
    let rows = if planned == 1 { "row" } else { "rows" };
    let mut human = format!(
        "{} {rows} of batch {shown} are planned again",
        units::grouped(planned)
    );
    if planned > 0 {
        human.push_str("; send them: ");
        human.push_str(&line.to_string());
    }
    if !forgotten.is_empty() {
        let message = format!(
            "{} rows cannot be sent again, since their contents were forgotten",
            forgotten.len()
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

/// Plans rows by their ids: all of them, or none.
async fn by_id(jobs: &Jobs, ids: &[Key]) -> Result<u64, Failure> {
    let mut wrong = Vec::new();
    for id in ids {
        let shown = foreign_text::name(id.as_str()).into_owned();
        match jobs.get(id).await? {
            None => wrong.push(format!("{shown} is unknown")),
            Some(job) if !job.state().is_ended() || job.state() == mps_jobs::State::Fetched => {
                wrong.push(format!("{shown} is {}", job.state()));
            }
            Some(_) => {}
        }
    }
    if !wrong.is_empty() {
        let failure = Failure::usage(format!("not planned again: {}", wrong.join(", ")));
        return Err(failure.hint(
            "only rows are planned again that were refused, not sent, failed, expired or given up: \
             mps batch status",
        ));
    }
    let mut planned = 0;
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

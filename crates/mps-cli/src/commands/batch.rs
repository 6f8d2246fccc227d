//! `mps batch`: files of requests.

mod chaos;
mod export;
mod find;
mod findings;
mod gallery;
mod manifest_args;
mod plan;
pub(crate) mod prices;
mod rescue;
mod result;
mod retry;
mod run;
mod running;
mod status;
mod step;
mod steps;
mod totals;
mod watch;

use clap::{Args, Subcommand};
use mps_jobs::ledger::BatchId;

pub(crate) use self::running::RunningBatch;
use crate::{context::Context, failure::Failure};

/// The arguments of `mps batch`.
#[derive(Args, Debug)]
pub(crate) struct BatchArgs {
    #[command(subcommand)]
    command: BatchCommand,
}

/// The verbs, one module each.
#[derive(Debug, Subcommand)]
enum BatchCommand {
    /// Check a file of requests without sending any: every finding, seconds and price; exit 0 or 2
    Plan(plan::PlanArgs),
    /// Send the rows of a file, wait for them and save the results; run it again to continue
    Run(Box<run::RunArgs>),
    /// Show how far a batch is: counts, spending, the earliest expiry, rows in doubt
    Status(status::StatusArgs),
    /// Fetch everything that is done, the earliest expiry first; creates nothing
    Rescue(rescue::RescueArgs),
    /// Plan failed, refused and unsent rows again, for the next run to send; sends nothing by itself
    Retry(retry::RetryArgs),
    /// Write every row with its state and files, as CSV or JSON Lines
    Export(export::ExportArgs),
    /// Write one HTML file that shows every row with its result, prompt, cost and command
    Gallery(gallery::GalleryArgs),
    /// Do what is next for one row, once: for a workflow engine that repeats it
    Step(step::StepArgs),
    /// Run a batch against the emulator while its processes are killed and replies are lost, and compare
    /// ledger, files and bill
    Chaos(chaos::ChaosArgs),
}

/// The option that names a batch that the ledger has.
#[derive(Args, Clone, Debug)]
struct NameArgs {
    /// Name of the batch [default: the newest one]
    #[arg(long, value_name = "NAME")]
    name: Option<BatchId>,
}

pub(crate) async fn run(args: BatchArgs, context: &Context) -> Result<(), Failure> {
    match args.command {
        BatchCommand::Plan(args) => plan::run(args, context).await,
        BatchCommand::Run(args) => Box::pin(run::run(&args, context)).await,
        BatchCommand::Status(args) => status::run(&args, context).await,
        BatchCommand::Rescue(args) => Box::pin(rescue::run(&args, context)).await,
        BatchCommand::Retry(args) => retry::run(&args, context).await,
        BatchCommand::Export(args) => export::run(&args, context).await,
        BatchCommand::Step(args) => Box::pin(step::run(&args, context)).await,
        BatchCommand::Gallery(args) => gallery::run(args, context).await,
        BatchCommand::Chaos(args) => Box::pin(chaos::run(&args, context)).await,
    }
}

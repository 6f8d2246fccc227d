//! `mps batch`: files of requests.

mod findings;
mod gallery;
mod plan;
mod prices;
mod totals;

use clap::{Args, Subcommand};

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
    /// Check a file of requests without sending any: every finding, seconds and price, exit 0 or 2
    Plan(plan::PlanArgs),
    /// Write one HTML file that shows every row with its result, prompt, cost and command
    Gallery(gallery::GalleryArgs),
}

pub(crate) async fn run(args: BatchArgs, context: &Context) -> Result<(), Failure> {
    match args.command {
        BatchCommand::Plan(args) => plan::run(args, context).await,
        BatchCommand::Gallery(args) => gallery::run(args, context).await,
    }
}

//! `mps video`, `mps image`, `mps audio` and `mps scenario`: the same verbs for each family.

use clap::{Args, Subcommand};
use mps_aigc::Family;

use super::{create::Creates, download, status, wait};
use crate::{context::Context, failure::Failure};

/// The verbs of a family; only the arguments of `create` differ.
#[derive(Debug, Subcommand)]
pub(crate) enum FamilyCommand<C: Args> {
    /// Create a task, which is billed; never sent twice when the first request may have been
    /// executed
    Create(Box<C>),
    #[command(flatten)]
    Existing(TaskCommand),
}

/// The verbs for a task that exists, which need its id only.
#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Query the status of tasks once
    Status(TaskIdArgs),
    /// Wait until tasks are done
    Wait(wait::WaitArgs),
    /// Download the results of tasks that are done
    Download(download::DownloadArgs),
}

/// The tasks that a verb is about.
#[derive(Args, Debug)]
pub(crate) struct TaskIdArgs {
    /// Ids or stored handles of the tasks, or `-` to read them from stdin, one a line
    #[arg(required = true, value_name = "ID|-")]
    pub(crate) tasks: Vec<String>,
}

impl<C: Creates> FamilyCommand<C> {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Create(args) => args.create(context).await,
            Self::Existing(command) => command.run::<C::Family>(context).await,
        }
    }
}

impl TaskCommand {
    async fn run<F: Family>(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Status(args) => status::run::<F>(&args, context).await,
            Self::Wait(args) => wait::run::<F>(&args, context).await,
            Self::Download(args) => download::run::<F>(&args, context).await,
        }
    }
}

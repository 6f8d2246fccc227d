//! The subcommands, one module each.

use clap::Subcommand;

pub(crate) mod batch;
pub(crate) mod call;
mod check;
mod completion;
mod config;
pub(crate) mod create;
mod delivery;
mod doctor;
mod download;
mod dry_run;
pub(crate) mod emulator;
mod family;
mod follow;
mod handles;
mod man;
mod mcp;
mod models;
mod resolve;
mod schema;
mod select;
mod show;
mod sign;
mod status;
pub(crate) mod tasks;
mod version;
mod wait;

use self::family::TaskIdArgs;
pub(crate) use self::{
    create::CreateArgs,
    family::FamilyCommand,
    select::{SelectArgs, Selection},
};
use crate::{context::Context, failure::Failure, generated::TaskCommand};

/// A subcommand with its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Task(TaskCommand),
    /// List the tasks that the ledger has, newest first; export and forget them
    Tasks(tasks::TasksArgs),
    /// Show one task of the ledger: its request, history, files and next step
    Show(show::ShowArgs),
    /// Decide about a create in doubt, after a look into the vendor's console
    Resolve(resolve::ResolveArgs),
    /// Create videos, images and songs from a file of requests, a row a task: plan, run, continue
    Batch(batch::BatchArgs),
    /// Call any action of the service, untyped; signed and limited like the rest
    Call(call::CallArgs),
    /// Check the JSON of one request without sending it, and print every finding; exit 0 or 2
    Check(check::CheckArgs),
    /// Show the capabilities of each model and version
    Models(models::ModelsArgs),
    /// Show the stages of a request's signature
    Sign(sign::SignArgs),
    /// Run the emulator until it is interrupted
    Emulator(emulator::args::EmulatorArgs),
    /// Find causes that make other commands fail, each with its fix
    Doctor(doctor::DoctorArgs),
    /// Serve creates, waits and downloads as tools for agents (MCP, over stdin and stdout), below a
    /// daily cap
    Mcp(mcp::McpArgs),
    /// Show where settings come from
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print the script by which a shell completes commands, models and task ids
    Completion(completion::CompletionArgs),
    /// Print the manual, or write its pages to a folder
    Man(man::ManArgs),
    /// Print the JSON Schemas of all objects of --output json
    Schema(schema::SchemaArgs),
    /// Show the version of this program, of the API and of its description
    Version,
}

impl Command {
    /// Returns whether the subcommand runs although the config file has a mistake.
    pub(crate) fn runs_without_config(&self) -> bool {
        matches!(
            self,
            Self::Config(_)
                | Self::Completion(_)
                | Self::Doctor(_)
                | Self::Man(_)
                | Self::Schema(_)
                | Self::Version
        )
    }

    /// Runs the subcommand to its end.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Task(command) => command.run(context).await,
            Self::Tasks(args) => tasks::run(&args, context).await,
            Self::Show(args) => show::run(&args, context).await,
            Self::Resolve(args) => resolve::run(&args, context).await,
            Self::Batch(args) => batch::run(args, context).await,
            Self::Call(args) => call::run(args, context).await,
            Self::Check(args) => check::run(&args, context),
            Self::Models(args) => models::run(&args, context),
            Self::Sign(args) => sign::run(args, context).await,
            Self::Emulator(args) => emulator::run(args, context).await,
            Self::Doctor(args) => doctor::run(&args, context).await,
            Self::Mcp(args) => Box::pin(mcp::run(&args, context)).await,
            Self::Config(command) => config::run(&command, context),
            Self::Completion(args) => completion::run(&args, context),
            Self::Man(args) => man::run(&args, context),
            Self::Schema(args) => schema::run(&args, context),
            Self::Version => version::run(context),
        }
    }
}

//! `mps video`, `mps image`, `mps audio` and `mps scenario`: the same verbs for each.

use mps_aigc::{
    Create, Family, Scenario,
    models::{
        CreateAiDramaTask, CreateAiFissionTask, CreateDocToVideoTask, CreateVideoRedrawTask,
        ModifyDocToVideoTaskStatus,
    },
};

use super::task;
use crate::{
    args::{self, FamilyCommand, ScenarioAction, ScenarioCreate, TaskCommand},
    context::Context,
    failure::Failure,
    input::Source,
    request::{self, Fields},
};

/// A family whose requests can be written as options.
pub(crate) async fn run<F: Fields + clap::Args>(
    command: FamilyCommand<args::Create<F>>,
    context: &Context<'_>,
) -> Result<(), Failure> {
    match command {
        FamilyCommand::Create(args) => {
            let request = request::build(&args)?;
            task::create(&request, &args.then, context).await
        }
        FamilyCommand::Existing(command) => {
            existing::<<F::Request as Create>::Family>(command, context).await
        }
    }
}

/// Scenarios: several actions create, and their requests come from files.
pub(crate) async fn scenario(
    command: FamilyCommand<ScenarioCreate>,
    context: &Context<'_>,
) -> Result<(), Failure> {
    match command {
        FamilyCommand::Create(args) => create_scenario(&args, context).await,
        FamilyCommand::Existing(command) => existing::<Scenario>(command, context).await,
    }
}

async fn create_scenario(args: &ScenarioCreate, context: &Context<'_>) -> Result<(), Failure> {
    use ScenarioAction as Action;
    match args.action {
        Action::VideoRedraw => from_file::<CreateVideoRedrawTask>(args, context).await,
        Action::AiDrama => from_file::<CreateAiDramaTask>(args, context).await,
        Action::AiFission => from_file::<CreateAiFissionTask>(args, context).await,
        Action::DocToVideo => from_file::<CreateDocToVideoTask>(args, context).await,
        Action::DocToVideoStage => from_file::<ModifyDocToVideoTaskStatus>(args, context).await,
    }
}

async fn from_file<C: Create>(args: &ScenarioCreate, context: &Context<'_>) -> Result<(), Failure> {
    let request: C = Source::file_or_stdin(&args.request)?.parse()?;
    task::create(&request, &args.then, context).await
}

async fn existing<F: Family>(command: TaskCommand, context: &Context<'_>) -> Result<(), Failure> {
    match command {
        TaskCommand::Status(args) => task::status::<F>(&args, context).await,
        TaskCommand::Wait(args) => task::wait::<F>(&args, context).await,
        TaskCommand::Download(args) => task::download::<F>(&args, context).await,
    }
}

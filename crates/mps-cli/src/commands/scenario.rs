//! `mps scenario create`: requests of deep structure, read from a file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mps_aigc::{
    Create, Scenario,
    models::{
        CreateAiDramaTask, CreateAiFissionTask, CreateDocToVideoTask, CreateVideoRedrawTask,
        ModifyDocToVideoTaskStatus,
    },
};

use super::create::{self, Creates, FollowUp};
use crate::{context::Context, failure::Failure, input::Source};

/// The arguments of `mps scenario create`.
#[derive(Args, Debug)]
pub(crate) struct ScenarioArgs {
    /// Scenario to create
    #[arg(value_name = "SCENARIO")]
    action: ScenarioAction,
    /// JSON body as the API documents it
    #[arg(long, value_name = "FILE|-")]
    request: PathBuf,
    #[command(flatten)]
    follow_up: FollowUp,
}

/// The actions that create a scenario task.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScenarioAction {
    /// A video redrawn in another style (`CreateVideoRedrawTask`)
    #[value(alias = "CreateVideoRedrawTask")]
    VideoRedraw,
    /// A drama from a story (`CreateAiDramaTask`)
    #[value(alias = "CreateAiDramaTask")]
    AiDrama,
    /// Variations of a video (`CreateAiFissionTask`)
    #[value(alias = "CreateAiFissionTask")]
    AiFission,
    /// A video from documents (`CreateDocToVideoTask`)
    #[value(alias = "CreateDocToVideoTask")]
    DocToVideo,
    /// The next stage of a video from documents, or one stage again
    /// (`ModifyDocToVideoTaskStatus`)
    #[value(alias = "ModifyDocToVideoTaskStatus")]
    DocToVideoStage,
}

impl Creates for ScenarioArgs {
    type Family = Scenario;

    async fn create(&self, context: &Context) -> Result<(), Failure> {
        use ScenarioAction as Action;
        match self.action {
            Action::VideoRedraw => self.send::<CreateVideoRedrawTask>(context).await,
            Action::AiDrama => self.send::<CreateAiDramaTask>(context).await,
            Action::AiFission => self.send::<CreateAiFissionTask>(context).await,
            Action::DocToVideo => self.send::<CreateDocToVideoTask>(context).await,
            Action::DocToVideoStage => self.send::<ModifyDocToVideoTaskStatus>(context).await,
        }
    }
}

impl ScenarioArgs {
    async fn send<C: Create>(&self, context: &Context) -> Result<(), Failure> {
        let request: C = Source::file_or_stdin(&self.request)?.parse()?;
        create::run(&request, &self.follow_up, context).await
    }
}

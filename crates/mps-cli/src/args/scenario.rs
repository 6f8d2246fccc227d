//! Scenario requests: deep objects, so they come from a file alone.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Then;

#[derive(Args, Debug)]
pub(crate) struct ScenarioCreate {
    /// What to create
    #[arg(value_name = "SCENARIO")]
    pub(crate) action: ScenarioAction,
    /// JSON body as the API documents it
    #[arg(long, value_name = "FILE|-")]
    pub(crate) request: PathBuf,
    #[command(flatten)]
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ScenarioAction {
    /// A video drawn anew in another style (`CreateVideoRedrawTask`)
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
    /// The next stage of a video from documents, or a stage anew (`ModifyDocToVideoTaskStatus`)
    #[value(alias = "ModifyDocToVideoTaskStatus")]
    DocToVideoStage,
}

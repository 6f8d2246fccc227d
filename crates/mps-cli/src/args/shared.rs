//! The members that the requests of all families have.

use std::path::PathBuf;

use clap::Args;

/// Who generates.
#[derive(Args, Debug)]
pub(crate) struct ModelFields {
    /// Model, as `mps models` lists them
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Version of the model
    #[arg(long, value_name = "VERSION")]
    pub(crate) model_version: Option<String>,
    /// Scene, for models that have scenes
    #[arg(long, value_name = "SCENE")]
    pub(crate) scene: Option<String>,
}

/// What to generate.
#[derive(Args, Debug)]
pub(crate) struct PromptFields {
    /// What the result should be
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Read the prompt from a file
    #[arg(long, value_name = "FILE|-", conflicts_with = "prompt")]
    pub(crate) prompt_file: Option<PathBuf>,
}

/// What pictures and videos, but not sounds, can be told besides.
#[derive(Args, Debug)]
pub(crate) struct RewriteFields {
    /// What the result should not show
    #[arg(long, value_name = "TEXT")]
    pub(crate) negative_prompt: Option<String>,
    /// Let the service rewrite the prompt
    #[arg(long)]
    pub(crate) enhance_prompt: bool,
}

/// Where to, and for whom.
#[derive(Args, Debug)]
pub(crate) struct JobFields {
    /// Store the result in a bucket of yours
    #[arg(long, value_name = "bucket=B,region=R[,path=P]")]
    pub(crate) cos: Option<String>,
    /// Further parameters of the model, as JSON text
    #[arg(long, value_name = "JSON")]
    pub(crate) additional: Option<String>,
    /// A name of your own for who asked
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
}

//! The members of a sound request as options.

use std::path::PathBuf;

use clap::Args;

/// One option a member, in the order of the documentation.
#[derive(Args, Debug)]
#[command(next_help_heading = "Request members")]
pub(crate) struct AudioFields {
    /// Model, such as MiniMaxMusic, Kling, Mureka
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Version of the model
    #[arg(long, value_name = "VERSION")]
    pub(crate) model_version: Option<String>,
    /// Scene, for models that have scenes
    #[arg(long, value_name = "SCENE")]
    pub(crate) scene: Option<String>,
    /// What the sound should be
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Read the prompt from a file
    #[arg(long, value_name = "FILE|-", conflicts_with = "prompt")]
    pub(crate) prompt_file: Option<PathBuf>,
    /// Video to make sound for; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) ref_video: Vec<String>,
    /// Reference sound; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) ref_audio: Vec<String>,
    /// Format of the file, such as mp3
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
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

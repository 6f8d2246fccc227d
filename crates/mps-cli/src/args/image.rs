//! The members of a picture request as options.

use std::path::PathBuf;

use clap::Args;

/// One option a member, in the order of the documentation.
#[derive(Args, Debug)]
#[command(next_help_heading = "Request members")]
pub(crate) struct ImageFields {
    /// Model, such as Hunyuan, Qwen, Vidu
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Version of the model
    #[arg(long, value_name = "VERSION")]
    pub(crate) model_version: Option<String>,
    /// Scene, for models that have scenes
    #[arg(long, value_name = "SCENE")]
    pub(crate) scene: Option<String>,
    /// What the picture should show
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Read the prompt from a file
    #[arg(long, value_name = "FILE|-", conflicts_with = "prompt")]
    pub(crate) prompt_file: Option<PathBuf>,
    /// What the picture should not show
    #[arg(long, value_name = "TEXT")]
    pub(crate) negative_prompt: Option<String>,
    /// Let the service rewrite the prompt
    #[arg(long)]
    pub(crate) enhance_prompt: bool,
    /// Reference image; may be repeated
    #[arg(long, value_name = "URL[,type=T]")]
    pub(crate) ref_image: Vec<String>,
    /// How many pictures
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) count: Option<i64>,
    /// Resolution, such as 1080P
    #[arg(long, value_name = "RESOLUTION")]
    pub(crate) resolution: Option<String>,
    /// Aspect ratio, such as 16:9
    #[arg(long, value_name = "W:H")]
    pub(crate) aspect_ratio: Option<String>,
    /// With a watermark
    #[arg(long)]
    pub(crate) logo: bool,
    /// Format of the file, jpeg or png
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

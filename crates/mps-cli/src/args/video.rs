//! The members of a video request as options.

use std::path::PathBuf;

use clap::Args;

/// One option a member, in the order of the documentation.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each member that is a boolean"
)]
#[command(next_help_heading = "Request members")]
pub(crate) struct VideoFields {
    /// Model, such as Hunyuan, Kling, Vidu
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Version of the model
    #[arg(long, value_name = "VERSION")]
    pub(crate) model_version: Option<String>,
    /// Scene, for models that have scenes
    #[arg(long, value_name = "SCENE")]
    pub(crate) scene: Option<String>,
    /// What the video should show
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Read the prompt from a file
    #[arg(long, value_name = "FILE|-", conflicts_with = "prompt")]
    pub(crate) prompt_file: Option<PathBuf>,
    /// What the video should not show
    #[arg(long, value_name = "TEXT")]
    pub(crate) negative_prompt: Option<String>,
    /// Let the service rewrite the prompt
    #[arg(long)]
    pub(crate) enhance_prompt: bool,
    /// First frame
    #[arg(long, value_name = "URL")]
    pub(crate) image: Option<String>,
    /// Last frame
    #[arg(long, value_name = "URL")]
    pub(crate) last_image: Option<String>,
    /// Reference image; may be repeated
    #[arg(long, value_name = "URL[,type=T]")]
    pub(crate) ref_image: Vec<String>,
    /// Reference video; may be repeated
    #[arg(long, value_name = "URL[,refer=feature|base][,sound=yes|no]")]
    pub(crate) ref_video: Vec<String>,
    /// Reference sound; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) ref_audio: Vec<String>,
    /// Length in seconds
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) duration: Option<i64>,
    /// Resolution, such as 720P
    #[arg(long, value_name = "RESOLUTION")]
    pub(crate) resolution: Option<String>,
    /// Aspect ratio, such as 16:9
    #[arg(long, value_name = "W:H")]
    pub(crate) aspect_ratio: Option<String>,
    /// With a sound track
    #[arg(long)]
    pub(crate) audio: bool,
    /// With background music
    #[arg(long)]
    pub(crate) bgm: bool,
    /// With a watermark
    #[arg(long)]
    pub(crate) logo: bool,
    /// Off-peak: cheaper, done within 48 hours or cancelled
    #[arg(long)]
    pub(crate) off_peak: bool,
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

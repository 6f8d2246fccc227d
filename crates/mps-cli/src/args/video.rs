//! The members of a video request as options.

use clap::Args;

use super::shared::{JobFields, ModelFields, PromptFields, RewriteFields};

/// One option a member, in the order of the documentation.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each member that is a boolean"
)]
#[command(next_help_heading = "Request members")]
pub(crate) struct VideoFields {
    #[command(flatten)]
    pub(crate) model: ModelFields,
    #[command(flatten)]
    pub(crate) prompt: PromptFields,
    #[command(flatten)]
    pub(crate) rewrite: RewriteFields,
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
    #[command(flatten)]
    pub(crate) job: JobFields,
}

//! The members of a picture request as options.

use clap::Args;

use super::shared::{JobFields, ModelFields, PromptFields, RewriteFields};

/// One option a member, in the order of the documentation.
#[derive(Args, Debug)]
#[command(next_help_heading = "Request members")]
pub(crate) struct ImageFields {
    #[command(flatten)]
    pub(crate) model: ModelFields,
    #[command(flatten)]
    pub(crate) prompt: PromptFields,
    #[command(flatten)]
    pub(crate) rewrite: RewriteFields,
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
    #[command(flatten)]
    pub(crate) job: JobFields,
}

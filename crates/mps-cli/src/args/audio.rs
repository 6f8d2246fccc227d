//! The members of a sound request as options.

use clap::Args;

use super::shared::{JobFields, ModelFields, PromptFields};

/// One option a member, in the order of the documentation.
#[derive(Args, Debug)]
#[command(next_help_heading = "Request members")]
pub(crate) struct AudioFields {
    #[command(flatten)]
    pub(crate) model: ModelFields,
    #[command(flatten)]
    pub(crate) prompt: PromptFields,
    /// Video to make sound for; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) ref_video: Vec<String>,
    /// Reference sound; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) ref_audio: Vec<String>,
    /// Format of the file, such as mp3
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    #[command(flatten)]
    pub(crate) job: JobFields,
}

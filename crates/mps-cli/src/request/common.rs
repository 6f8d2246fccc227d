//! The request options that several families have in common.

use std::path::PathBuf;

use clap::Args;
use mps_aigc::models::AigcStoreCosParam;

use super::set;
use crate::{failure::Failure, input::Source};

/// The model and its version.
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

/// The prompt.
#[derive(Args, Debug)]
pub(crate) struct PromptFields {
    /// Description of the result
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Read the prompt from a file
    #[arg(long, value_name = "FILE|-", conflicts_with = "prompt")]
    pub(crate) prompt_file: Option<PathBuf>,
}

/// Prompt settings of pictures and videos.
#[derive(Args, Debug)]
pub(crate) struct RewriteFields {
    /// Description of contents to avoid
    #[arg(long, value_name = "TEXT")]
    pub(crate) negative_prompt: Option<String>,
    /// Let the service rewrite the prompt
    #[arg(long)]
    pub(crate) enhance_prompt: bool,
}

/// Storage of the result and further settings.
#[derive(Args, Debug)]
pub(crate) struct JobFields {
    /// Store the result in a bucket of yours
    #[arg(long, value_name = "bucket=B,region=R[,path=P]")]
    pub(crate) cos: Option<String>,
    /// Further parameters of the model, as JSON text
    #[arg(long, value_name = "JSON")]
    pub(crate) additional: Option<String>,
    /// Name of the person or program that creates the task
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
}

/// A member of a request that is a text.
type Text = Option<String>;

impl ModelFields {
    pub(super) fn apply(&self, name: &mut Text, version: &mut Text, scene: &mut Text) {
        set(name, self.model.as_ref());
        set(version, self.model_version.as_ref());
        set(scene, self.scene.as_ref());
    }
}

impl PromptFields {
    /// A prompt given as text or as a file, whose last line break is not part of it.
    pub(super) fn apply(&self, prompt: &mut Text) -> Result<(), Failure> {
        set(prompt, self.prompt.as_ref());
        if let Some(file) = &self.prompt_file {
            let source = Source::file_or_stdin(file)?;
            *prompt = Some(source.content().trim_end_matches(['\r', '\n']).to_owned());
        }
        Ok(())
    }
}

impl RewriteFields {
    pub(super) fn apply(&self, negative_prompt: &mut Text, enhance_prompt: &mut Option<bool>) {
        set(negative_prompt, self.negative_prompt.as_ref());
        set(enhance_prompt, self.enhance_prompt.then_some(&true));
    }
}

impl JobFields {
    pub(super) fn apply(
        &self,
        target: &mut Option<AigcStoreCosParam>,
        additional: &mut Text,
        operator: &mut Text,
    ) -> Result<(), Failure> {
        if let Some(text) = &self.cos {
            *target = Some(cos_target(text)?);
        }
        set(additional, self.additional.as_ref());
        set(operator, self.operator.as_ref());
        Ok(())
    }
}

fn cos_target(text: &str) -> Result<AigcStoreCosParam, Failure> {
    let mut target = AigcStoreCosParam::default();
    for part in text.split(',') {
        target = match part.split_once('=') {
            Some(("bucket", value)) => target.cos_bucket_name(value),
            Some(("region", value)) => target.cos_bucket_region(value),
            Some(("path", value)) => target.cos_bucket_path(value),
            _ => {
                return Err(Failure::usage(format!(
                    "--cos: {part:?} is none of bucket=…, region=… and path=…"
                ))
                .hint("write --cos bucket=NAME-1250000000,region=ap-guangzhou,path=folder"));
            }
        };
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_needs_known_parts() {
        let target = cos_target("bucket=b-1,region=r,path=p").unwrap();
        assert_eq!(target.cos_bucket_name, "b-1");
        assert!(cos_target("bucket").is_err());
        assert!(cos_target("bucket=b,host=h").is_err());
    }
}

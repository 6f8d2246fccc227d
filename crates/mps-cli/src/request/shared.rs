//! The options that all families have.

use mps_aigc::models::AigcStoreCosParam;

use super::set;
use crate::{
    args::{JobFields, ModelFields, PromptFields, RewriteFields},
    failure::Failure,
    input::Source,
};

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

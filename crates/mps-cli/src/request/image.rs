//! The options of `mps image create`.

use mps_aigc::models::{AigcImageInfo, CreateAigcImageTask};

use super::{Fields, set, set_cos, set_list, set_object, set_prompt, url_and_options};
use crate::{args::ImageFields, failure::Failure};

impl Fields for ImageFields {
    type Request = CreateAigcImageTask;

    fn apply(&self, request: &mut CreateAigcImageTask) -> Result<(), Failure> {
        set(&mut request.model_name, self.model.as_ref());
        set(&mut request.model_version, self.model_version.as_ref());
        set(&mut request.scene_type, self.scene.as_ref());
        set_prompt(
            &mut request.prompt,
            self.prompt.as_ref(),
            self.prompt_file.as_deref(),
        )?;
        set(&mut request.negative_prompt, self.negative_prompt.as_ref());
        set(
            &mut request.enhance_prompt,
            self.enhance_prompt.then_some(&true),
        );
        set_list(&mut request.image_infos, &self.ref_image, image)?;
        set(&mut request.output_image_count, self.count.as_ref());
        set_object(&mut request.extra_parameters, |extra| {
            set(&mut extra.resolution, self.resolution.as_ref());
            set(&mut extra.aspect_ratio, self.aspect_ratio.as_ref());
            set(&mut extra.logo_add, self.logo.then_some(&1));
            set(&mut extra.output_format, self.format.as_ref());
        });
        set(&mut request.additional_parameters, self.additional.as_ref());
        set_cos(&mut request.store_cos_param, self.cos.as_ref())?;
        set(&mut request.operator, self.operator.as_ref());
        Ok(())
    }
}

fn image(text: &str) -> Result<AigcImageInfo, Failure> {
    let (url, options) = url_and_options("--ref-image", text, &["type"])?;
    let image = AigcImageInfo::new().image_url(url);
    Ok(options
        .into_iter()
        .fold(image, |image, (_, kind)| image.reference_type(kind)))
}

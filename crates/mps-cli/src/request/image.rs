//! The options of `mps image create`.

use mps_aigc::models::{AigcImageInfo, CreateAigcImageTask};

use super::{Fields, set, set_list, set_object, url_and_options};
use crate::{args::ImageFields, failure::Failure};

impl Fields for ImageFields {
    type Request = CreateAigcImageTask;

    fn apply(&self, request: &mut CreateAigcImageTask) -> Result<(), Failure> {
        self.model.apply(
            &mut request.model_name,
            &mut request.model_version,
            &mut request.scene_type,
        );
        self.prompt.apply(&mut request.prompt)?;
        self.rewrite
            .apply(&mut request.negative_prompt, &mut request.enhance_prompt);
        set_list(&mut request.image_infos, &self.ref_image, image)?;
        set(&mut request.output_image_count, self.count.as_ref());
        set_object(&mut request.extra_parameters, |extra| {
            set(&mut extra.resolution, self.resolution.as_ref());
            set(&mut extra.aspect_ratio, self.aspect_ratio.as_ref());
            set(&mut extra.logo_add, self.logo.then_some(&1));
            set(&mut extra.output_format, self.format.as_ref());
        });
        self.job.apply(
            &mut request.store_cos_param,
            &mut request.additional_parameters,
            &mut request.operator,
        )
    }
}

fn image(text: &str) -> Result<AigcImageInfo, Failure> {
    let (url, options) = url_and_options("--ref-image", text, &["type"])?;
    let image = AigcImageInfo::new().image_url(url);
    Ok(options
        .into_iter()
        .fold(image, |image, (_, kind)| image.reference_type(kind)))
}

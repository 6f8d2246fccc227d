//! The request options of `mps image create`.

use clap::Args;
use mps_aigc::models::{AigcImageInfo, CreateAigcImageTask};

use super::{
    RequestFields,
    common::{JobFields, ModelFields, PromptFields, RewriteFields},
    set, set_list, set_object, url_and_options,
};
use crate::failure::Failure;

/// The members of a picture request as options, in the order of the API's documentation.
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

impl RequestFields for ImageFields {
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

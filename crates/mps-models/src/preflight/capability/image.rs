//! The capability query of `CreateAigcImageTask`.

use super::{CapabilityQuery, References, ToCapabilityQuery, non_empty};
use crate::{AigcImageInfo, CreateAigcImageTask, capabilities};

impl ToCapabilityQuery for CreateAigcImageTask {
    fn capability_query(&self) -> CapabilityQuery<'_> {
        let extra = self.extra_parameters.as_ref();
        CapabilityQuery {
            model: non_empty(self.model_name.as_ref()),
            version: non_empty(self.model_version.as_ref()),
            scene: non_empty(self.scene_type.as_ref()),
            prompt: non_empty(self.prompt.as_ref()),
            resolution: extra.and_then(|extra| non_empty(extra.resolution.as_ref())),
            aspect_ratio: extra.and_then(|extra| non_empty(extra.aspect_ratio.as_ref())),
            images: &self.image_infos,
            watermark: extra.and_then(|extra| extra.logo_add),
            parameters: non_empty(self.additional_parameters.as_ref()),
            ..CapabilityQuery::new(capabilities::image())
        }
    }
}

impl References for Vec<AigcImageInfo> {
    fn count(&self) -> usize {
        self.len()
    }

    fn kind(&self, index: usize) -> Option<&str> {
        non_empty(self.get(index)?.reference_type.as_ref())
    }

    fn is_named(&self, _: usize) -> bool {
        false
    }
}

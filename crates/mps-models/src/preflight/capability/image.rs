//! What `CreateAigcImageTask` asks of a model.

use super::{CapabilityQuery, References, ToCapabilityQuery, set};
use crate::{AigcImageInfo, CreateAigcImageTask, capabilities};

impl ToCapabilityQuery for CreateAigcImageTask {
    fn capability_query(&self) -> CapabilityQuery<'_> {
        let extra = self.extra_parameters.as_ref();
        CapabilityQuery {
            model: set(self.model_name.as_ref()),
            version: set(self.model_version.as_ref()),
            scene: set(self.scene_type.as_ref()),
            prompt: set(self.prompt.as_ref()),
            resolution: extra.and_then(|extra| set(extra.resolution.as_ref())),
            aspect_ratio: extra.and_then(|extra| set(extra.aspect_ratio.as_ref())),
            images: &self.image_infos,
            watermark: extra.and_then(|extra| extra.logo_add),
            parameters: set(self.additional_parameters.as_ref()),
            ..CapabilityQuery::new(capabilities::image())
        }
    }
}

impl References for Vec<AigcImageInfo> {
    fn count(&self) -> usize {
        self.len()
    }

    fn kind(&self, index: usize) -> Option<&str> {
        set(self.get(index)?.reference_type.as_ref())
    }
}

//! What `CreateAigcVideoTask` asks of a model.

use super::{CapabilityQuery, References, ToCapabilityQuery, set};
use crate::{
    AigcVideoReferenceImageInfo, AigcVideoReferenceVideoInfo, CreateAigcVideoTask, capabilities,
};

impl ToCapabilityQuery for CreateAigcVideoTask {
    fn capability_query(&self) -> CapabilityQuery<'_> {
        let extra = self.extra_parameters.as_ref();
        CapabilityQuery {
            model: set(self.model_name.as_ref()),
            version: set(self.model_version.as_ref()),
            scene: set(self.scene_type.as_ref()),
            prompt: set(self.prompt.as_ref()),
            duration: self.duration,
            resolution: extra.and_then(|extra| set(extra.resolution.as_ref())),
            aspect_ratio: extra.and_then(|extra| set(extra.aspect_ratio.as_ref())),
            first_frame: set(self.image_url.as_ref()),
            last_frame: set(self.last_image_url.as_ref()),
            images: &self.image_infos,
            videos: self.video_infos.len(),
            edited: self.video_infos.iter().position(is_edited),
            subjects: self.subject_infos.len(),
            audio: extra.and_then(|extra| extra.enable_audio),
            watermark: extra.and_then(|extra| extra.logo_add),
            off_peak: extra.and_then(|extra| extra.off_peak),
            parameters: set(self.additional_parameters.as_ref()),
            // Some models take reference sounds, and no document says which: nothing to check.
            ..CapabilityQuery::new(capabilities::video())
        }
    }
}

/// A reference video is one to edit unless it says otherwise.
fn is_edited(video: &AigcVideoReferenceVideoInfo) -> bool {
    set(video.refer_type.as_ref()).is_none_or(|kind| kind == "base")
}

impl References for Vec<AigcVideoReferenceImageInfo> {
    fn count(&self) -> usize {
        self.len()
    }

    fn kind(&self, index: usize) -> Option<&str> {
        set(self.get(index)?.reference_type.as_ref())
    }
}

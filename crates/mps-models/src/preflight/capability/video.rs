//! The capability query of `CreateAigcVideoTask`.

use super::{CapabilityQuery, References, ToCapabilityQuery, non_empty};
use crate::{
    AigcVideoReferenceImageInfo, AigcVideoReferenceVideoInfo, CreateAigcVideoTask, capabilities,
};

impl ToCapabilityQuery for CreateAigcVideoTask {
    fn capability_query(&self) -> CapabilityQuery<'_> {
        let extra = self.extra_parameters.as_ref();
        CapabilityQuery {
            model: non_empty(self.model_name.as_ref()),
            version: non_empty(self.model_version.as_ref()),
            scene: non_empty(self.scene_type.as_ref()),
            prompt: non_empty(self.prompt.as_ref()),
            duration: self.duration,
            resolution: extra.and_then(|extra| non_empty(extra.resolution.as_ref())),
            aspect_ratio: extra.and_then(|extra| non_empty(extra.aspect_ratio.as_ref())),
            first_frame: non_empty(self.image_url.as_ref()),
            last_frame: non_empty(self.last_image_url.as_ref()),
            images: &self.image_infos,
            videos: self.video_infos.len(),
            edited: self.video_infos.iter().position(is_edited),
            subjects: self.subject_infos.len(),
            audio: extra.and_then(|extra| extra.enable_audio),
            watermark: extra.and_then(|extra| extra.logo_add),
            off_peak: extra.and_then(|extra| extra.off_peak),
            parameters: non_empty(self.additional_parameters.as_ref()),
            // Some models accept reference audio, but no document says which: nothing to check.
            ..CapabilityQuery::new(capabilities::video())
        }
    }
}

/// Returns whether a reference video is to be edited, which is the default of `ReferType`.
fn is_edited(video: &AigcVideoReferenceVideoInfo) -> bool {
    non_empty(video.refer_type.as_ref()).is_none_or(|kind| kind == "base")
}

impl References for Vec<AigcVideoReferenceImageInfo> {
    fn count(&self) -> usize {
        self.len()
    }

    fn kind(&self, index: usize) -> Option<&str> {
        non_empty(self.get(index)?.reference_type.as_ref())
    }

    fn is_named(&self, index: usize) -> bool {
        let text = self.get(index).and_then(|image| image.text.as_ref());
        non_empty(text).is_some()
    }
}

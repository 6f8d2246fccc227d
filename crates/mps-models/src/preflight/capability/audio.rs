//! The capability query of `CreateAigcAudioTask`.

use super::{CapabilityQuery, ToCapabilityQuery, non_empty};
use crate::{CreateAigcAudioTask, capabilities};

impl ToCapabilityQuery for CreateAigcAudioTask {
    fn capability_query(&self) -> CapabilityQuery<'_> {
        CapabilityQuery {
            model: non_empty(self.model_name.as_ref()),
            version: non_empty(self.model_version.as_ref()),
            scene: non_empty(self.scene_type.as_ref()),
            prompt: non_empty(self.prompt.as_ref()),
            videos: self.video_infos.len(),
            sounds: self.audio_infos.len(),
            parameters: non_empty(self.additional_parameters.as_ref()),
            ..CapabilityQuery::new(capabilities::audio())
        }
    }
}

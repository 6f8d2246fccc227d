//! What `CreateAigcAudioTask` asks of a model.

use super::{CapabilityQuery, ToCapabilityQuery, set};
use crate::{CreateAigcAudioTask, capabilities};

impl ToCapabilityQuery for CreateAigcAudioTask {
    fn capability_query(&self) -> CapabilityQuery<'_> {
        CapabilityQuery {
            model: set(self.model_name.as_ref()),
            version: set(self.model_version.as_ref()),
            scene: set(self.scene_type.as_ref()),
            prompt: set(self.prompt.as_ref()),
            videos: self.video_infos.len(),
            sounds: self.audio_infos.len(),
            parameters: set(self.additional_parameters.as_ref()),
            ..CapabilityQuery::new(capabilities::audio())
        }
    }
}

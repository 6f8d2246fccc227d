//! What `CreateAigcAudioTask` asks of a model.

use super::{Ask, Asks, set};
use crate::{CreateAigcAudioTask, capabilities};

impl Asks for CreateAigcAudioTask {
    fn ask(&self) -> Ask<'_> {
        Ask {
            model: set(self.model_name.as_ref()),
            version: set(self.model_version.as_ref()),
            scene: set(self.scene_type.as_ref()),
            prompt: set(self.prompt.as_ref()),
            videos: self.video_infos.len(),
            sounds: self.audio_infos.len(),
            parameters: set(self.additional_parameters.as_ref()),
            ..Ask::new(capabilities::audio())
        }
    }
}

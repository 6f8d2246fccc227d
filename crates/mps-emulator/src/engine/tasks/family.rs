use serde::{Deserialize, Serialize};

/// Tasks that are created, queried and listed alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TaskFamily {
    /// `CreateAigcVideoTask`.
    Video,
    /// `CreateAigcImageTask`.
    Image,
    /// `CreateAigcAudioTask`.
    Audio,
    /// Redrawn videos, comics, advertisements and presented documents.
    Scenario,
}

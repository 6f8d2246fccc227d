//! Songs, speech and sound for videos.

use mps_models::{
    CreateAigcAudioTask, CreateAigcAudioTaskResponse, DescribeAigcAudioTask,
    DescribeAigcAudioTaskResponse,
};

use super::{Create, Family, Snapshot};

/// Songs, speech and sound for videos: `CreateAigcAudioTask` and `DescribeAigcAudioTask`.
#[derive(Clone, Copy, Debug)]
pub struct Audio;

impl Family for Audio {
    const NAME: &'static str = "audio";
    type Describe = DescribeAigcAudioTask;

    fn describe(task_id: &str) -> DescribeAigcAudioTask {
        DescribeAigcAudioTask::new(task_id)
    }

    fn snapshot(described: DescribeAigcAudioTaskResponse) -> Snapshot {
        let sounds = described
            .audio_infos
            .into_iter()
            .filter_map(|audio| audio.url);
        let films = described
            .video_infos
            .into_iter()
            .filter_map(|video| video.url);
        let urls = sounds.chain(films).collect();
        Snapshot::of_aigc(described.status, urls, described.message)
    }
}

impl Create for CreateAigcAudioTask {
    type Family = Audio;

    fn task_id(created: CreateAigcAudioTaskResponse) -> Option<String> {
        created.task_id
    }
}

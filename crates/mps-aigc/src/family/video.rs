//! Videos.

use mps_models::{
    CreateAigcVideoTask, CreateAigcVideoTaskResponse, DescribeAigcVideoTask,
    DescribeAigcVideoTaskResponse,
};

use super::{Create, Family, Snapshot};

/// Videos: `CreateAigcVideoTask` and `DescribeAigcVideoTask`.
#[derive(Clone, Copy, Debug)]
pub struct Video;

impl Family for Video {
    const NAME: &'static str = "video";
    type Describe = DescribeAigcVideoTask;

    fn describe(task_id: &str) -> DescribeAigcVideoTask {
        DescribeAigcVideoTask::new(task_id)
    }

    fn snapshot(described: DescribeAigcVideoTaskResponse) -> Snapshot {
        Snapshot::of_aigc(described.status, described.video_urls, described.message)
    }
}

impl Create for CreateAigcVideoTask {
    type Family = Video;

    fn task_id(created: CreateAigcVideoTaskResponse) -> Option<String> {
        created.task_id
    }
}

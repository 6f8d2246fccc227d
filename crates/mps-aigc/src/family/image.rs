//! Pictures.

use mps_models::{
    CreateAigcImageTask, CreateAigcImageTaskResponse, DescribeAigcImageTask,
    DescribeAigcImageTaskResponse,
};

use super::{Create, Family, Snapshot};

/// Pictures: `CreateAigcImageTask` and `DescribeAigcImageTask`.
#[derive(Clone, Copy, Debug)]
pub struct Image;

impl Family for Image {
    const NAME: &'static str = "image";
    type Describe = DescribeAigcImageTask;

    fn describe(task_id: &str) -> DescribeAigcImageTask {
        DescribeAigcImageTask::new(task_id)
    }

    fn snapshot(described: DescribeAigcImageTaskResponse) -> Snapshot {
        Snapshot::of_aigc(described.status, described.image_urls, described.message)
    }
}

impl Create for CreateAigcImageTask {
    type Family = Image;

    fn task_id(created: CreateAigcImageTaskResponse) -> Option<String> {
        created.task_id
    }
}

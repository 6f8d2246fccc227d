//! What the families of tasks have in common: an action that creates, one that tells how it is
//! going, and results at the end.

use mps_models::{
    Action, AigcTaskStatus, CreateAigcVideoTask, CreateAigcVideoTaskResponse,
    DescribeAigcVideoTask, DescribeAigcVideoTaskResponse, TaskPhase,
};

/// A family of tasks. Implemented by marker types such as [`Video`].
pub trait Family: Send + Sync + 'static {
    /// The family's name, as in `mps video`.
    const NAME: &'static str;
    /// The action that creates a task, and pays for it.
    type Create: Action;
    /// The action that tells how a task is going.
    type Describe: Action;

    /// The new task's id.
    fn task_id(created: <Self::Create as Action>::Response) -> Option<String>;
    /// Asks about one task.
    fn describe(task_id: &str) -> Self::Describe;
    /// What the answer says.
    fn snapshot(described: <Self::Describe as Action>::Response) -> Snapshot;
}

/// How a task was doing when the service was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The status as the service wrote it, such as `RUN`; empty when it wrote none.
    pub status: String,
    /// What the status means. A status nobody knows yet counts as pending.
    pub phase: TaskPhase,
    /// Where the results are, once there are any. Good for 12 hours.
    pub urls: Vec<String>,
    /// What the service says about it, above all why a task failed.
    pub message: Option<String>,
}

/// Videos: `CreateAigcVideoTask` and `DescribeAigcVideoTask`.
#[derive(Clone, Copy, Debug)]
pub struct Video;

impl Family for Video {
    const NAME: &'static str = "video";
    type Create = CreateAigcVideoTask;
    type Describe = DescribeAigcVideoTask;

    fn task_id(created: CreateAigcVideoTaskResponse) -> Option<String> {
        created.task_id
    }

    fn describe(task_id: &str) -> DescribeAigcVideoTask {
        DescribeAigcVideoTask::new(task_id)
    }

    fn snapshot(described: DescribeAigcVideoTaskResponse) -> Snapshot {
        Snapshot {
            phase: described
                .status
                .as_ref()
                .map_or(TaskPhase::Pending, AigcTaskStatus::phase),
            status: described
                .status
                .map(|status| status.as_str().to_owned())
                .unwrap_or_default(),
            urls: described.video_urls,
            message: described.message.filter(|message| !message.is_empty()),
        }
    }
}

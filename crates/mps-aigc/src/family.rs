//! What the families of tasks have in common: an action that creates, one that tells how it is
//! going, and results at the end.

use mps_models::{
    Action, AigcTaskStatus, CreateAigcVideoTask, CreateAigcVideoTaskResponse,
    DescribeAigcVideoTask, DescribeAigcVideoTaskResponse, TaskPhase,
};

/// A family of tasks, told about by one action. Implemented by marker types such as [`Video`].
pub trait Family: Send + Sync + 'static {
    /// The family's name, as in `mps video`.
    const NAME: &'static str;
    /// The action that tells how a task is going.
    type Describe: Action;

    /// Asks about one task.
    fn describe(task_id: &str) -> Self::Describe;
    /// What the answer says.
    fn snapshot(described: <Self::Describe as Action>::Response) -> Snapshot;
}

/// A request that creates a task of a family, and pays for it.
pub trait Create: Action {
    /// The family that the task belongs to.
    type Family: Family;

    /// The new task's id.
    fn task_id(created: Self::Response) -> Option<String>;
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
    type Describe = DescribeAigcVideoTask;

    fn describe(task_id: &str) -> DescribeAigcVideoTask {
        DescribeAigcVideoTask::new(task_id)
    }

    fn snapshot(described: DescribeAigcVideoTaskResponse) -> Snapshot {
        Snapshot::new(described.status, described.video_urls, described.message)
    }
}

impl Create for CreateAigcVideoTask {
    type Family = Video;

    fn task_id(created: CreateAigcVideoTaskResponse) -> Option<String> {
        created.task_id
    }
}

impl Snapshot {
    fn new(status: Option<AigcTaskStatus>, urls: Vec<String>, message: Option<String>) -> Self {
        Self {
            phase: status
                .as_ref()
                .map_or(TaskPhase::Pending, AigcTaskStatus::phase),
            status: status.map_or_else(String::new, |status| status.as_str().to_owned()),
            urls,
            message: message.filter(|message| !message.is_empty()),
        }
    }
}

//! What the families of tasks have in common: an action that creates, one that tells how it is
//! going, and results at the end.

use mps_models::{Action, AigcTaskStatus, TaskPhase};

mod audio;
mod image;
mod scenario;
mod video;

pub use self::{audio::Audio, image::Image, scenario::Scenario, video::Video};

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
    /// The stage of a task that stops for confirmation, such as `STAGE_1_FINISHED`.
    pub stage: Option<String>,
    /// Where the results are, once there are any. Good for 12 hours.
    pub urls: Vec<String>,
    /// What the service says about it, above all why a task failed.
    pub message: Option<String>,
}

impl Snapshot {
    /// What the three families with the short vocabulary say: `WAIT`, `RUN`, `DONE`, `FAIL`.
    fn of_aigc(status: Option<AigcTaskStatus>, urls: Vec<String>, message: Option<String>) -> Self {
        Self {
            phase: status
                .as_ref()
                .map_or(TaskPhase::Pending, AigcTaskStatus::phase),
            status: status.map_or_else(String::new, |status| status.as_str().to_owned()),
            stage: None,
            urls,
            message: message.filter(|message| !message.is_empty()),
        }
    }
}

//! Families of tasks as types: the actions that create and describe a task, and how answers are
//! read. The families themselves are generated from `spec/families.toml`.

use mps_models::{Action, TaskFamily, TaskPhase};
use serde::{Deserialize, Serialize};

use crate::handle::TaskHandle;

/// A family of tasks at the type level. Implemented by marker types such as
/// [`Video`](crate::Video).
pub trait Family: Send + Sync + 'static {
    /// The family as a value.
    const FAMILY: TaskFamily;
    /// The family's name, as in `mps video`.
    const NAME: &'static str = Self::FAMILY.as_str();
    /// The action that describes a task.
    type Describe: Action;

    /// Returns the request that describes one task.
    fn describe(task_id: &str) -> Self::Describe;
    /// Returns the state of the task that an answer describes.
    fn snapshot(described: <Self::Describe as Action>::Response) -> Snapshot;
}

/// A request that creates a task of a family. The task is billed.
///
/// # Examples
/// A function for the requests of all families:
/// ```
/// use mps_aigc::{Aigc, Create, Error, Task};
///
/// async fn create<C: Create>(aigc: &Aigc, request: &C) -> Result<Task<C::Family>, Error> {
///     aigc.tasks::<C::Family>().create(request).await
/// }
/// ```
pub trait Create: Action {
    /// The family of the task.
    type Family: Family;

    /// Returns the id of the new task, or `None` where the answer has none.
    fn task_id(created: Self::Response) -> Option<String>;

    /// Returns the handle with what this request says about the task: model, version and duration of
    /// the result. Returns it unchanged by default.
    #[must_use]
    fn label(&self, handle: TaskHandle) -> TaskHandle {
        handle
    }
}

/// The state of a task at one moment, as the service described it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The status as the service wrote it, such as `RUN`; empty when it wrote none.
    pub status: String,
    /// The meaning of the status.
    pub phase: TaskPhase,
    /// `true` if this version lists the status. Otherwise, or if the service sent none, the task counts
    /// as pending.
    pub is_known_status: bool,
    /// The stage of a task that stops for confirmation, such as `STAGE_1_FINISHED`.
    pub stage: Option<String>,
    /// URLs of the results of a task that is done. The service keeps most results for 12 hours.
    pub urls: Vec<String>,
    /// The service's message, above all the reason of a failure.
    pub message: Option<String>,
}

/// The fields of an answer that describes a task, before empty texts are dropped.
pub(crate) struct Described {
    pub(crate) status: String,
    pub(crate) phase: TaskPhase,
    pub(crate) is_known_status: bool,
    pub(crate) stage: Option<String>,
    pub(crate) code: Option<i64>,
    pub(crate) message: Option<String>,
    pub(crate) urls: Vec<String>,
}

impl Described {
    pub(crate) fn snapshot(self) -> Snapshot {
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        let mut urls = self.urls;
        urls.retain(|url| !url.is_empty());
        Snapshot {
            status: self.status,
            phase: self.phase,
            is_known_status: self.is_known_status,
            stage: some(self.stage),
            urls,
            message: message(self.code, some(self.message)),
        }
    }
}

/// Joins the reason and its number, since only both together distinguish one failure from another.
fn message(code: Option<i64>, text: Option<String>) -> Option<String> {
    match (code.filter(|code| *code != 0), text) {
        (Some(code), Some(text)) => Some(format!("{text} ({code})")),
        (Some(code), None) => Some(format!("result code {code}")),
        (None, text) => text,
    }
}

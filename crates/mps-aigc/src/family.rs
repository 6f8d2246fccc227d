//! Families of tasks as types: the actions that create and describe a task, and how answers are
//! read. The families themselves are generated from `spec/families.toml`.

use std::{fmt, time::SystemTime};

use mps_models::{Action, TaskFamily, TaskPhase};
use serde::{Deserialize, Serialize};

use crate::{
    handle::TaskHandle,
    results::{Location, ResultFile, time::rfc3339, without_query},
};

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
///
/// Its text contains URLs that may be signed, so treat it as a secret; `Debug` shows URLs without
/// their queries.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The results of a task that is done, without expiry; see [`Done::results`](crate::Done::results)
    /// for results with it.
    #[serde(default)]
    pub results: Vec<ResultFile>,
    /// When the task ended, if the service states it.
    #[serde(default, with = "rfc3339::optional")]
    pub finished_at: Option<SystemTime>,
    /// The service's message, above all the reason of a failure.
    pub message: Option<String>,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let urls: Vec<_> = self.urls.iter().map(|url| without_query(url)).collect();
        f.debug_struct("Snapshot")
            .field("status", &self.status)
            .field("phase", &self.phase)
            .field("is_known_status", &self.is_known_status)
            .field("stage", &self.stage)
            .field("urls", &urls)
            .field("results", &self.results)
            .field("finished_at", &self.finished_at)
            .field("message", &self.message)
            .finish()
    }
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
        let result = |url: &String| ResultFile {
            location: Location::Url(url.clone()),
            ..ResultFile::default()
        };
        Snapshot {
            status: self.status,
            phase: self.phase,
            is_known_status: self.is_known_status,
            stage: some(self.stage),
            results: urls.iter().map(result).collect(),
            urls,
            finished_at: None,
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

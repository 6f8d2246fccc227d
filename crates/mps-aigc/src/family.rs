//! Families of tasks as types: the actions that create and describe a task, and how answers are
//! read. The families themselves are generated from `spec/families.toml`.

use std::{fmt, time::SystemTime};

use mps_models::{Action, MediaKind, TaskFamily, TaskPhase};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    handle::TaskHandle,
    results::{
        self, Expected, JsonText, ResultFile,
        time::{beijing, rfc3339},
        without_query,
    },
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
    /// The request that created the task, if the service states it, as it does for scenario tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<JsonText>,
    /// Details of the task, if the service states them. Their members depend on the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<JsonText>,
    /// The stage that has to be confirmed before the task continues, as the confirming request names
    /// it, such as `STAGE_1`; `None` if the task waits for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaiting: Option<String>,
    /// The service's message, above all the reason of a failure.
    pub message: Option<String>,
}

impl Snapshot {
    /// Adds the facts about the results that only the request states.
    pub(crate) fn expect(&mut self, family: TaskFamily, expected: &Expected) {
        if self.phase == TaskPhase::Succeeded {
            expected.apply(family, &mut self.results);
        }
    }

    /// Returns the stage that has to be confirmed, or `None` if the task does not stop: its request,
    /// where the answer repeats it, may have asked for another mode.
    fn awaiting(&self, family: TaskFamily, request: Option<&Value>) -> Option<String> {
        let confirm = family.info().confirm.as_ref()?;
        let stage = confirm.stage(self.stage.as_deref()?)?;
        let mode = request.and_then(|request| results::text(request, confirm.mode));
        let stops = mode.is_none_or(|mode| mode == confirm.value);
        let is_over = self.phase == TaskPhase::Failed || !self.results.is_empty();
        (stops && !is_over).then(|| stage.to_owned())
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let urls: Vec<_> = self.urls.iter().map(|url| without_query(url)).collect();
        f.debug_struct("Snapshot")
            .field("status", &self.status)
            .field("phase", &self.phase)
            .field("is_known_status", &self.is_known_status)
            .field("stage", &self.stage)
            .field("awaiting", &self.awaiting)
            .field("urls", &urls)
            .field("results", &self.results)
            .field("finished_at", &self.finished_at)
            .field("request", &self.request)
            .field("details", &self.details)
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
    pub(crate) finished: Option<String>,
    pub(crate) request: Option<String>,
    pub(crate) details: Option<String>,
    pub(crate) results: Vec<ResultFile>,
}

impl Described {
    /// Adds results: their kind, width and height as text such as `1920x1088`, and URLs, each with its
    /// length in seconds.
    pub(crate) fn add(
        &mut self,
        kind: MediaKind,
        size: Option<&str>,
        found: impl IntoIterator<Item = (String, Option<i64>)>,
    ) {
        let found = found.into_iter().filter(|(url, _)| !url.is_empty());
        let described = found.map(|(url, seconds)| ResultFile::described(kind, size, url, seconds));
        self.results.extend(described);
    }

    pub(crate) fn snapshot(self, family: TaskFamily) -> Snapshot {
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        let urls = self.results.iter().filter_map(ResultFile::url);
        let mut snapshot = Snapshot {
            status: self.status,
            phase: self.phase,
            is_known_status: self.is_known_status,
            stage: some(self.stage),
            urls: urls.map(str::to_owned).collect(),
            finished_at: self.finished.as_deref().and_then(beijing),
            request: some(self.request).map(JsonText::new),
            details: some(self.details).map(JsonText::new),
            message: message(self.code, some(self.message)),
            awaiting: None,
            results: self.results,
        };
        let request = snapshot.request.as_ref();
        let request = request.and_then(|request| request.value().ok());
        if let Some(request) = &request {
            snapshot.expect(family, &Expected::of_request(family, request));
        }
        snapshot.awaiting = snapshot.awaiting(family, request.as_ref());
        snapshot
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

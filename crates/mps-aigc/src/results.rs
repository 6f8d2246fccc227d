//! The results of a task that is done: their kinds, where they are stored, and until when.

use std::{
    fmt,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use mps_core::Client;
use mps_models::TaskFamily;
use serde::{Deserialize, Serialize};

mod expected;
mod file;
mod json_text;
mod remote;
pub(crate) mod time;

pub(crate) use self::{expected::text, file::without_query};
pub use self::{
    expected::{CosFolder, Expected},
    file::{CosObject, Location, ResultFile},
    json_text::{JsonText, JsonTextError},
    remote::RemoteFile,
    time::{DoneAt, TimeBasis},
};
use crate::{
    destination::Destination,
    error::Error,
    family::Snapshot,
    fetch::{self, DownloadOptions, SavedFile, Source},
    handle::TaskHandle,
};

/// The results of a task that is done, of any family, as plain data.
///
/// It can be stored and sent to another process: [`Results::new`] makes its files fetchable there.
/// The text of it contains URLs that may be signed, so treat it as a secret; `Debug` shows URLs
/// without their queries.
///
/// # Examples
/// ```
/// use mps_aigc::TaskResults;
///
/// let stored = r#"{"family": "video", "task_id": "4-AigcVideo-0f1e", "files": [
///     {"kind": "video", "location": {"url": "https://b.example/a.mp4"}, "width": 1920, "height": 1088}
/// ]}"#;
/// let results: TaskResults = serde_json::from_str(stored)?;
/// assert_eq!(results.files[0].width, Some(1920));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskResults {
    /// The family of the task.
    pub family: TaskFamily,
    /// The id of the task.
    pub task_id: String,
    /// The results, in the order in which the service lists them.
    pub files: Vec<ResultFile>,
    /// When the task was done, as far as it is known; `None` for stored results without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DoneAt>,
}

impl TaskResults {
    /// Returns the time since the task was done, zero for a time in the future; `None` if it is not
    /// known.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        let done_at = self.done_at?.at;
        Some(now.duration_since(done_at).unwrap_or_default())
    }

    /// Returns the earliest expiry of a result; `None` if none of them has one.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.files.iter().filter_map(|file| file.expires_at).min()
    }
}

/// The results of a task that is done, with the client that can fetch them. Cheap to clone.
///
/// It derefs to [`TaskResults`].
#[derive(Clone)]
pub struct Results {
    client: Client,
    data: Arc<TaskResults>,
    /// When this value was made, on the client's monotonic clock.
    seen_at: Duration,
}

impl Results {
    /// Returns results that `client` fetches.
    #[must_use]
    pub fn new(client: Client, data: TaskResults) -> Self {
        Self {
            seen_at: client.clock().monotonic(),
            client,
            data: Arc::new(data),
        }
    }

    /// Returns the results that a snapshot of a task shows. `pending_at` is the last moment at which the
    /// task was known not to be done: its last status before, or its creation.
    pub(crate) fn of(
        client: &Client,
        task: &TaskHandle,
        snapshot: &Snapshot,
        pending_at: Option<SystemTime>,
    ) -> Self {
        let done_at = DoneAt::known(snapshot.finished_at, pending_at, client.service_time());
        let mut files = snapshot.results.clone();
        for file in &mut files {
            file.expires_at = file.expiry(task.family(), done_at.at);
        }
        let data = TaskResults {
            family: task.family(),
            task_id: task.id().to_owned(),
            files,
            done_at: Some(done_at),
        };
        Self::new(client.clone(), data)
    }

    /// Returns the first result.
    ///
    /// # Errors
    /// [`Unfetchable`](crate::ErrorKind::Unfetchable), with the task id, if the task has no result.
    pub fn first(&self) -> Result<RemoteFile, Error> {
        let first = self.iter().next();
        first.ok_or_else(|| Error::no_result(&self.data.task_id))
    }

    /// Returns an iterator over the results.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = RemoteFile> + '_ {
        (0..self.data.files.len()).map(|index| RemoteFile::new(self.clone(), index))
    }

    /// Returns the results as plain data, for example to store them.
    #[must_use]
    pub fn data(&self) -> &TaskResults {
        &self.data
    }

    /// Saves every result and returns the files. `path` is a file, a folder or a template, see
    /// [`Destination`]; up to four results are fetched at the same time. Idempotent and free.
    ///
    /// All names are reserved before anything is fetched. If a result cannot be saved, the others
    /// are nevertheless; [`ExistingFile::AcceptIdentical`](crate::ExistingFile::AcceptIdentical)
    /// then lets a second call fetch the missing ones only. Otherwise as [`RemoteFile::save`].
    ///
    /// # Errors
    /// As for [`RemoteFile::save`]: the error of the first result that could not be saved.
    ///
    /// # Cancel safety
    /// As for [`RemoteFile::save`].
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(done: mps_aigc::Done<mps_aigc::Image>) -> Result<(), mps_aigc::Error> {
    /// for file in done.results().save_all("pictures/{task_id}-{index}.{ext}").await? {
    ///     println!("{}", file.path.display());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn save_all(&self, path: impl AsRef<Path> + Send) -> Result<Vec<SavedFile>, Error> {
        let options = DownloadOptions::new();
        let destination = Destination::reserve_with(path, &options).await;
        let destination = destination.map_err(|error| error.with_task(&self.task_id))?;
        self.save_all_to(&destination, &options).await
    }

    /// Saves every result in a place that was reserved before, with settings. Otherwise as
    /// [`save_all`](Self::save_all).
    ///
    /// # Errors
    /// As for [`save_all`](Self::save_all).
    ///
    /// # Cancel safety
    /// As for [`save_all`](Self::save_all).
    pub async fn save_all_to(
        &self,
        destination: &Destination,
        options: &DownloadOptions,
    ) -> Result<Vec<SavedFile>, Error> {
        if self.files.is_empty() {
            return Err(Error::no_result(&self.task_id));
        }
        let sources: Result<Vec<_>, _> = self.iter().map(|file| Source::of(&file)).collect();
        let saved = fetch::save_all(&sources?, destination, options).await;
        saved.map_err(|error| error.with_task(&self.task_id))
    }

    pub(crate) fn seen_at(&self) -> Duration {
        self.seen_at
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

impl std::ops::Deref for Results {
    type Target = TaskResults;

    fn deref(&self) -> &TaskResults {
        &self.data
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data.fmt(f)
    }
}

#[cfg(test)]
mod tests;

//! Tasks that are done, and the download of their results.

use std::{
    fmt,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::{
    destination::Destination,
    error::Error,
    family::{Family, Snapshot},
    fetch::{self, SavedFile},
    generated::Scenario,
    results::{DoneAt, JsonText, JsonTextError, RemoteFile, Results, TaskResults},
    task::Task,
};

/// A task that is done, with its results. The service keeps the results of most families for 12
/// hours. Cheap to clone.
///
/// [`width`](Self::width) and its siblings are about the first result, which for most tasks is the
/// only one; [`iter`](Self::iter) yields all of them.
pub struct Done<F> {
    task: Task<F>,
    snapshot: Snapshot,
    results: Results,
    /// When the task was seen to be done, on the client's monotonic clock.
    at: Duration,
}

impl<F: Family> Done<F> {
    /// Returns a task that `snapshot` shows to be done. `pending_at` is the last moment at which the
    /// task was known not to be done: its last status before, or its creation.
    pub(crate) fn new(task: Task<F>, snapshot: Snapshot, pending_at: Option<SystemTime>) -> Self {
        let clock = task.client().clock();
        let (at, now) = (clock.monotonic(), clock.wall());
        let done_at = DoneAt::known(snapshot.finished_at, pending_at, now);
        let mut files = snapshot.results.clone();
        for file in &mut files {
            file.expires_at = file.expiry(F::FAMILY, done_at.at);
        }
        let data = TaskResults {
            family: F::FAMILY,
            task_id: task.id().to_owned(),
            files,
            done_at: Some(done_at),
        };
        let results = Results::new(task.client().clone(), data);
        Self {
            task,
            snapshot,
            results,
            at,
        }
    }

    /// Returns the task's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.task.id()
    }

    /// Returns the last state that the service described.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Returns the results, independent of the family.
    #[must_use]
    pub fn results(&self) -> &Results {
        &self.results
    }

    /// Returns an iterator over the results.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = RemoteFile> + '_ {
        self.results.iter()
    }

    /// Returns the first result.
    ///
    /// # Errors
    /// [`Unfetchable`](crate::ErrorKind::Unfetchable), with the task id, if the task has no result.
    pub fn first(&self) -> Result<RemoteFile, Error> {
        self.results.first()
    }

    /// Returns the width of the first result in pixels; `None` if the service does not state it.
    #[must_use]
    pub fn width(&self) -> Option<u32> {
        self.results.files.first()?.width
    }

    /// Returns the height of the first result in pixels; `None` if the service does not state it.
    #[must_use]
    pub fn height(&self) -> Option<u32> {
        self.results.files.first()?.height
    }

    /// Returns the length of the first result; `None` if the service does not state it.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.results.files.first()?.duration
    }

    /// Returns the earliest expiry of a result, an estimate for most families; `None` if nothing
    /// states one. See [`DoneAt`] for its basis.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.results.expires_at()
    }

    /// Downloads every result and returns the files. The first result is saved as `path`, the
    /// next ones beside it as `name-2`, `name-3`; in a directory they are named after the task's id.
    /// Idempotent and free.
    ///
    /// No file is ever replaced. A name that was taken while the download ran is left alone, and
    /// the result is saved beside it; see [`SavedFile::instead_of`].
    ///
    /// # Errors
    /// An error of the output file (see [`ErrorKind::is_about_output`](crate::ErrorKind)),
    /// [`Expired`](crate::ErrorKind::Expired), [`Unfetchable`](crate::ErrorKind::Unfetchable),
    /// [`Download`](crate::ErrorKind::Download) or
    /// [`WrongContent`](crate::ErrorKind::WrongContent), with the task id.
    ///
    /// # Cancel safety
    /// Dropping the future stops the download and removes the partial file.
    pub async fn download(&self, path: impl AsRef<Path> + Send) -> Result<Vec<SavedFile>, Error> {
        let destination = Destination::reserve(path)
            .await
            .map_err(|error| error.with_task(self.id()))?;
        self.download_to(&destination).await
    }

    /// Downloads every result to a place that was reserved before the task was created, so that a
    /// place that cannot be written costs nothing. Otherwise as [`download`](Self::download).
    ///
    /// # Errors
    /// As for [`download`](Self::download).
    ///
    /// # Cancel safety
    /// As for [`download`](Self::download).
    pub async fn download_to(&self, destination: &Destination) -> Result<Vec<SavedFile>, Error> {
        if self.snapshot.urls.is_empty()
            && let Some(object) = self
                .results
                .files
                .first()
                .and_then(|file| file.location.cos())
        {
            return Err(Error::in_bucket(self.id(), object));
        }
        let client = self.task.client();
        let results = fetch::Results {
            client,
            task_id: self.id(),
            urls: &self.snapshot.urls,
            done_for: self.age(),
            kept_for: self.kept_for(),
        };
        let downloaded = results.download(destination).await;
        downloaded.map_err(|error| error.with_task(self.id()))
    }
}

impl Done<Scenario> {
    /// Returns the request that created the task, parsed from the JSON text of the answer; `None` if
    /// the answer has none. Besides the members of the request it has the action and the account.
    ///
    /// # Errors
    /// [`JsonTextError`] if the text is not JSON.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_aigc::Aigc) -> Result<(), Box<dyn std::error::Error>> {
    /// let done = aigc.scenario().task("c50f6094-3b56-a1fa-e616-0eec386bfc36").wait().await?;
    /// if let Some(request) = done.request()? {
    ///     println!("{}", request["Action"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self) -> Result<Option<Value>, JsonTextError> {
        let text = self.snapshot.request.as_ref();
        text.map(JsonText::value).transpose()
    }

    /// Returns the details of the task, parsed from the JSON text of the answer; `None` if the answer
    /// has none. Their members depend on the scenario.
    ///
    /// # Errors
    /// [`JsonTextError`] if the text is not JSON.
    pub fn details(&self) -> Result<Option<Value>, JsonTextError> {
        let text = self.snapshot.details.as_ref();
        text.map(JsonText::value).transpose()
    }
}

impl<F: Family> Done<F> {
    /// Returns the time for which the task is known to be done. The wall clock may have been set back
    /// since, the monotonic one not.
    fn age(&self) -> Duration {
        let clock = self.task.client().clock();
        let seen = clock.monotonic().saturating_sub(self.at);
        self.results.age(clock.wall()).unwrap_or_default().max(seen)
    }

    /// Returns the time for which the results can be fetched after the task was done, where it is known.
    fn kept_for(&self) -> Option<Duration> {
        let done_at = self.results.done_at?.at;
        self.expires_at()?.duration_since(done_at).ok()
    }
}

impl<F> Clone for Done<F> {
    fn clone(&self) -> Self {
        Self {
            task: self.task.clone(),
            snapshot: self.snapshot.clone(),
            results: self.results.clone(),
            at: self.at,
        }
    }
}

impl<F: Family> fmt::Debug for Done<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done")
            .field("family", &F::FAMILY)
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

//! Tasks that are done, and the download of their results.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::{
    error::Error,
    family::{Family, Snapshot},
    generated::Scenario,
    results::{JsonText, JsonTextError, RemoteFile, Results},
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
}

impl<F: Family> Done<F> {
    /// Returns a task that `snapshot` shows to be done with `results`.
    pub(crate) fn new(task: Task<F>, snapshot: Snapshot, results: Results) -> Self {
        Self {
            task,
            snapshot,
            results,
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
    /// states one. See [`DoneAt`](crate::DoneAt) for its basis.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.results.expires_at()
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
    /// let done = aigc.scenario().task("c50f6094-3b56-a1fa-e616-0eec386bfc36").until_done().await?;
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

impl<F> Clone for Done<F> {
    fn clone(&self) -> Self {
        Self {
            task: self.task.clone(),
            snapshot: self.snapshot.clone(),
            results: self.results.clone(),
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

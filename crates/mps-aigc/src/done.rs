//! Tasks that are done, and the download of their results.

use std::{fmt, path::Path, time::Duration};

use crate::{
    destination::Destination,
    error::Error,
    family::{Family, Snapshot},
    fetch::{Results, SavedFile},
    task::Task,
};

/// A task that is done. The service keeps the results of most families for 12 hours. Cheap to
/// clone.
pub struct Done<F> {
    task: Task<F>,
    snapshot: Snapshot,
    /// When the task was seen to be done, on the client's monotonic clock.
    at: Duration,
}

impl<F: Family> Done<F> {
    pub(crate) fn new(task: Task<F>, snapshot: Snapshot) -> Self {
        let at = task.client().clock().monotonic();
        Self { task, snapshot, at }
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
        let client = self.task.client();
        let results = Results {
            client,
            task_id: self.id(),
            urls: &self.snapshot.urls,
            done_for: client.clock().monotonic().saturating_sub(self.at),
            kept_for: F::FAMILY.info().result_hours.map(hours),
        };
        let downloaded = results.download(destination).await;
        downloaded.map_err(|error| error.with_task(self.id()))
    }
}

fn hours(hours: u32) -> Duration {
    Duration::from_secs(u64::from(hours) * 3_600)
}

impl<F> Clone for Done<F> {
    fn clone(&self) -> Self {
        Self {
            task: self.task.clone(),
            snapshot: self.snapshot.clone(),
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

//! Tasks: created once, waited for from anywhere, fetched at the end.

use std::{fmt, marker::PhantomData, path::Path, time::Duration};

use mps_core::{CallOptions, Client};
use mps_models::TaskPhase;

use crate::{
    destination::Destination,
    download::{SavedFile, download_all},
    error::{Error, ErrorKind},
    family::{Create, Family, Snapshot},
    watch::{Pauses, WaitOptions},
};

/// The tasks of one family. Obtained from [`Aigc::video`](crate::Aigc::video).
pub struct Tasks<F> {
    client: Client,
    family: PhantomData<fn() -> F>,
}

impl<F: Family> Tasks<F> {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            family: PhantomData,
        }
    }

    /// Creates a task and pays for it. Never sent twice when the first may have been executed.
    ///
    /// # Errors
    /// A [`Call`](ErrorKind::Call) error before or after sending, [`NoTaskId`](ErrorKind::NoTaskId)
    /// when the answer names no task. Ask [`Error::in_doubt`] before creating again.
    pub async fn create<C: Create<Family = F>>(&self, request: &C) -> Result<Task<F>, Error> {
        self.create_with(request, CallOptions::new()).await
    }

    /// Creates a task with settings for this one call.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub async fn create_with<C: Create<Family = F>>(
        &self,
        request: &C,
        options: CallOptions,
    ) -> Result<Task<F>, Error> {
        let output = self
            .client
            .send_with(request, options)
            .await
            .map_err(|error| Error::from(error).paid())?;
        let Some(id) = C::task_id(output.body).filter(|id| !id.is_empty()) else {
            return Err(Error::no_task_id(C::INFO.name, output.request_id));
        };
        Ok(Task {
            request_id: output.request_id,
            attempts: output.attempts,
            elapsed: output.elapsed,
            ..self.task(id)
        })
    }

    /// The handle of a task that was created earlier, from its id alone. Asks nothing.
    #[must_use]
    pub fn task(&self, id: impl Into<String>) -> Task<F> {
        Task {
            client: self.client.clone(),
            id: id.into(),
            request_id: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            family: PhantomData,
        }
    }
}

/// One task. Holds the id and a client, nothing else that matters: it can be rebuilt from the id.
pub struct Task<F> {
    client: Client,
    id: String,
    request_id: Option<String>,
    attempts: u32,
    elapsed: Duration,
    family: PhantomData<fn() -> F>,
}

impl<F: Family> Task<F> {
    /// The task's id: opaque text, to be kept until the result is fetched.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Request id of the create, where this handle comes from one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How many times the create was sent; 0 where this handle comes from an id.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long the create took, waiting included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Asks once how the task is going.
    ///
    /// # Errors
    /// A [`Call`](ErrorKind::Call) error that carries the task id.
    pub async fn status(&self) -> Result<Snapshot, Error> {
        self.ask(CallOptions::new())
            .await
            .map_err(|error| Error::from(error).with_task(&self.id))
    }

    /// Waits until the task is done, for at most 30 minutes.
    ///
    /// # Errors
    /// [`WaitTimedOut`](ErrorKind::WaitTimedOut), [`TaskFailed`](ErrorKind::TaskFailed), or a
    /// [`Call`](ErrorKind::Call) error where asking again cannot help: a refused key, an unknown
    /// task. Every one carries the task id; waiting again is always safe.
    pub async fn wait(&self) -> Result<Done<F>, Error> {
        self.wait_with(WaitOptions::new(), |_| {}).await
    }

    /// Waits with settings, and tells about every change of status or stage.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    pub async fn wait_with(
        &self,
        options: WaitOptions,
        mut on_change: impl FnMut(&Snapshot) + Send,
    ) -> Result<Done<F>, Error> {
        let clock = self.client.clock();
        let deadline = clock.monotonic().saturating_add(options.timeout);
        let mut pauses = Pauses::new();
        let mut last = None;
        loop {
            let time_left = deadline.saturating_sub(clock.monotonic());
            if time_left.is_zero() {
                return Err(Error::wait_timed_out(&self.id, options.timeout));
            }
            if let Some(snapshot) = self.poll(time_left).await? {
                let current = (snapshot.status.clone(), snapshot.stage.clone());
                if last.as_ref() != Some(&current) {
                    last = Some(current);
                    on_change(&snapshot);
                }
                if let Some(outcome) = self.outcome(snapshot) {
                    return outcome;
                }
            }
            let pause = pauses.next(fastrand::f64());
            clock
                .sleep(pause.min(deadline.saturating_sub(clock.monotonic())))
                .await;
        }
    }

    /// Asks within a wait: trouble that may pass is no reason to give up what was paid for.
    async fn poll(&self, time_left: Duration) -> Result<Option<Snapshot>, Error> {
        match self.ask(CallOptions::new().deadline(time_left)).await {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(error) if error.is_transient() => {
                tracing::warn!(
                    task_id = self.id,
                    kind = error.kind().as_str(),
                    "a poll failed; waiting on"
                );
                Ok(None)
            }
            Err(error) => Err(Error::from(error).with_task(&self.id)),
        }
    }

    /// What a snapshot of this task comes to: done, failed, or `None` while it is still going.
    #[must_use]
    pub fn outcome(&self, snapshot: Snapshot) -> Option<Result<Done<F>, Error>> {
        match snapshot.phase {
            TaskPhase::Succeeded => Some(Ok(Done {
                client: self.client.clone(),
                id: self.id.clone(),
                snapshot,
                family: PhantomData,
            })),
            TaskPhase::Failed => Some(Err(self.failure(&snapshot))),
            TaskPhase::Pending => None,
        }
    }

    fn failure(&self, snapshot: &Snapshot) -> Error {
        let why = snapshot.message.as_deref();
        let why = why.unwrap_or("the service gave no reason");
        // An error is one line, whatever the service writes.
        let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
        let message = format!("task {} failed: {why}", self.id);
        Error::new(ErrorKind::TaskFailed, message).with_task(&self.id)
    }

    async fn ask(&self, options: CallOptions) -> Result<Snapshot, mps_core::Error> {
        let output = self
            .client
            .send_with(&F::describe(&self.id), options)
            .await?;
        Ok(F::snapshot(output.body))
    }
}

/// A task that is done. Its results live for 12 hours.
pub struct Done<F> {
    client: Client,
    id: String,
    snapshot: Snapshot,
    family: PhantomData<fn() -> F>,
}

impl<F: Family> Done<F> {
    /// The task's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the service said last.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Fetches every result. The first goes to `path`, the next ones beside it as `name-2`,
    /// `name-3`; into a directory they go under the task's id.
    ///
    /// # Errors
    /// [`File`](ErrorKind::File), [`Unfetchable`](ErrorKind::Unfetchable) or
    /// [`Download`](ErrorKind::Download), with the task id. Fetching again is always safe.
    pub async fn download(&self, path: impl AsRef<Path> + Send) -> Result<Vec<SavedFile>, Error> {
        let destination = Destination::claim(path)
            .await
            .map_err(|error| error.with_task(&self.id))?;
        self.download_to(&destination).await
    }

    /// Fetches every result to a place that was claimed before, which is how to learn that a place
    /// cannot be written before paying for what should go there.
    ///
    /// # Errors
    /// As for [`download`](Self::download).
    pub async fn download_to(&self, destination: &Destination) -> Result<Vec<SavedFile>, Error> {
        download_all(&self.client, &self.id, &self.snapshot.urls, destination)
            .await
            .map_err(|error| error.with_task(&self.id))
    }
}

impl<F: Family> fmt::Debug for Tasks<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("family", &F::NAME)
            .finish_non_exhaustive()
    }
}

impl<F: Family> fmt::Debug for Task<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("family", &F::NAME)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<F: Family> fmt::Debug for Done<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done")
            .field("family", &F::NAME)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

//! Tasks for code that mixes families.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use mps_core::{CallOptions, Client};
use mps_models::{TaskFamily, TaskPhase};
use serde::{Serialize, Serializer};

use crate::{
    client::Shared,
    error::Error,
    family::{Family, Snapshot},
    generated::poller,
    handle::TaskHandle,
    results::Results,
    task::{Origin, Task},
    watch::{Events, WaitOptions},
};

/// A task of any family: its [handle](TaskHandle) and a client. Returned by
/// [`Aigc::task`](crate::Aigc::task) and [`Task::any`].
///
/// Tasks are equal when family and id are; as text a task is its id, and serde writes it as its handle.
/// Cheap to clone.
///
/// # Examples
/// ```no_run
/// # async fn example(aigc: mps_aigc::Aigc, handles: Vec<mps_aigc::TaskHandle>) -> Result<(), mps_aigc::Error> {
/// use mps_aigc::{TaskFamily, Video};
///
/// for handle in handles {
///     let task = aigc.task(handle);
///     println!("{} {}: {}", task.family(), task.id(), task.status().await?.status);
///     if let Some(video) = task.typed::<Video>() {
///         println!("{:?}", video.status().await?.urls);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AnyTask {
    shared: Arc<Shared>,
    handle: TaskHandle,
    origin: Option<Arc<Origin>>,
}

impl AnyTask {
    pub(crate) fn new(shared: Arc<Shared>, handle: TaskHandle) -> Self {
        Self {
            shared,
            handle,
            origin: None,
        }
    }

    pub(crate) fn created_by(mut self, origin: Origin) -> Self {
        self.origin = Some(Arc::new(origin));
        self
    }

    pub(crate) fn relabelled(self, label: impl FnOnce(TaskHandle) -> TaskHandle) -> Self {
        Self {
            handle: label(self.handle),
            ..self
        }
    }

    /// Returns the family of the task.
    #[must_use]
    pub fn family(&self) -> TaskFamily {
        self.handle.family()
    }

    /// Returns the task's id: opaque text, to be kept until the result is downloaded.
    #[must_use]
    pub fn id(&self) -> &str {
        self.handle.id()
    }

    /// Returns the task's handle, to be stored.
    #[must_use]
    pub fn handle(&self) -> &TaskHandle {
        &self.handle
    }

    /// Returns the task as one of the family `F`, or `None` if it belongs to another.
    #[must_use]
    pub fn typed<F: Family>(&self) -> Option<Task<F>> {
        (self.family() == F::FAMILY).then(|| Task::of(self.clone()))
    }

    /// Returns the request id of the create; `None` if this task was made from an id or a handle.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.origin.as_ref()?.request_id.as_deref()
    }

    /// Returns the number of times that the create was sent; 0 if this task was made from an id or a
    /// handle.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.origin.as_ref().map_or(0, |origin| origin.attempts)
    }

    /// Returns the duration of the create, waiting included; zero if this task was made from an id or
    /// a handle.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        let origin = self.origin.as_ref();
        origin.map_or(Duration::ZERO, |origin| origin.elapsed)
    }

    /// Polls once and returns the state of the task. Idempotent and free. It does not wait behind the
    /// polls of waits and event streams.
    ///
    /// # Errors
    /// The error of the call, with the task id;
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) for a family that this version does not
    /// have.
    ///
    /// # Cancel safety
    /// Dropping the future abandons the poll and nothing else.
    pub async fn status(&self) -> Result<Snapshot, Error> {
        let client = self.client();
        self.shared.watcher.yield_place(client.clock().monotonic());
        let polled = poll(client, &self.handle, CallOptions::new()).await;
        polled.map_err(|error| Error::from(error).with_task(self.id()))
    }

    /// Returns the outcome that a snapshot of this task shows: its results, its failure, or `None` while
    /// the task runs.
    #[must_use]
    pub fn outcome(&self, snapshot: &Snapshot) -> Option<Result<Results, Error>> {
        if let Some(error) = Error::of_stage(self.family(), self.id(), snapshot) {
            return Some(Err(error));
        }
        match snapshot.phase {
            TaskPhase::Succeeded => {
                let created_at = self.handle.created_at();
                let results = Results::of(self.client(), &self.handle, snapshot, created_at);
                Some(Ok(results))
            }
            TaskPhase::Failed => {
                let reason = snapshot.message.as_deref();
                Some(Err(Error::task_failed(self.id(), reason)))
            }
            TaskPhase::Pending => None,
        }
    }

    /// Waits until the task is done, for at most 30 minutes, and returns its results. Idempotent.
    ///
    /// # Errors
    /// As for [`Task::until_done`].
    ///
    /// # Cancel safety
    /// Dropping the future stops the polling and nothing else.
    pub async fn until_done(&self) -> Result<Results, Error> {
        let mut outcomes = self.events().outcomes();
        match outcomes.next().await {
            Some((_, outcome)) => outcome,
            None => Err(Error::no_result(self.id())),
        }
    }

    /// Returns the events of the task as a stream, which polls until the task ends, 30 minutes have
    /// passed, or the stream is dropped.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(task: mps_aigc::AnyTask) {
    /// use mps_aigc::Event;
    ///
    /// let mut events = task.events();
    /// while let Some(event) = events.next().await {
    ///     match event {
    ///         Event::Progress { eta, .. } => println!("about {:?} left", eta.p50),
    ///         Event::Done { results, .. } => println!("{} results", results.files.len()),
    ///         Event::Failed { error, .. } => println!("{error}"),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub fn events(&self) -> Events {
        self.events_with(&WaitOptions::new())
    }

    /// Returns the events of the task with settings. Otherwise as [`events`](Self::events).
    pub fn events_with(&self, options: &WaitOptions) -> Events {
        let task = std::iter::once(self.clone());
        Events::new(self.shared.clone(), task, options)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.shared.client
    }

    /// Returns whether this process has created the task, so that it certainly exists.
    pub(crate) fn is_own(&self) -> bool {
        self.origin.is_some()
    }
}

/// Polls a task.
pub(crate) async fn poll(
    client: &Client,
    task: &TaskHandle,
    options: CallOptions,
) -> Result<Snapshot, mps_core::Error> {
    match poller(task.family()) {
        Some(poll) => poll(client, task, options).await,
        None => Err(mps_core::Error::unsupported(format!(
            "this version cannot poll tasks of the family {}",
            task.family()
        ))),
    }
}

impl PartialEq for AnyTask {
    fn eq(&self, other: &Self) -> bool {
        self.handle == other.handle
    }
}

impl Eq for AnyTask {}

impl Hash for AnyTask {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.handle.hash(state);
    }
}

impl fmt::Display for AnyTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl fmt::Debug for AnyTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyTask")
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

impl Serialize for AnyTask {
    /// Writes the task's handle.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.handle.serialize(to)
    }
}

impl From<AnyTask> for TaskHandle {
    fn from(task: AnyTask) -> Self {
        task.handle
    }
}

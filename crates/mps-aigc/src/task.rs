//! Tasks: created once, waited for from anywhere, downloaded at the end.

use std::{marker::PhantomData, sync::Arc, time::Duration};

use mps_core::{BoxFuture, CallHandle, CallOptions, Client, Output};

use crate::{
    any_task::AnyTask,
    client::Shared,
    done::Done,
    error::Error,
    family::{Create, Family, Snapshot},
    handle::TaskHandle,
    results::{Expected, Results},
    watch::{Event, Events, WaitOptions, WaitUpdate},
};

mod traits;

/// The tasks of one family. Returned by [`Aigc::video`](crate::Aigc::video) and its siblings. Cheap
/// to clone.
pub struct Tasks<F> {
    shared: Arc<Shared>,
    family: PhantomData<fn() -> F>,
}

impl<F: Family> Tasks<F> {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            family: PhantomData,
        }
    }

    /// Creates a task, which is billed, and returns it.
    ///
    /// The call is not idempotent. A request that may have been executed is never sent again; the
    /// error is then in doubt, see [`Error::in_doubt`].
    ///
    /// # Errors
    /// Any kind of [`ErrorKind`](crate::ErrorKind) up to
    /// [`NoTaskId`](crate::ErrorKind::NoTaskId). Ask [`Error::advice`] before creating again.
    ///
    /// # Cancel safety
    /// Dropping the future while the call waits for credentials, a permit or a retry pause sends
    /// nothing. Once bytes may have left, that attempt continues in a task of the runtime, is not
    /// repeated, and its outcome with the task id is delivered to the client's
    /// [`Observer`](mps_core::Observer) and to the [`CallHandle`] of the call; see
    /// [`created_by`](Self::created_by) and [`Aigc::drain`](crate::Aigc::drain).
    /// [`CallOptions::cancel_on_drop`] opts out.
    pub async fn create<C: Create<Family = F>>(&self, request: &C) -> Result<Task<F>, Error> {
        self.create_with(request, CallOptions::new()).await
    }

    /// Creates a task with settings for this one call. Otherwise as [`create`](Self::create).
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    ///
    /// # Cancel safety
    /// As for [`create`](Self::create).
    pub async fn create_with<C: Create<Family = F>>(
        &self,
        request: &C,
        options: CallOptions,
    ) -> Result<Task<F>, Error> {
        let output = self.shared.client.send_with(request, options).await?;
        let origin = Origin::of(&output);
        let task = self.created(C::INFO.name, C::task_id(output.body), origin)?;
        let request_json = serde_json::to_value(request).unwrap_or_default();
        let expected = Expected::of_request(F::FAMILY, &request_json);
        Ok(task.relabelled(|handle| request.label(handle).with_expected(expected)))
    }

    /// Waits for the end of a create whose future was dropped, and returns its task.
    ///
    /// Waits for ever if the handle was never given to a create.
    ///
    /// # Errors
    /// As for [`create`](Self::create), with the outcome of that call;
    /// [`Advice::RetryLater`](crate::Advice::RetryLater) means that nothing was sent.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing; the outcome can be asked for any number of times.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_aigc::Aigc) -> Result<(), mps_aigc::Error> {
    /// use std::time::Duration;
    /// use mps_aigc::{CallHandle, CallOptions, models::CreateAigcVideoTask};
    ///
    /// let (video, handle) = (aigc.video(), CallHandle::new());
    /// let request = CreateAigcVideoTask::new().prompt("a lighthouse");
    /// let create = video.create_with(&request, CallOptions::new().handle(handle.clone()));
    /// let task = match tokio::time::timeout(Duration::from_secs(5), create).await {
    ///     Ok(created) => created?,
    ///     Err(_elapsed) => video.created_by(&handle).await?,
    /// };
    /// println!("task {}", task.id());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn created_by(&self, handle: &CallHandle) -> Result<Task<F>, Error> {
        let output = handle.outcome().await?;
        let origin = Origin::of(&output);
        let intent = handle.intent();
        let action = intent.as_ref().map_or(F::NAME, |intent| intent.action());
        self.created(action, output.body.task_id(), origin)
    }

    fn created(&self, action: &str, id: Option<String>, origin: Origin) -> Result<Task<F>, Error> {
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            return Err(Error::no_task_id(action, origin.request_id));
        };
        let client = &self.shared.client;
        let mut handle = TaskHandle::new(F::FAMILY, id).with_created_at(client.service_time());
        if let Some(site) = client.endpoint().known_site() {
            handle = handle.with_site(site);
        }
        if let Some(account) = client.account() {
            handle = handle.with_account(account);
        }
        let task = AnyTask::new(self.shared.clone(), handle).created_by(origin);
        Ok(Task::of(task))
    }

    /// Returns a task that was created earlier, from its id alone. Sends nothing.
    #[must_use]
    pub fn task(&self, id: impl Into<String>) -> Task<F> {
        let handle = TaskHandle::new(F::FAMILY, id.into());
        Task::of(AnyTask::new(self.shared.clone(), handle))
    }
}

/// A task of one family: its [handle](TaskHandle) and a client. It can be rebuilt from its id with
/// [`Tasks::task`], or from its handle with [`Aigc::task`](crate::Aigc::task), in another process.
///
/// Tasks are equal when their ids are; as text a task is its id, and serde writes it as its handle.
/// Cheap to clone.
pub struct Task<F> {
    any: AnyTask,
    family: PhantomData<fn() -> F>,
}

/// The create that returned a task.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) request_id: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

impl Origin {
    fn of<T>(output: &Output<T>) -> Self {
        Self {
            request_id: output.request_id.clone(),
            attempts: output.attempts,
            elapsed: output.elapsed,
        }
    }
}

impl<F: Family> Task<F> {
    pub(crate) fn of(any: AnyTask) -> Self {
        Self {
            any,
            family: PhantomData,
        }
    }

    fn relabelled(self, label: impl FnOnce(TaskHandle) -> TaskHandle) -> Self {
        Self::of(self.any.relabelled(label))
    }

    /// Returns the task's id: opaque text, to be kept until the result is downloaded.
    #[must_use]
    pub fn id(&self) -> &str {
        self.any.id()
    }

    /// Returns the task's handle, to be stored.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_aigc::Aigc) -> Result<(), mps_aigc::Error> {
    /// use mps_aigc::models::CreateAigcVideoTask;
    ///
    /// let task = aigc.video().create(&CreateAigcVideoTask::new().prompt("a lighthouse")).await?;
    /// println!("{}", task.handle()); // mps1:video:4-AigcVideo-0f?created_at_ms=...
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn handle(&self) -> &TaskHandle {
        self.any.handle()
    }

    /// Returns the task for code that mixes families.
    #[must_use]
    pub fn any(&self) -> &AnyTask {
        &self.any
    }

    /// Returns the request id of the create; `None` if this task was made from an id or a handle.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.any.request_id()
    }

    /// Returns the number of times that the create was sent; 0 if this task was made from an id or a
    /// handle.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.any.attempts()
    }

    /// Returns the duration of the create, waiting included; zero if this task was made from an id or
    /// a handle.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.any.elapsed()
    }

    /// Polls once and returns the state of the task. Idempotent and free.
    ///
    /// # Errors
    /// The error of the call, with the task id.
    ///
    /// # Cancel safety
    /// Dropping the future abandons the poll and nothing else.
    pub async fn status(&self) -> Result<Snapshot, Error> {
        self.any.status().await
    }

    /// Waits until the task is done, for at most 30 minutes, and returns its results. Idempotent.
    ///
    /// All waits of a client share one poll scheduler, which polls at times learned from earlier
    /// tasks, see [`PollSettings`](crate::PollSettings).
    ///
    /// # Errors
    /// [`WaitTimedOut`](crate::ErrorKind::WaitTimedOut),
    /// [`TaskFailed`](crate::ErrorKind::TaskFailed),
    /// [`AwaitsConfirmation`](crate::ErrorKind::AwaitsConfirmation),
    /// [`Unfetchable`](crate::ErrorKind::Unfetchable) for a task that is done without a result, or
    /// the error of a poll that ends the wait, see [`WaitOptions`]. Each has the task id; waiting
    /// again is safe.
    ///
    /// # Cancel safety
    /// Dropping the future stops the polling and nothing else.
    pub async fn until_done(&self) -> Result<Done<F>, Error> {
        self.until_done_with(WaitOptions::new(), |_| {}).await
    }

    /// Waits with settings, and calls `on_event` with every event but the last one, which is the
    /// result. Otherwise as [`until_done`](Self::until_done).
    ///
    /// # Errors
    /// As for [`until_done`](Self::until_done).
    ///
    /// # Cancel safety
    /// As for [`until_done`](Self::until_done).
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_aigc::Aigc) -> Result<(), mps_aigc::Error> {
    /// use std::time::Duration;
    /// use mps_aigc::WaitOptions;
    ///
    /// let task = aigc.video().task("4-AigcVideo-0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    /// let options = WaitOptions::new().timeout(Duration::from_secs(3_600)); // default: 30 minutes
    /// let done = task.until_done_with(options, |event| println!("{event:?}")).await?;
    /// println!("{:?}", done.snapshot().urls);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn until_done_with(
        &self,
        options: WaitOptions,
        mut on_event: impl FnMut(&Event) + Send,
    ) -> Result<Done<F>, Error> {
        let mut events = self.events_with(&options);
        while let Some(update) = events.next_update().await {
            match update {
                WaitUpdate::Event(event) => on_event(&event),
                WaitUpdate::Done(snapshot, pending_at) => {
                    let results = Results::of(self.client(), self.handle(), &snapshot, pending_at);
                    return Ok(Done::new(self.clone(), *snapshot, results));
                }
                WaitUpdate::Failed(error) => return Err(error),
            }
        }
        Err(Error::no_result(self.id()))
    }

    /// Returns the events of the task as a stream, see [`AnyTask::events`].
    pub fn events(&self) -> Events {
        self.any.events()
    }

    /// Returns the events of the task with settings. Otherwise as [`events`](Self::events).
    pub fn events_with(&self, options: &WaitOptions) -> Events {
        self.any.events_with(options)
    }

    /// Returns the outcome that a snapshot of this task shows: done, failed, or `None` while the
    /// task runs.
    #[must_use]
    pub fn outcome(&self, snapshot: Snapshot) -> Option<Result<Done<F>, Error>> {
        let outcome = self.any.outcome(&snapshot)?;
        Some(outcome.map(|results| Done::new(self.clone(), snapshot, results)))
    }

    pub(crate) fn client(&self) -> &Client {
        self.any.client()
    }
}

/// A function that polls a task.
pub(crate) type Poller = for<'a> fn(
    &'a Client,
    &'a TaskHandle,
    CallOptions,
) -> BoxFuture<'a, Result<Snapshot, mps_core::Error>>;

/// Polls a task of one family.
pub(crate) fn poll<'a, F: Family>(
    client: &'a Client,
    handle: &'a TaskHandle,
    options: CallOptions,
) -> BoxFuture<'a, Result<Snapshot, mps_core::Error>> {
    Box::pin(async move {
        let request = F::describe(handle.id());
        let output = client.send_with(&request, options).await?;
        let mut snapshot = F::snapshot(output.body);
        if let Some(expected) = handle.expected() {
            snapshot.expect(F::FAMILY, expected);
        }
        Ok(snapshot)
    })
}

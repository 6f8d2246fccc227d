//! The entry of the facade: one client, and the tasks of each family.

use std::{env, sync::Arc, time::Duration};

use mps_core::{Client, ClientBuilder, Intent, credentials::DefaultChain, endpoint::Endpoint};

use crate::{
    any_task::AnyTask,
    error::Error,
    family::Family,
    handle::TaskHandle,
    task::Tasks,
    watch::{Curves, Eta, Events, Outcomes, PollSettings, WaitOptions, Watcher},
};

/// A client for AI generation on one account. Cheap to clone; clones share connections, rate limit
/// and credentials.
///
/// # Examples
/// Every setting of [`ClientBuilder`] is available:
/// ```
/// use std::time::Duration;
/// use mps_aigc::{Aigc, Credentials};
///
/// # fn example() -> Result<(), mps_aigc::Error> {
/// let builder = Aigc::builder()
///     .credentials(Credentials::new("AKIDEXAMPLE", "not a real key"))
///     .deadline(Duration::from_secs(120));
/// let aigc = Aigc::from_builder(builder)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Aigc(Arc<Shared>);

/// Everything that the clones of a client and its tasks share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) watcher: Watcher,
}

impl Aigc {
    /// Returns the builder of the underlying client, which has every setting. Finish with
    /// [`from_builder`](Self::from_builder).
    #[must_use]
    pub fn builder() -> ClientBuilder {
        Client::builder()
    }

    /// Returns a client with the settings of `builder`. Opens no connection.
    ///
    /// # Errors
    /// As for [`ClientBuilder::build`]: no credentials, an invalid region or set of endpoints, or no
    /// transport.
    pub fn from_builder(builder: ClientBuilder) -> Result<Self, Error> {
        Ok(builder.build()?.into())
    }

    /// Returns a client with default settings and the credentials of the environment: the variables
    /// `TENCENTCLOUD_SECRET_ID` and `TENCENTCLOUD_SECRET_KEY`, the credentials files, or the role of
    /// a pod or machine, in the order of [`DefaultChain`]. Sends requests to the international site, or
    /// to the endpoint that `MPS_ENDPOINT` names, for example that of an emulator; an empty value is
    /// none.
    ///
    /// This is the only function of the crate that reads the environment. To combine the
    /// environment's credentials with other settings, give
    /// [`DefaultChain::from_environment`] to [`builder`](Self::builder).
    ///
    /// # Errors
    /// As for [`from_builder`](Self::from_builder) and [`Endpoint::parse`]. Missing credentials are reported by the first
    /// call, which looks for them.
    ///
    /// # Examples
    /// ```no_run
    /// let aigc = mps_aigc::Aigc::from_env()?;
    /// # Ok::<(), mps_aigc::Error>(())
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        let mut builder = Self::builder().credentials(DefaultChain::new().from_environment());
        if let Some(endpoint) = env::var("MPS_ENDPOINT").ok().filter(|url| !url.is_empty()) {
            builder = builder.endpoint(Endpoint::parse(&endpoint)?);
        }
        Self::from_builder(builder)
    }

    /// Returns the tasks of a family, for code that is generic over families.
    #[must_use]
    pub fn tasks<F: Family>(&self) -> Tasks<F> {
        Tasks::new(self.0.clone())
    }

    fn new(client: Client, settings: PollSettings) -> Self {
        let watcher = Watcher::new(settings);
        Self(Arc::new(Shared { client, watcher }))
    }

    /// Returns this client with a poll scheduler of its own that has other settings. Call it right
    /// after the client was made: waits of earlier clones keep their scheduler, and the budgets add up.
    #[must_use]
    pub fn with_polling(self, settings: PollSettings) -> Self {
        Self::new(self.client().clone(), settings)
    }

    /// Divides the budget of the poll scheduler by the number of processes that share the account. Can
    /// be changed at any time; 1 by default. Without it, processes that share a limiter find a balance
    /// more slowly.
    pub fn share_poll_budget(&self, processes: u32) {
        self.0.watcher.share_budget(processes);
    }

    /// Returns what was learned of the durations of tasks, to be stored for [`learn`](Self::learn).
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(old: mps_aigc::Aigc, new: mps_aigc::Aigc) -> Result<(), Box<dyn std::error::Error>> {
    /// std::fs::write("curves.json", serde_json::to_vec(&old.curves())?)?;
    /// // After a restart:
    /// let curves = serde_json::from_slice(&std::fs::read("curves.json")?)?;
    /// new.learn(&curves);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn curves(&self) -> Curves {
        self.0.watcher.curves()
    }

    /// Adds what was learned of the durations of tasks before, once: a second time counts it twice.
    pub fn learn(&self, curves: &Curves) {
        self.0.watcher.learn(curves);
    }

    /// Returns the estimated time until a task is done, or `None` if its age or the durations of such
    /// tasks are not known. Sends nothing.
    #[must_use]
    pub fn estimate(&self, task: &TaskHandle) -> Option<Eta> {
        let now = self.client().service_time();
        let age = now.duration_since(task.created_at()?).unwrap_or_default();
        self.0.watcher.estimate(task, age)
    }

    /// Returns the events of many tasks, of any family, as one stream. Polls them with the budget of
    /// the client and the default [`WaitOptions`]: each task for at most 30 minutes from now.
    ///
    /// Needs at most 300 bytes a task, the handle included. Polls of tasks whose handle has the time of
    /// their creation start by their age.
    ///
    /// [`Progress`](crate::Event::Progress) needs learned durations, which a new client has none of: keep those
    /// of earlier runs, see [`curves`](Self::curves).
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_aigc::Aigc, handles: Vec<mps_aigc::TaskHandle>) {
    /// use mps_aigc::Event;
    ///
    /// let mut events = aigc.watch_all(handles);
    /// while let Some(event) = events.next().await {
    ///     match event {
    ///         Event::Progress { task, eta, .. } => println!("{}: {:?} left", task.id(), eta.p50),
    ///         Event::PollTrouble { since, .. } => eprintln!("no answer for {since:?}; waiting on"),
    ///         Event::Done { task, results, .. } => println!("{}: {}", task.id(), results.files.len()),
    ///         Event::Failed { error, .. } => eprintln!("{error}"),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub fn watch_all<I>(&self, tasks: I) -> Events
    where
        I: IntoIterator<Item = TaskHandle>,
        I::IntoIter: ExactSizeIterator,
    {
        self.watch_all_with(tasks, &WaitOptions::new())
    }

    /// Watches many tasks with settings. Otherwise as [`watch_all`](Self::watch_all).
    pub fn watch_all_with<I>(&self, tasks: I, options: &WaitOptions) -> Events
    where
        I: IntoIterator<Item = TaskHandle>,
        I::IntoIter: ExactSizeIterator,
    {
        let tasks = tasks.into_iter().map(|handle| self.task(handle));
        Events::new(self.0.clone(), tasks, options)
    }

    /// Waits for many tasks and returns their results in the order in which they are noticed, as a
    /// stream. Otherwise as [`watch_all`](Self::watch_all).
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_aigc::Aigc, handles: Vec<mps_aigc::TaskHandle>) {
    /// let mut outcomes = aigc.wait_all(handles);
    /// while let Some((task, outcome)) = outcomes.next().await {
    ///     match outcome {
    ///         Ok(results) => println!("{}: {:?}", task.id(), results.expires_at()),
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// }
    /// # }
    /// ```
    pub fn wait_all<I>(&self, tasks: I) -> Outcomes
    where
        I: IntoIterator<Item = TaskHandle>,
        I::IntoIter: ExactSizeIterator,
    {
        self.watch_all(tasks).outcomes()
    }

    /// Returns the task of a handle, whatever its family. Sends nothing.
    ///
    /// [`AnyTask::typed`] returns it as a task of one family.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_aigc::Aigc) -> Result<(), Box<dyn std::error::Error>> {
    /// let task = aigc.task("mps1:video:4-AigcVideo-0f?model=Kling".parse()?);
    /// println!("{} is {}", task.id(), task.status().await?.status);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn task(&self, handle: TaskHandle) -> AnyTask {
        AnyTask::new(self.0.clone(), handle)
    }

    /// Returns the underlying client, for actions that have no method here.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Waits until no create is on the wire, for at most `limit`, and returns the requests that
    /// still are: each of them is in doubt. An empty list means that every outcome was delivered.
    ///
    /// Call it before a program ends. A create whose future is dropped while its request is on the
    /// wire continues in a task of the runtime, and would end with the runtime. Its outcome is
    /// delivered to the [`Observer`](mps_core::Observer) and to the
    /// [`CallHandle`](mps_core::CallHandle), see [`Tasks::created_by`].
    ///
    /// # Cancel safety
    /// Dropping the future ends the waiting and nothing else.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_aigc::Aigc) {
    /// use std::time::Duration;
    ///
    /// for intent in aigc.drain(Duration::from_secs(60)).await {
    ///     eprintln!("in doubt: {} of attempt {}", intent.action(), intent.attempt());
    /// }
    /// # }
    /// ```
    pub async fn drain(&self, limit: Duration) -> Vec<Intent> {
        self.client().drain(limit).await
    }
}

impl From<Client> for Aigc {
    fn from(client: Client) -> Self {
        Self::new(client, PollSettings::new())
    }
}

impl TryFrom<ClientBuilder> for Aigc {
    type Error = Error;

    fn try_from(builder: ClientBuilder) -> Result<Self, Error> {
        Self::from_builder(builder)
    }
}

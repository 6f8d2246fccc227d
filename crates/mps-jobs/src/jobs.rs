//! Durable jobs: the entry of this crate.

use std::{fmt, path::PathBuf, sync::Arc};

use futures_util::Stream;
use mps_aigc::{Aigc, Create, Site, UntypedCall};
use mps_core::{clock::SystemClock, limit::Account};
use tokio::sync::Notify;

use crate::{
    amount::Amount,
    error::JobsError,
    events::{self, JobEvent},
    job::Job,
    ledger::{BatchId, Filter, Item, Key, Ledger, LedgerError, Resolution},
    report::Report,
    request::{Priced, Request},
    runner::{self, OnWire, Until},
    settings::Settings,
    step::{self, Step},
    submit::Submit,
};

/// Jobs in a ledger: each is a request under a key, which is sent once, followed and fetched, across
/// restarts and processes. Cheap to clone; clones share the ledger.
///
/// Jobs are submitted from anywhere ([`submit`](Self::submit)) and done by every process that calls
/// [`run`](Self::run) on the same ledger. A request that may have been billed is never sent again by
/// itself: such a job is in doubt until a person [decides](Self::resolve).
///
/// # Examples
/// ```no_run
/// use mps_jobs::{Jobs, aigc::{Aigc, models::CreateAigcVideoTask}};
///
/// # async fn example(shutdown: impl Future<Output = ()> + Send) -> Result<(), Box<dyn std::error::Error>> {
/// let jobs = Jobs::open("clips.db").await?.max_seconds(3_000);
/// let fox = CreateAigcVideoTask::new().model_name("Kling").prompt("a fox in the snow").duration(5);
/// jobs.submit("fox", fox).out("clips/{key}.{ext}").await?;
/// let report = jobs.run_until_empty(Aigc::from_env()?, shutdown).await?;
/// println!("{report}"); // 1 fetched, 5 of 3,000 s
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Jobs {
    /// An error of a ledger in memory is reported by the first operation.
    ledger: Result<Ledger, LedgerError>,
    pub(crate) settings: Arc<Settings>,
    /// Wakes the runner and the streams of events of this process.
    pub(crate) changed: Arc<Notify>,
    /// The creates of this process that are on the wire.
    pub(crate) on_wire: OnWire,
}

impl Jobs {
    /// Opens the ledger at a location and creates it if there is none: the path of a file, also as
    /// `sqlite:PATH`, or `postgres://...` with the feature `postgres`.
    ///
    /// # Errors
    /// [`JobsError::Ledger`], whose [kind](LedgerError::kind) says why.
    ///
    /// # Cancel safety
    /// As [`Ledger::open`].
    pub async fn open(location: &str) -> Result<Self, JobsError> {
        let ledger = Ledger::open(location, SystemClock::shared()).await?;
        Ok(ledger.into())
    }

    /// Returns jobs in memory, for tests. They end with the last clone.
    ///
    /// Its operations run within the call, so that tests on a paused clock work.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::on(Ledger::in_memory(SystemClock::shared()))
    }

    fn on(ledger: Result<Ledger, LedgerError>) -> Self {
        Self {
            ledger,
            settings: Arc::default(),
            changed: Arc::default(),
            on_wire: OnWire::default(),
        }
    }

    /// Sets the name of the batch that these jobs belong to. Default: `jobs`. Keys are unique in a
    /// batch, and a run does the jobs of its own batch only, so use one name for one project, for example
    /// `spring-2026`.
    #[must_use]
    pub fn batch(self, name: impl Into<String>) -> Self {
        self.with(|settings| settings.batch = name.into())
    }

    /// Sets the folder below which results are saved, for example `/srv/clips`. Default: the current
    /// folder.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> Self {
        self.with(|settings| settings.folder = folder.into())
    }

    /// Sets the name of the account that pays, which its users agreed on, for example `studio`. Default: the account of the
    /// client that runs the jobs. The batch is bound to the account of its first run.
    #[must_use]
    pub fn account(self, name: impl Into<String>) -> Self {
        self.paid_by(Account::from_name(&name.into()))
    }

    /// Sets the account that pays, like [`account`](Self::account): for example that of a credentials
    /// profile.
    #[must_use]
    pub fn paid_by(self, account: Account) -> Self {
        self.with(|settings| settings.account = Some(account))
    }

    /// Sets the site whose facts requests are checked against when they are submitted. By default those
    /// of every site: what only some of them refuse is then a warning.
    #[must_use]
    pub fn site(self, site: Site) -> Self {
        self.with(|settings| settings.site = Some(site))
    }

    /// Sets the cap on billed seconds of the batch, over all processes and runs. None by default.
    ///
    /// It is kept in the ledger and compared in the transaction that records the intent to send. Seconds
    /// of jobs in doubt count. A video whose billed seconds are not known, for example one
    /// without a duration, is then refused by [`submit`](Self::submit).
    #[must_use]
    pub fn max_seconds(self, seconds: u64) -> Self {
        self.with(|settings| settings.max_seconds = Some(seconds))
    }

    /// Sets the cap on money of the batch, like [`max_seconds`](Self::max_seconds). None by default.
    /// A job without a [price](Submit::price) is then refused.
    #[must_use]
    pub fn max_spend(self, amount: Amount) -> Self {
        self.with(|settings| settings.max_spend = Some(amount))
    }

    /// Sets a function that returns the price of a request, for jobs that are submitted without one,
    /// for example its seconds at the rate of its model. None by default.
    #[must_use]
    pub fn price_table(
        self,
        price: impl Fn(&Priced<'_>) -> Option<Amount> + Send + Sync + 'static,
    ) -> Self {
        self.with(|settings| settings.prices = Some(Arc::new(price)))
    }

    /// Sets the largest number of tasks of this process that are being sent or rendered at the same
    /// time. No bound by default: the service has its own.
    #[must_use]
    pub fn concurrency(self, tasks: usize) -> Self {
        self.with(|settings| settings.concurrency = tasks.max(1))
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Returns the ledger, for everything that has no method here.
    ///
    /// # Errors
    /// [`LedgerError`] if a ledger in memory could not be created.
    pub fn ledger(&self) -> Result<&Ledger, LedgerError> {
        self.ledger.as_ref().map_err(Clone::clone)
    }

    /// Records a request under a key. Await the returned value, after setting its options. Sends
    /// nothing: [`run`](Self::run) does.
    ///
    /// Idempotent: the same key with the same request is the same job and one bill, at any time. The
    /// signatures of URLs do not count, see [`content_hash`](crate::content_hash).
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(jobs: mps_jobs::Jobs) -> Result<(), mps_jobs::JobsError> {
    /// use mps_jobs::aigc::models::CreateAigcImageTask;
    ///
    /// let request = CreateAigcImageTask::new().prompt("a lighthouse");
    /// let job = jobs.submit("lighthouse", request).out("images/{key}.{ext}").await?;
    /// println!("{} is {}", job.key(), job.state());
    /// # Ok(())
    /// # }
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a request is usually built for this call"
    )]
    pub fn submit<C: Create>(&self, key: impl Into<String>, request: C) -> Submit<'_> {
        Submit::new(
            self,
            key.into(),
            Request::typed(&request, self.settings.site),
        )
    }

    /// Records a request whose body is JSON, of any action that creates tasks. Otherwise as
    /// [`submit`](Self::submit).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a request is usually built for this call"
    )]
    pub fn submit_untyped(&self, key: impl Into<String>, call: UntypedCall) -> Submit<'_> {
        Submit::new(
            self,
            key.into(),
            Request::untyped(&call, self.settings.site),
        )
    }

    /// Does the jobs of the batch until `shutdown` is ready: sends what was submitted within the rate
    /// limit, follows the tasks, and saves the results. Continues what earlier processes left.
    ///
    /// On shutdown it starts nothing new, waits for the answers of creates that are on the wire, and
    /// records them; partial files stay and are continued by the next run. Any number of processes may
    /// run one ledger. Run each [`Jobs`] once at a time.
    ///
    /// # Errors
    /// [`JobsError::Ledger`] if the ledger fails at the beginning or for the report,
    /// [`JobsError::Client`] if the account's credentials are not found. Trouble in between is waited
    /// out, see [`Report::stopped`].
    ///
    /// # Cancel safety
    /// Dropping the future loses no answer while the runtime exists: creates on the wire are finished
    /// and recorded by it. Prefer `shutdown`, which waits for them.
    pub async fn run<S>(self, aigc: Aigc, shutdown: S) -> Result<Report, JobsError>
    where
        S: Future + Send,
    {
        Box::pin(runner::run(&self, &aigc, shutdown, Until::Shutdown)).await
    }

    /// Does the jobs of the batch until none is left, or until `shutdown` is ready. Otherwise as
    /// [`run`](Self::run).
    ///
    /// Jobs in doubt are left, and so are jobs that a cap keeps from starting, and results that cannot
    /// be saved. Waits for jobs of other processes.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    ///
    /// # Cancel safety
    /// As [`run`](Self::run).
    pub async fn run_until_empty<S>(&self, aigc: Aigc, shutdown: S) -> Result<Report, JobsError>
    where
        S: Future + Send,
    {
        Box::pin(runner::run(self, &aigc, shutdown, Until::Empty)).await
    }

    /// Records the request if its key is new, does what is next for it, and returns how far it is: one
    /// idempotent call for the activity of a workflow engine. Repeat it until it is done.
    ///
    /// It sends, polls or fetches at most once, and is safe to repeat after a crash at any moment.
    ///
    /// # Errors
    /// As [`submit`](Self::submit) and [`run`](Self::run).
    ///
    /// # Cancel safety
    /// As [`run`](Self::run).
    pub async fn step<C: Create>(
        &self,
        aigc: &Aigc,
        key: &Key,
        request: C,
    ) -> Result<Step, JobsError> {
        let submit = self.submit(key.as_str(), request);
        Box::pin(step::step(self, aigc, submit)).await
    }

    /// Returns the job with a key, or `None` if there is none. Never asks the service.
    ///
    /// # Errors
    /// [`JobsError::Ledger`].
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn get(&self, key: &Key) -> Result<Option<Job>, JobsError> {
        let ledger = self.ledger()?;
        match ledger.find(&self.settings.batch()?, key).await? {
            Some(item) => Ok(Some(Job::of(ledger, item).await?)),
            None => Ok(None),
        }
    }

    /// Returns a page of the jobs of the batch that a filter selects, oldest first. To read on, set
    /// [`Filter::after`].
    ///
    /// # Errors
    /// [`JobsError::Ledger`].
    ///
    /// # Cancel safety
    /// Reads only.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(jobs: mps_jobs::Jobs) -> Result<(), mps_jobs::JobsError> {
    /// use mps_jobs::{State, ledger::Filter};
    ///
    /// let failed = Filter { states: vec![State::Failed], ..Filter::default() };
    /// for item in jobs.tasks(failed).await? {
    ///     println!("{}: {:?}", item.key, item.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn tasks(&self, filter: Filter) -> Result<Vec<Item>, JobsError> {
        let batch = Some(self.settings.batch()?);
        Ok(self.ledger()?.list(&Filter { batch, ..filter }).await?)
    }

    /// Returns the changes of jobs from now on, those of other processes included; that of a new job
    /// is that it is claimed. It ends with an error of the ledger.
    ///
    /// On a shared server, a change that was made at the same moment as another one may be missing: ask
    /// for the [job](Self::get) where each change matters.
    ///
    /// To begin elsewhere, see [`events_after`](Self::events_after).
    pub fn events(&self) -> impl Stream<Item = Result<JobEvent, JobsError>> + Send + use<> {
        events::stream(self.clone(), None)
    }

    /// Returns the changes of jobs after the one with this [number](JobEvent::n); 0 begins with the
    /// first. Otherwise as [`events`](Self::events).
    pub fn events_after(
        &self,
        n: i64,
    ) -> impl Stream<Item = Result<JobEvent, JobsError>> + Send + use<> {
        events::stream(self.clone(), Some(n))
    }

    /// Records a person's decision about a job in doubt, and returns the job.
    ///
    /// # Errors
    /// [`JobsError::NotFound`], or [`JobsError::Ledger`], for example
    /// [`WrongState`](crate::LedgerErrorKind::WrongState) if the job is not in doubt.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn resolve(&self, key: &Key, decision: Resolution) -> Result<Job, JobsError> {
        let item = self.item(key).await?;
        let item = self.ledger()?.resolve(&item.row, decision).await?;
        self.changed.notify_waiters();
        Ok(Job::of(self.ledger()?, item).await?)
    }

    /// Plans a job again that was refused, has failed, expired, or was given up, and returns it. It is
    /// billed again if it was billed before.
    ///
    /// # Errors
    /// [`JobsError::NotFound`], or [`JobsError::Ledger`], for example
    /// [`WrongState`](crate::LedgerErrorKind::WrongState) for a job in another state.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn retry(&self, key: &Key) -> Result<Job, JobsError> {
        let item = self.item(key).await?;
        let item = self.ledger()?.retry(&item.row).await?;
        self.changed.notify_waiters();
        Ok(Job::of(self.ledger()?, item).await?)
    }

    async fn item(&self, key: &Key) -> Result<Item, JobsError> {
        let found = self.ledger()?.find(&self.batch_id()?, key).await?;
        found.ok_or_else(|| JobsError::NotFound(key.clone()))
    }

    pub(crate) fn batch_id(&self) -> Result<BatchId, LedgerError> {
        self.settings.batch()
    }
}

impl From<Ledger> for Jobs {
    fn from(ledger: Ledger) -> Self {
        Self::on(Ok(ledger))
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs")
            .field("ledger", &self.ledger)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

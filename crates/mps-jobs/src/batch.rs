//! Batches: a manifest becomes a folder of results.

mod chunks;
mod error;
mod prepare;
pub(crate) mod sidecar;
mod source;

use mps_aigc::Aigc;

pub use self::{
    error::{BatchError, ChangedRow},
    prepare::{PrepareOptions, PreparedBatch},
};
use crate::{
    error::JobsError,
    jobs::Jobs,
    ledger::{BatchStatus, ExportedRow, Key, Retried},
    manifest::{Manifest, ManifestRow},
    report::Report,
    runner,
    state::State,
    submit::Submit,
};

impl Jobs {
    /// Sets that a JSON file is written beside each result, with its prompt, parameters, model, task id
    /// and SHA-256: `clip.mp4.json` for `clip.mp4`, readable by its owner only. Not by default.
    ///
    /// It is written before the result is recorded as fetched, appears complete, and replaces no file of
    /// another content. URLs in it are without their signatures.
    #[must_use]
    pub fn sidecar(self, is_wanted: bool) -> Self {
        self.with(|settings| settings.sidecar = is_wanted)
    }

    /// Compares a manifest with the rows that the ledger has of the batch, and returns it ready to be
    /// run. Records and sends nothing.
    ///
    /// Rows are found by their id: unchanged ones continue, new ones are added. The rows are not
    /// validated: [`plan`](crate::plan::plan) does.
    ///
    /// # Errors
    /// [`JobsError::Batch`] if the name belongs to a manifest of another place, if rows differ from those
    /// that the ledger has, and if a row alone exceeds a cap; [`JobsError::UnknownSeconds`] and
    /// [`JobsError::UnknownPrice`] if there is a cap; [`JobsError::Ledger`].
    ///
    /// # Cancel safety
    /// Reads only.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_jobs::aigc::Aigc) -> Result<(), Box<dyn std::error::Error>> {
    /// use mps_jobs::{Jobs, PrepareOptions, manifest::Manifest};
    ///
    /// let manifest = Manifest::open("foxes.csv")?;
    /// let jobs = Jobs::open("clips.db").await?.batch("foxes").folder("clips");
    /// let batch = jobs.prepare(&manifest, PrepareOptions::default()).await?;
    /// let report = batch.run(&aigc, mps_jobs::never()).await?;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn prepare(
        &self,
        manifest: &Manifest,
        options: PrepareOptions,
    ) -> Result<PreparedBatch, JobsError> {
        Box::pin(prepare::prepare(self, manifest, options)).await
    }

    /// Sets the manifest from which jobs of the batch are [submitted](Self::submit_row) one by one.
    /// `joins` as in [`PrepareOptions::joins`].
    ///
    /// # Errors
    /// [`JobsError::Batch`] if the name belongs to a manifest of another place; [`JobsError::Ledger`].
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn from_manifest(self, manifest: &Manifest, joins: bool) -> Result<Self, JobsError> {
        let (jobs, _) = prepare::with_source(&self, manifest, joins).await?;
        Ok(jobs)
    }

    /// Records the request of a row of a manifest. Await the returned value, or
    /// [step](Submit::step) it. Otherwise as [`submit`](Self::submit), except that the
    /// [findings](ManifestRow::report) of the row are not looked at.
    pub fn submit_row(&self, row: ManifestRow) -> Submit<'_> {
        let ManifestRow {
            key, out, request, ..
        } = row;
        Submit::new(self, key.into(), Ok(request.accepted())).named(out)
    }

    /// Fetches everything that is done and not fetched, the earliest expiry first. Polls each created
    /// task once, since it may be done, and sends no create. Idempotent.
    ///
    /// Results that cannot be saved are tried again for some minutes and then left.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    ///
    /// # Cancel safety
    /// Partial files stay, and the next run or rescue continues them.
    pub async fn rescue<S>(&self, aigc: &Aigc, shutdown: S) -> Result<Report, JobsError>
    where
        S: Future + Send,
    {
        Box::pin(runner::rescue(self, aigc, shutdown)).await
    }

    /// Returns the state of the batch, with the keys of up to `limit` jobs in doubt; `None` if nothing
    /// was submitted yet. Never asks the service.
    ///
    /// # Errors
    /// [`JobsError::Ledger`].
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn status(&self, limit: u32) -> Result<Option<BatchStatus>, JobsError> {
        Ok(self.ledger()?.status(&self.batch_id()?, limit).await?)
    }

    /// Plans every refused, failed and unsent job of the batch again. Expired and abandoned ones were
    /// billed, and are planned again by [`retry`](Self::retry) only. Idempotent.
    ///
    /// # Errors
    /// [`JobsError::Ledger`].
    ///
    /// # Cancel safety
    /// A dropped call may have planned some of the jobs. Repeat it.
    pub async fn retry_all(&self) -> Result<Retried, JobsError> {
        let states = [State::Refused, State::Failed, State::Unsent];
        let retried = self.ledger()?.retry_all(&self.batch_id()?, &states).await?;
        self.changed.notify_waiters();
        Ok(retried)
    }

    /// Returns up to `limit` jobs of the batch after the row with number `after` (0 begins with the
    /// first), with their results and `with_bodies` their requests.
    ///
    /// # Errors
    /// [`JobsError::Ledger`].
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn export(
        &self,
        after: i64,
        limit: usize,
        with_bodies: bool,
    ) -> Result<Vec<ExportedRow>, JobsError> {
        let (ledger, batch) = (self.ledger()?, self.batch_id()?);
        Ok(ledger.export(&batch, after, limit, with_bodies).await?)
    }

    /// Returns the keys of the jobs whose creates are on the wire of this process, for example to name
    /// them before it ends at once: they would be in doubt.
    #[must_use]
    pub fn on_wire(&self) -> Vec<Key> {
        self.on_wire.keys()
    }

    /// Returns `true` if this process may have sent a create of these jobs.
    #[must_use]
    pub fn has_sent(&self) -> bool {
        self.on_wire.has_sent()
    }
}

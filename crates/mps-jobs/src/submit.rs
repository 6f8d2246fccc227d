//! Recording a request under a key.

use std::{borrow::Cow, future::IntoFuture};

use mps_aigc::Aigc;
use mps_core::BoxFuture;

use crate::{
    amount::Amount,
    error::JobsError,
    job::Job,
    jobs::Jobs,
    ledger::{BatchId, Imported, Item, Key, LedgerErrorKind, NewBatch, NewItem},
    out,
    request::{Request, Terms},
    state::State,
    step::{self, Step},
};

/// A request that is about to be recorded. Returned by [`Jobs::submit`]; await it.
#[must_use = "nothing is recorded unless it is awaited"]
pub struct Submit<'a> {
    jobs: &'a Jobs,
    key: String,
    request: Result<Request, JobsError>,
    out: Cow<'a, str>,
    price: Option<Amount>,
    again: bool,
}

impl<'a> Submit<'a> {
    pub(crate) fn new(jobs: &'a Jobs, key: String, request: Result<Request, JobsError>) -> Self {
        Self {
            jobs,
            key,
            request,
            out: Cow::Borrowed(out::DEFAULT),
            price: None,
            again: false,
        }
    }
}

impl<'a> Submit<'a> {
    /// Sets the name of the output file below the [folder](Jobs::folder). Default: `{key}.{ext}`.
    ///
    /// `{key}` is replaced by the key, with characters that file names cannot have replaced by `_`,
    /// and `{ext}` by the extension of the result. Further results of a task are saved as `name-2`,
    /// `name-3`.
    pub fn out(mut self, template: &'a str) -> Self {
        self.out = Cow::Borrowed(template);
        self
    }

    pub(crate) fn named(mut self, out: String) -> Self {
        self.out = Cow::Owned(out);
        self
    }

    /// Sets the price. Default: that of the [price table](Jobs::price_table).
    pub fn price(mut self, price: Amount) -> Self {
        self.price = Some(price);
        self
    }

    /// Plans the job again if it was refused, has failed, expired, or was given up; see
    /// [`Jobs::retry`]. By default such a job is returned as it is.
    pub fn again(mut self) -> Self {
        self.again = true;
        self
    }

    /// Records the request if its key is new, does what is next for it, and returns how far it is. See
    /// [`Jobs::step`].
    ///
    /// # Errors
    /// As [`Jobs::step`].
    ///
    /// # Cancel safety
    /// As [`Jobs::step`].
    pub async fn step(self, aigc: &Aigc) -> Result<Step, JobsError> {
        let jobs = self.jobs;
        Box::pin(step::step(jobs, aigc, self)).await
    }

    async fn record(self) -> Result<Job, JobsError> {
        let (jobs, ledger) = (self.jobs, self.jobs.ledger()?);
        let (batch, key) = (jobs.batch_id()?, Key::try_from(self.key)?);
        let request = self.request?;
        let settings = &jobs.settings;
        let listed = settings.prices.as_ref();
        let listed = || listed.and_then(|price| price(&request.priced()));
        let terms = Terms {
            out: out::named(&self.out, &key)?,
            price: self.price.or_else(listed).map(Amount::micros),
            has_seconds_cap: settings.max_seconds.is_some(),
            has_money_cap: settings.max_spend.is_some(),
        };
        let new = request.clone().into_item(key.clone(), &terms)?;
        let imported = import(jobs, &batch, new, &terms.out).await?;
        let item = ledger.find(&batch, &key).await?;
        let item = item.ok_or_else(|| JobsError::NotFound(key.clone()))?;
        if !imported.changed.is_empty() {
            let body = ledger.body(&item.row).await?.unwrap_or_default();
            let members = request.differing_members(&body);
            return Err(JobsError::Differs { key, members });
        }
        let item = if self.again && can_be_repeated(&item) {
            ledger.retry(&item.row).await?
        } else {
            item
        };
        jobs.changed.notify_waiters();
        Ok(Job::of(ledger, item).await?)
    }
}

/// Adds the row to the batch, which the first row creates.
async fn import(
    jobs: &Jobs,
    batch: &BatchId,
    new: NewItem,
    out: &str,
) -> Result<Imported, JobsError> {
    let ledger = jobs.ledger()?;
    let mut imported = ledger.import(batch, vec![new.clone()]).await;
    if is(&imported, LedgerErrorKind::NotFound) {
        let (id, source) = (batch.clone(), jobs.settings.source.clone());
        ledger.create_batch(NewBatch { id, source }).await?;
        imported = ledger.import(batch, vec![new]).await;
    }
    if is(&imported, LedgerErrorKind::InvalidName) {
        return Err(JobsError::InvalidName {
            name: out.to_owned(),
            reason: "belongs to another job",
        });
    }
    Ok(imported?)
}

fn is<T>(done: &Result<T, crate::LedgerError>, kind: LedgerErrorKind) -> bool {
    done.as_ref().is_err_and(|error| error.kind() == kind)
}

fn can_be_repeated(item: &Item) -> bool {
    item.state.is_ended() && item.state != State::Fetched
}

impl<'a> IntoFuture for Submit<'a> {
    type Output = Result<Job, JobsError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.record())
    }
}

impl std::fmt::Debug for Submit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Submit")
            .field("key", &self.key)
            .field("out", &self.out)
            .field("again", &self.again)
            .finish_non_exhaustive()
    }
}

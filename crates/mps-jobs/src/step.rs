//! A single idempotent call for the activities of workflow engines.

use std::sync::Arc;

use mps_aigc::{Aigc, TaskHandle};

use crate::{
    doubt::DoubtPage,
    error::JobsError,
    job::{Job, JobFile},
    jobs::Jobs,
    ledger::{Item, LedgerError},
    runner::{self, Work, fetch, follow, send, upkeep},
    state::State,
    submit::Submit,
};

/// The state of a job after a [`step`](Jobs::step).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step {
    /// The results are saved.
    Done(Vec<JobFile>),
    /// It is waiting, being sent, rendered or fetched. Repeat the step later.
    StillRunning,
    /// Its create may have been executed and billed. A person decides.
    InDoubt(Box<DoubtPage>),
    /// The service refused the request; nothing was created. The reason.
    Refused(String),
    /// The task failed, or was given up by a person. The reason.
    Failed(String),
    /// The results were deleted before they were saved.
    Expired(TaskHandle),
}

pub(crate) async fn step(jobs: &Jobs, aigc: &Aigc, submit: Submit<'_>) -> Result<Step, JobsError> {
    runner::check_account(jobs, aigc).await?;
    let key = submit.await?.key().clone();
    let work = Box::pin(runner::begin(jobs, aigc)).await?;
    let found = |job: Option<Job>| job.ok_or_else(|| JobsError::NotFound(key.clone()));
    let job = found(jobs.get(&key).await?)?;
    tokio::select! {
        moved = advance(&work, job.item()) => moved?,
        () = upkeep::keep_claims(&work) => {}
    }
    let job = found(jobs.get(&key).await?)?;
    outcome(jobs, aigc, &job).await
}

/// Does what is next for a row: sends, polls or fetches it.
async fn advance(work: &Arc<Work>, item: &Item) -> Result<(), JobsError> {
    match item.state {
        State::Planned => claim_and_send(work, item).await?,
        State::Created => {
            if let Some(handle) = item.handle(work.aigc.client()) {
                let task = work.aigc.task(handle);
                follow::poll(work, item, &task).await?;
            }
        }
        State::Done => {
            if let Some(reason) = fetch::fetch(work, item).await? {
                tracing::warn!(reason, key = %item.key, "the results could not be saved");
            }
        }
        _ => {}
    }
    Ok(())
}

/// Claims and sends a row in a task of its own. When this future is dropped, as workflow engines do
/// after a timeout, nothing more is sent, and the answer to a create on the wire is recorded without it.
async fn claim_and_send(work: &Arc<Work>, item: &Item) -> Result<(), LedgerError> {
    // Dropped with this future, which requests the stop.
    let (_stopper, stop) = runner::never();
    let (work, row) = (work.clone(), item.row.clone());
    let sending = tokio::spawn(Box::pin(async move {
        if let Some(claim) = work.ledger.claim_row(&row).await? {
            send::send(&work, claim, None, &stop).await;
        }
        Ok(())
    }));
    // After a panic the row shows how far it came.
    sending.await.unwrap_or(Ok(()))
}

async fn outcome(jobs: &Jobs, aigc: &Aigc, job: &Job) -> Result<Step, JobsError> {
    let item = job.item();
    let reason = || {
        item.message
            .clone()
            .or_else(|| item.code.clone())
            .unwrap_or_default()
    };
    Ok(match item.state {
        State::Fetched => Step::Done(job.files()),
        State::InDoubt => {
            let page = DoubtPage::of(jobs.ledger()?, item).await?;
            Step::InDoubt(Box::new(page))
        }
        State::Refused | State::Unsent => Step::Refused(reason()),
        State::Failed => Step::Failed(reason()),
        State::Abandoned => Step::Failed("given up by a person".to_owned()),
        State::Expired => match job.handle(aigc.client()) {
            Some(handle) => Step::Expired(handle),
            None => Step::Failed(reason()),
        },
        _ => Step::StillRunning,
    })
}

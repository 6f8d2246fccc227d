//! The runner: four loops that move rows through the states of the ledger.
//!
//! ```text
//! planned --start--> sending --answer--> created --follow--> done --fetch--> fetched
//! ```
//!
//! | loop | file |
//! |---|---|
//! | claims planned rows and sends them | `start.rs`, `send.rs`, `outcome.rs` |
//! | waits for created tasks | `follow.rs` |
//! | saves the results of done tasks | `fetch.rs` |
//! | renews leases, takes over the rows of processes that have ended | `upkeep.rs` |
//!
//! The ledger is the queue between them: each loop takes rows in one state, so that it makes no
//! difference whether a row got there a moment ago, before a restart, or in another process.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::select;
use mps_aigc::Aigc;
use mps_core::{BoxFuture, limit::Account, sync::lock};

use crate::{
    error::JobsError,
    jobs::Jobs,
    ledger::NewBatch,
    report::{Report, Stopped},
};

mod claims;
mod emptied;
pub(crate) mod fetch;
pub(crate) mod follow;
mod on_wire;
mod outcome;
mod pace;
mod rescue;
pub(crate) mod restore;
pub(crate) mod send;
mod start;
mod stop;
pub(crate) mod upkeep;
mod work;

pub(crate) use self::{
    on_wire::{OnWire, WireEntry},
    rescue::rescue,
    stop::never,
    work::Work,
};

/// Longest time after which a change by another process is noticed.
const PAUSE: Duration = Duration::from_secs(1);

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// When the caller asks for it.
    Shutdown,
    /// When no job is left, or when the caller asks for it.
    Empty,
}

/// Work that adds rows to the batch of a run. The run does not end before it.
pub(crate) type Feed<'a> = BoxFuture<'a, Result<(), JobsError>>;

pub(crate) async fn run<S: Future>(
    jobs: &Jobs,
    aigc: &Aigc,
    shutdown: S,
    until: Until,
) -> Result<Report, JobsError> {
    let work = Box::pin(begin(jobs, aigc)).await?;
    let feed = Box::pin(std::future::ready(Ok(())));
    Box::pin(run_fed(&work, shutdown, until, feed)).await
}

/// Does the jobs of a batch while `feed` adds rows to it.
pub(crate) async fn run_fed<S: Future>(
    work: &Arc<Work>,
    shutdown: S,
    until: Until,
    feed: Feed<'_>,
) -> Result<Report, JobsError> {
    work.ledger.adopt(&work.batch).await?;
    let (stopper, stop) = stop::new();
    let unfed = Mutex::new(None);
    let end = async {
        let all_done = async {
            match feed.await {
                Ok(()) if until == Until::Empty => emptied::emptied(work).await,
                Ok(()) => std::future::pending().await,
                Err(error) => *lock(&unfed) = Some(error),
            }
        };
        select(pin!(shutdown), pin!(all_done)).await;
        stopper.stop();
        std::future::pending::<()>().await;
    };
    // On the heap: together they would need much of a thread's stack.
    let loops = (
        Box::pin(follow::run(work)),
        Box::pin(fetch::run(work)),
        Box::pin(upkeep::run(work)),
    );
    tokio::select! {
        // Ends when it was stopped and every create on the wire is answered and recorded.
        () = Box::pin(start::run(work, &stop)) => {}
        _ = async { tokio::join!(end, loops.0, loops.1, loops.2) } => {}
    }
    work.keep_curves().await;
    work.ledger.release(&work.batch).await?;
    let mut report = report(work).await?;
    let unfed = lock(&unfed).take();
    report.stopped = unfed.map(Stopped::Import).or(report.stopped);
    Ok(report)
}

/// Returns an error if the batch belongs to another account or endpoint. Changes nothing.
pub(crate) async fn check_account(jobs: &Jobs, aigc: &Aigc) -> Result<(), JobsError> {
    let batch = jobs.ledger()?.batch(&jobs.batch_id()?).await?;
    if let Some(batch) = batch {
        let account = account(jobs, aigc).await?;
        batch.check_account(&account.to_string(), aigc.client().endpoint().host())?;
    }
    Ok(())
}

async fn account(jobs: &Jobs, aigc: &Aigc) -> Result<Account, JobsError> {
    Ok(match &jobs.settings.account {
        Some(account) => account.clone(),
        None => aigc.client().identify().await?.clone(),
    })
}

/// Binds the batch to the client's account, and releases the claims of processes that have ended.
pub(crate) async fn begin(jobs: &Jobs, aigc: &Aigc) -> Result<Arc<Work>, JobsError> {
    let (ledger, batch) = (jobs.ledger()?, jobs.batch_id()?);
    let account = account(jobs, aigc).await?;
    let endpoint = aigc.client().endpoint().host();
    let (id, source) = (batch.clone(), jobs.settings.source.clone());
    ledger.create_batch(NewBatch { id, source }).await?;
    let caps = jobs.settings.caps();
    ledger
        .bind(&batch, &account.to_string(), endpoint, caps)
        .await?;
    ledger.reap().await?;
    if aigc.curves().is_empty() {
        aigc.learn(&ledger.curves(aigc.client().endpoint()).await?);
    }
    Ok(Arc::new(Work::new(jobs, ledger, batch, aigc)))
}

async fn report(work: &Work) -> Result<Report, JobsError> {
    let mut report = Report::of(&work.ledger, &work.batch).await?;
    report.stopped = work
        .pace
        .stopped()
        .filter(|_| report.count(crate::State::Planned) > 0);
    (report.unrecorded, report.unsaved) = work.take_troubles();
    work.report_restored(&mut report);
    Ok(report)
}

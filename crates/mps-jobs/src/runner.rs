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

use std::{sync::Arc, time::Duration};

use futures_util::future::select;
use mps_aigc::Aigc;
use mps_core::limit::Account;

use crate::{error::JobsError, jobs::Jobs, ledger::NewBatch, report::Report};

mod claims;
mod emptied;
pub(crate) mod fetch;
pub(crate) mod follow;
mod outcome;
mod pace;
pub(crate) mod send;
mod start;
mod stop;
pub(crate) mod upkeep;
mod work;

pub(crate) use self::{stop::never, work::Work};

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

pub(crate) async fn run<S: Future>(
    jobs: &Jobs,
    aigc: &Aigc,
    shutdown: S,
    until: Until,
) -> Result<Report, JobsError> {
    let work = Box::pin(begin(jobs, aigc)).await?;
    work.ledger.adopt(&work.batch).await?;
    let (stopper, stop) = stop::new();
    let end = async {
        let shutdown = std::pin::pin!(shutdown);
        match until {
            Until::Shutdown => drop(shutdown.await),
            Until::Empty => drop(select(shutdown, std::pin::pin!(emptied::emptied(&work))).await),
        }
        stopper.stop();
        std::future::pending::<()>().await;
    };
    // On the heap: together they would need much of a thread's stack.
    let loops = (
        Box::pin(follow::run(&work)),
        Box::pin(fetch::run(&work)),
        Box::pin(upkeep::run(&work)),
    );
    tokio::select! {
        // Ends when it was stopped and every create on the wire is answered and recorded.
        () = Box::pin(start::run(&work, &stop)) => {}
        _ = async { tokio::join!(end, loops.0, loops.1, loops.2) } => {}
    }
    work.keep_curves().await?;
    work.ledger.release(&work.batch).await?;
    report(&work).await
}

/// Binds the batch to the client's account, and releases the claims of processes that have ended.
pub(crate) async fn begin(jobs: &Jobs, aigc: &Aigc) -> Result<Arc<Work>, JobsError> {
    let (ledger, batch) = (jobs.ledger()?, jobs.batch_id()?);
    let account = match &jobs.settings.account {
        Some(name) => Account::from_name(name),
        None => aigc.client().identify().await?.clone(),
    };
    let endpoint = aigc.client().endpoint().host();
    let (id, source) = (batch.clone(), None);
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
    Ok(report)
}

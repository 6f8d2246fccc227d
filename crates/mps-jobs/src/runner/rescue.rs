//! Saves the results that wait for it, and sends nothing.

use std::pin::pin;

use futures_util::{StreamExt as _, future::select, stream};
use mps_aigc::Aigc;

use super::{Work, begin, check_account, fetch, follow, report, upkeep};
use crate::{error::JobsError, jobs::Jobs, ledger::Item, report::Report};

/// Tasks that are polled at the same time.
const POLLS: usize = 16;

/// Created tasks that are read from the ledger at once.
const PAGE: usize = 500;

/// Polls each created task once, and fetches every done one, the earliest expiry first.
pub(crate) async fn rescue<S: Future>(
    jobs: &Jobs,
    aigc: &Aigc,
    shutdown: S,
) -> Result<Report, JobsError> {
    check_account(jobs, aigc).await?;
    let work = Box::pin(begin(jobs, aigc)).await?;
    work.ledger.adopt(&work.batch).await?;
    let rescued = async {
        poll_created(&work).await;
        fetch::emptied(&work).await;
    };
    let end = async { drop(select(pin!(shutdown), pin!(rescued)).await) };
    let loops = (
        Box::pin(fetch::run(&work)),
        Box::pin(upkeep::keep_claims(&work)),
    );
    tokio::select! {
        () = Box::pin(end) => {}
        _ = async { tokio::join!(loops.0, loops.1) } => {}
    }
    work.keep_curves().await;
    work.ledger.release(&work.batch).await?;
    report(&work).await
}

/// Polls the created tasks of this process, the oldest first.
async fn poll_created(work: &Work) {
    let mut after = 0;
    loop {
        let page = match work.ledger.to_follow(&work.batch, after, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "the created tasks could not be read");
                return;
            }
        };
        let Some(last) = page.last() else { return };
        after = last.row.seq;
        let polls = page.iter().map(|item| poll(work, item));
        stream::iter(polls)
            .buffer_unordered(POLLS)
            .for_each(|()| async {})
            .await;
        work.notify();
    }
}

async fn poll(work: &Work, item: &Item) {
    let Some(handle) = item.handle(work.aigc.client()) else {
        return;
    };
    let task = work.aigc.task(handle);
    if let Err(error) = follow::poll(work, item, &task).await {
        tracing::warn!(%error, key = %item.key, "the status of a task could not be recorded");
    }
}

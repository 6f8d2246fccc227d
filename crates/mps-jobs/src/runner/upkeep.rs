//! Keeps the claims of this process, and takes over the rows of processes that have ended.

use std::time::Duration;

use super::{Work, follow};
use crate::ledger::{LedgerError, Reaped};

/// Time between two renewals of the leases, a third of a lease.
const RENEWAL: Duration = Duration::from_secs(5);

/// Renewals between two searches for rows of processes that have ended.
const ADOPTION: u32 = 3;

/// Renews the leases of this process until it is dropped.
pub(crate) async fn keep_claims(work: &Work) {
    loop {
        work.clock().sleep(RENEWAL).await;
        if let Err(error) = renew(work).await {
            tracing::warn!(%error, "the leases of this process could not be renewed");
        }
    }
}

/// Runs until it is dropped.
pub(super) async fn run(work: &Work) {
    for round in 1_u32.. {
        work.clock().sleep(RENEWAL).await;
        if let Err(error) = renew(work).await {
            tracing::warn!(%error, "the leases of this process could not be renewed");
            continue;
        }
        if round.is_multiple_of(ADOPTION)
            && let Err(error) = adopt(work).await
        {
            tracing::warn!(%error, "the rows of other processes could not be looked at");
        }
    }
}

async fn renew(work: &Work) -> Result<(), LedgerError> {
    work.ledger.heartbeat().await?;
    let claims = work.claims.all();
    if claims.is_empty() {
        return Ok(());
    }
    for lost in work.ledger.renew(&claims).await? {
        tracing::warn!(row = %lost.row, "another process took a row over");
    }
    Ok(())
}

async fn adopt(work: &Work) -> Result<(), LedgerError> {
    let reaped = work.ledger.reap().await?;
    let adopted = work.ledger.adopt(&work.batch).await?;
    let processes = work.ledger.workers().await?.len();
    work.aigc
        .share_poll_budget(u32::try_from(processes).unwrap_or(u32::MAX).max(1));
    work.keep_curves().await;
    // Also those that a step or another run of this process created.
    follow::load(work).await?;
    if adopted > 0 || reaped != Reaped::default() {
        tracing::info!(
            ?reaped,
            adopted,
            "took over rows of processes that have ended"
        );
        work.notify();
    }
    Ok(())
}

//! Claims planned rows, as many as can be sent soon, and sends each in a task of its own.

use std::sync::Arc;

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use super::{PAUSE, Work, send, stop::Stop};
use crate::{
    ledger::{Claim, LedgerErrorKind},
    report::Stopped,
};

/// Rows that are claimed and not armed yet: enough to use every slot of the rate limiter, and few
/// enough that other processes get their share.
const QUEUE: usize = 4;

/// Sends planned rows until the stop is requested and every answer is recorded.
pub(super) async fn run(work: &Arc<Work>, stop: &Stop) {
    let queue = Arc::new(Semaphore::new(QUEUE));
    let mut sends = Sends(JoinSet::new());
    loop {
        let next = async {
            let turn = queue.clone().acquire_owned().await.ok()?;
            Some((next_claim(work).await, turn))
        };
        let (claim, turn) = tokio::select! {
            biased;
            () = stop.requested() => break,
            next = next => match next {
                Some(next) => next,
                None => break,
            },
        };
        sends.0.spawn(send(work.clone(), claim, turn, stop.clone()));
        while sends.0.try_join_next().is_some() {}
    }
    while sends.0.join_next().await.is_some() {}
}

async fn send(work: Arc<Work>, claim: Claim, turn: OwnedSemaphorePermit, stop: Stop) {
    send::send(&work, claim, Some(turn), &stop).await;
}

/// Waits until a row may be started, and claims it.
///
/// # Cancel safety
/// A claim that is dropped is planned again when the process ends, or at the next call of `reap`.
async fn next_claim(work: &Work) -> Claim {
    loop {
        work.pace.ready().await;
        if work.in_flight() >= work.settings.concurrency {
            work.change().await;
            continue;
        }
        if work.is_behind() {
            work.pace.stop(Stopped::Fetching);
            continue;
        }
        match work.ledger.claim(&work.batch).await {
            Ok(Some(claim)) => return claim,
            Ok(None) => work.change().await,
            Err(error) if error.kind() == LedgerErrorKind::CapReached => {
                work.pace.stop(Stopped::Cap(error));
            }
            Err(error) if error.kind().is_transient() => work.clock().sleep(PAUSE).await,
            Err(error) => work.pace.stop(Stopped::Ledger(error)),
        }
    }
}

/// The rows that are being sent. When the run is dropped, they go on without it, so that no answer is
/// lost as long as the runtime lives.
struct Sends(JoinSet<()>);

impl Drop for Sends {
    fn drop(&mut self) {
        self.0.detach_all();
    }
}

//! Claims planned rows, as many as can be sent soon, and sends each in a task of its own.

use std::{pin::pin, sync::Arc};

use futures_util::future::select;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use super::{Work, send, stop::Stop};
use crate::{
    ledger::{Claim, LedgerError, LedgerErrorKind},
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
        let ready = async {
            work.pace.ready().await;
            room(work).await;
            queue.clone().acquire_owned().await.ok()
        };
        let turn = tokio::select! {
            biased;
            () = stop.requested() => break,
            turn = ready => turn,
        };
        // Not in the select: a claim that is dropped unread would block its row until the lease ends.
        match work.ledger.claim(&work.batch).await {
            Ok(Some(claim)) => drop(sends.0.spawn(Box::pin(send(
                work.clone(),
                claim,
                turn,
                stop.clone(),
            )))),
            Ok(None) => {
                select(pin!(stop.requested()), pin!(work.change())).await;
            }
            Err(error) => pause(work, error),
        }
        while sends.0.try_join_next().is_some() {}
    }
    while sends.0.join_next().await.is_some() {}
}

async fn send(work: Arc<Work>, claim: Claim, turn: Option<OwnedSemaphorePermit>, stop: Stop) {
    send::send(&work, claim, turn, &stop).await;
}

/// Waits until another task may be started.
async fn room(work: &Work) {
    while work.in_flight() >= work.settings.concurrency || work.is_behind() {
        if work.is_behind() {
            work.pace.stop(Stopped::Fetching);
        }
        work.change().await;
    }
}

/// Decides how long to wait after a row could not be claimed.
fn pause(work: &Work, error: LedgerError) {
    if error.kind() == LedgerErrorKind::CapReached {
        work.pace.stop(Stopped::Cap(error));
    } else {
        work.pace.stop(Stopped::Ledger(error));
    }
}

/// The rows that are being sent. When the run is dropped, they continue without it, so that no answer is
/// lost while the runtime exists.
struct Sends(JoinSet<()>);

impl Drop for Sends {
    fn drop(&mut self) {
        self.0.detach_all();
    }
}

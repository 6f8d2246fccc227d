//! The gate of a call that sends a claimed row: it arms the row as late as possible.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{BoxFuture, Gate, GateError, Intent, sync::lock};
use tokio::{runtime::Handle, sync::OwnedSemaphorePermit, task::JoinHandle};

use crate::{
    ledger::{Ledger, LedgerError, Token},
    runner::WireEntry,
};

/// A gate that records in the ledger that a claimed row is about to be sent.
///
/// Give it to [`CallOptions::gate`](mps_core::CallOptions::gate) of the call that sends the row, and
/// call [`settled`](Self::settled) after the call, before its outcome is recorded.
///
/// It arms the row at the time of the rate limiter's slot, less the time that the ledger takes, and
/// disarms it when the attempt was certainly not executed and another one may follow: the slot was
/// missed, the connection failed, or the service throttled it. A process that is killed in a retry
/// pause therefore leaves no doubt behind.
#[derive(Debug)]
pub struct LedgerGate {
    ledger: Ledger,
    claim: Token,
    /// Given up when the row is armed, so that the next row is claimed.
    turn: Mutex<Option<OwnedSemaphorePermit>>,
    /// Lists the job while its create is on the wire.
    wire: Option<Arc<WireEntry>>,
    disarming: Mutex<Option<JoinHandle<Result<bool, LedgerError>>>>,
}

impl LedgerGate {
    /// Returns the gate of a claimed row.
    #[must_use]
    pub fn new(ledger: Ledger, claim: Token) -> Self {
        Self {
            ledger,
            claim,
            turn: Mutex::default(),
            wire: None,
            disarming: Mutex::default(),
        }
    }

    /// Sets a permit that is released when the row is armed.
    pub(crate) fn turn(self, turn: OwnedSemaphorePermit) -> Self {
        *lock(&self.turn) = Some(turn);
        self
    }

    /// Sets the entry that lists the job while its create is on the wire.
    pub(crate) fn wire(mut self, wire: Arc<WireEntry>) -> Self {
        self.wire = Some(wire);
        self
    }

    /// Waits until the ledger has recorded every attempt that was not executed.
    ///
    /// # Cancel safety
    /// Dropping the future ends the waiting and nothing else.
    pub async fn settled(&self) {
        let disarming = lock(&self.disarming).take();
        if let Some(disarming) = disarming
            && let Ok(Err(error)) = disarming.await
        {
            tracing::warn!(%error, row = %self.claim.row, "an attempt that was not sent is not recorded");
        }
    }

    /// Disarms the row in a task of the runtime, since the callers do not wait.
    fn disarm(&self) {
        let (ledger, claim) = (self.ledger.clone(), self.claim.clone());
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let wire = self.wire.clone();
        let disarming = runtime.spawn(async move {
            let disarmed = ledger.disarm(&claim).await;
            // Not before: a process that ends meanwhile leaves the row in doubt.
            if let Some(wire) = wire.filter(|_| disarmed.is_ok()) {
                wire.disarmed();
            }
            disarmed
        });
        *lock(&self.disarming) = Some(disarming);
    }
}

impl Gate for LedgerGate {
    fn pass<'a>(&'a self, _: &'a Intent) -> BoxFuture<'a, Result<(), GateError>> {
        Box::pin(async {
            self.settled().await;
            // Before the commit: a process that ends after it leaves the row in doubt.
            if let Some(wire) = &self.wire {
                wire.armed();
            }
            let armed = self.ledger.arm(&self.claim).await;
            armed.map_err(refusal)?;
            drop(lock(&self.turn).take());
            Ok(())
        })
    }

    fn lead(&self) -> Duration {
        self.ledger.commit_time()
    }

    fn not_sent(&self, _: &Intent) {
        self.disarm();
    }

    fn refused(&self, _: &Intent) {
        self.disarm();
    }
}

fn refusal(error: LedgerError) -> GateError {
    let refusal = GateError::new(format!("the send is not recorded: {error}"));
    let refusal = match error.hint() {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    };
    refusal.source(error)
}

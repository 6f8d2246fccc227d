//! The phase of the command, shared with the thread that receives signals and with the panic hook.

use std::{collections::BTreeSet, sync::Arc, time::SystemTime};

use mps_core::{CallHandle, Intent};
use tokio::sync::watch;

use crate::{
    commands::batch::RunningBatch,
    doubt::Doubt,
    failure::Failure,
    foreign_text,
    outcome::{Outcome, Reason},
    output::Output,
    results::Receipt,
    signals::Signal,
};

/// The phase of the command. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Phase(Arc<watch::Sender<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    /// The first signal.
    signal: Option<Signal>,
    /// The number of parts of the command that listen to signals and end themselves.
    listeners: usize,
    /// `true` if the command may take longer to end, as the emulator does to save its state.
    ends_slowly: bool,
    /// The create of this command, from before it is sent.
    doubt: Option<Doubt>,
    /// `true` while the create is on the wire or its outcome is not recorded yet.
    is_sending: bool,
    /// `true` while the ledger records that the create was not sent. Until then it may have it as sent.
    is_releasing: bool,
    /// The create's call, to withdraw it until its first byte has left.
    call: CallHandle,
    /// The tasks that this command has created, and those that it follows up to their delivery.
    receipts: Vec<Receipt>,
    /// The batch that this command runs.
    batch: Option<RunningBatch>,
    /// The keys of the creates that a command with many of them is sending.
    sends: BTreeSet<String>,
}

impl State {
    /// Returns the create if it is on the wire.
    fn doubt_on_the_wire(&self) -> Option<Doubt> {
        self.doubt.clone().filter(|_| self.is_sending)
    }
}

impl Phase {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }

    /// Runs `work`, or returns the signal that ended it. A create on the wire is finished in spite of
    /// a signal.
    ///
    /// # Cancel safety
    /// As cancel safe as `work`.
    pub(crate) async fn race<T>(&self, work: impl Future<Output = T>) -> Result<T, Signal> {
        let _listener = Listener::new(self);
        tokio::select! {
            biased;
            // First, so that no signal discards an output that is there already.
            output = work => Ok(output),
            signal = self.stop_requested() => Err(signal),
        }
    }

    /// Waits until a signal was received and no create is on the wire.
    async fn stop_requested(&self) -> Signal {
        let mut states = self.0.subscribe();
        let is_stopped = |state: &State| state.signal.is_some() && !state.is_sending;
        let signal = states.wait_for(is_stopped).await;
        match signal.map(|state| state.signal) {
            Ok(Some(signal)) => signal,
            // Cannot happen: `self` owns the sender.
            _ => std::future::pending().await,
        }
    }

    /// Returns the first signal, if one was received.
    pub(crate) fn signal(&self) -> Option<Signal> {
        self.0.borrow().signal
    }

    /// Records the first signal. Returns whether the command ends itself; a create on the wire is
    /// announced and finished.
    pub(crate) fn interrupt(&self, signal: Signal, output: &Output) -> bool {
        let (mut doubt, mut ends_itself) = (None, false);
        // Decided in the same step: a listener that learns of the signal is none any more, and records the
        // outcome before it ends the command.
        self.0.send_modify(|state| {
            state.signal = Some(signal);
            // A connection may take long: a create is stopped until its first byte has left.
            if state.is_sending && state.call.withdraw() {
                state.is_sending = false;
            }
            doubt = state.doubt_on_the_wire();
            ends_itself = doubt.is_some() || state.listeners > 0;
        });
        if let Some(doubt) = doubt {
            doubt.announce(signal, output);
        }
        ends_itself
    }

    /// Returns whether the command has had enough time to end after a signal: it is neither finishing
    /// or recording a create nor allowed to end slowly.
    pub(crate) fn is_overdue(&self) -> bool {
        let state = self.0.borrow();
        let has_create = state.is_sending || state.is_releasing;
        !has_create && !state.ends_slowly && state.batch.is_none()
    }

    /// Declares that the command runs a batch, and returns a future that is ready at the first signal.
    /// From then on the command starts nothing new, waits for the creates on the wire, and ends itself; a
    /// second signal ends it at once, with a list of those creates.
    pub(crate) fn begin_batch(&self, batch: RunningBatch) -> impl Future<Output = Signal> + use<> {
        self.0.send_modify(|state| {
            state.batch = Some(batch);
            state.listeners += 1;
        });
        let mut states = self.0.subscribe();
        async move {
            let signalled = states.wait_for(|state| state.signal.is_some()).await;
            match signalled.map(|state| state.signal) {
                Ok(Some(signal)) => signal,
                // The command ends.
                _ => std::future::pending().await,
            }
        }
    }

    /// Declares that the batch has ended and that its creates are recorded.
    pub(crate) fn end_batch(&self) {
        self.0.send_modify(|state| {
            if state.batch.take().is_some() {
                state.listeners -= 1;
            }
        });
    }

    /// Declares that the command ends itself after the first signal at any time, and that this may
    /// take long. For example, the emulator saves its state.
    pub(crate) fn end_slowly(&self) {
        self.0.send_modify(|state| {
            state.ends_slowly = true;
            state.listeners += 1;
        });
    }

    /// Returns whether the command continues after a panic in one of its tasks. The emulator does: the
    /// panic ends one connection only.
    pub(crate) fn survives_panics(&self) -> bool {
        self.0.borrow().ends_slowly
    }

    /// Returns the handle for the one create of this command.
    pub(crate) fn call(&self) -> CallHandle {
        self.0.borrow().call.clone()
    }

    /// Sets the create that this command is about to send.
    pub(crate) fn prepare_create(&self, doubt: Doubt) {
        self.0.send_modify(|state| state.doubt = Some(doubt));
    }

    /// Records that an attempt of the create leaves this machine now. Returns `false` after a signal:
    /// then nothing may be sent any more.
    pub(crate) fn begin_attempt(&self, intent: &Intent, at: SystemTime) -> bool {
        self.0.send_if_modified(|state| {
            let (None, Some(doubt)) = (state.signal, &mut state.doubt) else {
                return false;
            };
            doubt.begin_attempt(intent, at);
            state.is_sending = true;
            true
        })
    }

    /// Records the end of an attempt of the create. Only an attempt that was certainly not executed takes
    /// the create off the wire: otherwise its outcome is still to be recorded.
    pub(crate) fn end_attempt(
        &self,
        surely_not_executed: bool,
        outcome: &str,
        request_id: Option<&str>,
    ) {
        self.0.send_modify(|state| {
            if let Some(doubt) = &mut state.doubt {
                doubt.end_attempt(outcome, request_id);
            }
            state.is_sending &= !surely_not_executed;
        });
    }

    /// Records that the last attempt of the create was certainly not sent. The cause that ended it, if
    /// one is recorded, stays.
    pub(crate) fn attempt_not_sent(&self) {
        self.0.send_modify(|state| {
            if let Some(doubt) = &mut state.doubt {
                doubt.attempt_not_sent();
            }
            state.is_sending = false;
        });
    }

    /// Declares that the ledger is about to record that the create was not sent.
    pub(crate) fn begin_release(&self) {
        self.0.send_modify(|state| state.is_releasing = true);
    }

    /// Records the outcome of the create: its task, or none. Idempotent.
    pub(crate) fn end_create(&self, receipt: Option<Receipt>) {
        self.0.send_modify(|state| {
            state.is_sending = false;
            state.is_releasing = false;
            state.receipts = receipt.into_iter().collect();
        });
    }

    /// Records that the command follows a task, and how to resume it now, for a signal that it cannot answer
    /// itself.
    pub(crate) fn follow(&self, receipt: &Receipt) {
        self.0.send_modify(|state| {
            state
                .receipts
                .retain(|known| known.task_id != receipt.task_id);
            state.receipts.push(receipt.clone());
        });
    }

    /// Records that nothing is left to do about a task. One that this command has paid for stays named.
    pub(crate) fn delivered(&self, receipt: &Receipt) {
        self.0.send_modify(|state| {
            let is_open = |it: &Receipt| it.created || it.task_id != receipt.task_id;
            state.receipts.retain(is_open);
        });
    }

    /// Returns the record of the create that was sent.
    pub(crate) fn doubt(&self) -> Option<Doubt> {
        self.0.borrow().doubt.clone()
    }

    /// Returns the error to report when a signal ends the process at once.
    pub(crate) fn failure_at_exit(&self, signal: Signal) -> Failure {
        let state = self.0.borrow().clone();
        if let Some(doubt) = state.doubt_on_the_wire() {
            let message = format!("{} while the create was on the wire", signal.name());
            return Failure::new(Outcome::InDoubt, "interrupted", message).doubt(doubt);
        }
        if let Some(unrecorded) = state.doubt.filter(|_| state.is_releasing) {
            return Failure::interrupted(signal).hint(unrecorded.unrecorded_hint());
        }
        if let Some(batch) = state.batch {
            return batch.failure_at_exit(signal);
        }
        if !state.sends.is_empty() {
            return left_in_doubt(signal, &state.sends);
        }
        let interrupted = |receipt| Failure::interrupted_task(signal, receipt);
        let interrupted = state.receipts.iter().map(interrupted).collect();
        Failure::combined(interrupted).unwrap_or_else(|| Failure::interrupted(signal))
    }

    /// Records that the create of a key is being sent, until the returned value is dropped. For a
    /// command that sends many.
    #[cfg(feature = "mcp")]
    pub(crate) fn begin_send(&self, key: &str) -> OpenSend {
        self.0.send_modify(|state| {
            state.sends.insert(key.to_owned());
        });
        OpenSend {
            phase: self.clone(),
            key: key.to_owned(),
        }
    }

    /// Waits until no create of [`begin_send`](Self::begin_send) is left.
    ///
    /// # Cancel safety
    /// Changes nothing.
    #[cfg(feature = "mcp")]
    pub(crate) async fn all_sent(&self) {
        let mut states = self.0.subscribe();
        // Cannot fail: `self` owns the sender.
        let _ended = states.wait_for(|state| state.sends.is_empty()).await;
    }

    /// Returns the error to report when the program panics.
    pub(crate) fn failure_at_panic(&self) -> Failure {
        let message = "this is a bug in mps";
        let state = self.0.borrow().clone();
        if let Some(doubt) = state.doubt_on_the_wire() {
            return Failure::new(Outcome::InDoubt, "internal", message).doubt(doubt);
        }
        if let Some(batch) = state.batch {
            return batch.failure_at_panic(message);
        }
        let continues = |receipt| {
            let outcome = Outcome::Continues(Reason::Receipt);
            Failure::new(outcome, "internal", message).receipt(receipt)
        };
        let continues = state.receipts.iter().map(continues).collect();
        Failure::combined(continues).unwrap_or_else(|| Failure::internal(message))
    }
}

/// A create that is being sent.
#[cfg(feature = "mcp")]
#[derive(Debug)]
#[must_use = "the create counts as sent when this is dropped"]
pub(crate) struct OpenSend {
    phase: Phase,
    key: String,
}

#[cfg(feature = "mcp")]
impl Drop for OpenSend {
    fn drop(&mut self) {
        self.phase.0.send_modify(|state| {
            state.sends.remove(&self.key);
        });
    }
}

/// Returns the error of a command that a signal ended while it was sending creates.
fn left_in_doubt(signal: Signal, keys: &BTreeSet<String>) -> Failure {
    let shown: Vec<_> = keys.iter().map(|key| foreign_text::name(key)).collect();
    let message = format!(
        "{} while creates were being sent, which may be billed: {}",
        signal.name(),
        shown.join(", ")
    );
    let outcome = Outcome::Continues(Reason::Signal(signal));
    Failure::new(outcome, "interrupted", message).hint("look at them: mps tasks --in-doubt")
}

/// Counts as a listener until it is dropped.
struct Listener<'a>(&'a Phase);

impl<'a> Listener<'a> {
    fn new(phase: &'a Phase) -> Self {
        phase.0.send_modify(|state| state.listeners += 1);
        Self(phase)
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.listeners -= 1);
    }
}

#[cfg(test)]
mod tests;

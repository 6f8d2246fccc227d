//! A way to learn how a call ended after its future was dropped.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::Notify;

use super::{Intent, Output, RawBody};
use crate::{error::Error, sync::lock, transport::RequestBody};

type Outcome = Result<Output<RawBody>, Error>;

/// A handle to one call that is not a read, which outlives the call's future.
///
/// Give a clone of it to [`CallOptions::handle`](super::CallOptions::handle), and keep the other one
/// where the future may be dropped, for example by a timeout.
///
/// # Example
/// ```no_run
/// # async fn example(client: mps_core::Client) -> Result<(), mps_core::Error> {
/// use std::time::Duration;
/// use mps_core::{CallHandle, CallOptions};
/// use mps_models::CreateAigcVideoTask;
///
/// let handle = CallHandle::new();
/// let options = CallOptions::new().handle(handle.clone());
/// let request = CreateAigcVideoTask::new().prompt("a lighthouse");
/// let create = client.send_with(&request, options);
/// if tokio::time::timeout(Duration::from_secs(5), create).await.is_err() {
/// // Nothing was sent, or the attempt on the wire continues: either way, this is its end.
///     let output = handle.outcome().await?;
///     println!("{:?}", output.body.task_id());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct CallHandle(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Default)]
struct State {
    intent: Option<Intent>,
    /// The body of the attempt that is under way.
    body: Option<RequestBody>,
    outcome: Option<Outcome>,
}

impl CallHandle {
    /// Returns a handle of a call that has not begun. Use one handle for one call.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the last request that was put on the wire, or `None` as long as there is none.
    #[must_use]
    pub fn intent(&self) -> Option<Intent> {
        self.state().intent.clone()
    }

    /// Returns the outcome, or `None` while the call continues.
    #[must_use]
    pub fn try_outcome(&self) -> Option<Result<Output<RawBody>, Error>> {
        self.state().outcome.clone()
    }

    /// Waits for the end of the call and returns its outcome. Waits for ever if the handle was never
    /// given to a call, or if preflight refused it.
    ///
    /// # Errors
    /// The error of the call; [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) when its future
    /// was dropped, with [`Dispatch::NotSent`](crate::Dispatch::NotSent) if nothing was sent.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing; the outcome can be asked for any number of times.
    pub async fn outcome(&self) -> Result<Output<RawBody>, Error> {
        loop {
            let ended = self.0.ended.notified();
            if let Some(outcome) = self.try_outcome() {
                return outcome;
            }
            ended.await;
        }
    }

    /// Withdraws the attempt that is under way, if none of its bytes has left; returns whether that
    /// is so. After `true` the attempt sends nothing, even if its connection is established later.
    ///
    /// Returns `false` when no attempt is under way, or when its bytes may have left. Does not end the
    /// call: drop its future too, or it may try again. Idempotent.
    #[must_use]
    pub fn withdraw(&self) -> bool {
        let state = self.state();
        state.body.as_ref().is_some_and(RequestBody::revoke)
    }

    pub(crate) fn on_the_wire(&self, intent: &Intent, body: RequestBody) {
        let mut state = self.state();
        state.intent = Some(intent.clone());
        state.body = Some(body);
    }

    pub(crate) fn off_the_wire(&self) {
        self.state().body = None;
    }

    pub(crate) fn end(&self, outcome: Outcome) {
        let mut state = self.state();
        state.outcome = Some(outcome);
        state.body = None;
        drop(state);
        self.0.ended.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }
}

impl fmt::Debug for CallHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("CallHandle")
            .field("intent", &state.intent)
            .field("ended", &state.outcome.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_withdrawn_until_its_bytes_are_taken() {
        let handle = CallHandle::new();
        assert!(!handle.withdraw(), "no attempt is under way");

        let waiting = RequestBody::new("{}");
        handle.state().body = Some(waiting.clone());
        assert!(handle.withdraw() && handle.withdraw());
        assert!(waiting.into_bytes().is_empty());

        let taken = RequestBody::new("{}");
        handle.state().body = Some(taken.clone());
        assert_eq!(taken.into_bytes(), "{}");
        assert!(!handle.withdraw());

        handle.state().body = Some(RequestBody::new("{}"));
        handle.off_the_wire();
        assert!(!handle.withdraw(), "the attempt has ended");
    }
}

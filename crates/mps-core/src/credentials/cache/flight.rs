//! One request to the provider, shared by all callers that wait for its answer.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, future::Shared};

use crate::{
    BoxFuture,
    clock::{self, SharedClock},
    credentials::{Credentials, CredentialsError, ProvideCredentials},
};

/// Longer than any provider of this crate takes. A provider that never answers must not block its
/// callers for ever.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) type ProvideResult = Result<Credentials, CredentialsError>;

/// Makes progress while any of its clones is polled; a caller that leaves does not stop the
/// others.
#[derive(Clone)]
pub(super) struct Flight {
    pub(super) number: u64,
    /// `true` if a replacement for refused credentials was requested.
    pub(super) replaces: bool,
    outcome: Shared<BoxFuture<'static, ProvideResult>>,
    waiters: Arc<Waiters>,
}

#[derive(Default)]
struct Waiters {
    present: AtomicUsize,
    left: AtomicBool,
}

/// A caller, or the background task, that polls a flight.
pub(super) struct Waiting(Arc<Waiters>);

impl Flight {
    /// Returns a flight that starts with the first poll.
    pub(super) fn new<P: ProvideCredentials + 'static>(
        number: u64,
        provider: Arc<P>,
        clock: SharedClock,
        refused: Option<Credentials>,
    ) -> Self {
        let replaces = refused.is_some();
        let asking = async move {
            let question = async {
                match &refused {
                    Some(refused) => provider.refresh(refused).await,
                    None => provider.provide().await,
                }
            };
            clock::timeout(&*clock, LIMIT, question).await
        };
        let outcome = AssertUnwindSafe(asking)
            .catch_unwind()
            .map(|end| match end {
                Ok(Some(outcome)) => outcome,
                Ok(None) => Err(CredentialsError::unusable(format!(
                    "no answer from the provider within {LIMIT:?}"
                ))),
                Err(_panic) => Err(CredentialsError::unusable("the provider panicked")),
            });
        Self {
            number,
            replaces,
            outcome: outcome.boxed().shared(),
            waiters: Arc::default(),
        }
    }

    pub(super) async fn wait(&self) -> ProvideResult {
        let _attended = self.register();
        self.outcome.clone().await
    }

    /// Polls once, without waiting.
    pub(super) fn poll_once(&self) -> Option<ProvideResult> {
        let _attended = self.register();
        self.outcome.clone().now_or_never()
    }

    pub(super) fn register(&self) -> Waiting {
        self.waiters.present.fetch_add(1, Ordering::AcqRel);
        Waiting(self.waiters.clone())
    }

    /// Returns whether the flight was not polled for some time. Its timers continued meanwhile, and
    /// the runtime of its sockets may be gone, so its failure is no evidence about the provider.
    pub(super) fn was_abandoned(&self) -> bool {
        self.waiters.left.load(Ordering::Acquire)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.0.present.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.left.store(true, Ordering::Release);
        }
    }
}

//! One question to the provider, shared by everybody who waits for its answer.

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

/// Longer than any provider of ours takes. A provider that never answers must not be waited for
/// by everybody for ever.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) type ProvideResult = Result<Credentials, CredentialsError>;

/// Advances whenever one of its clones is waited for; nobody's going away stops the others.
#[derive(Clone)]
pub(super) struct Flight {
    pub(super) number: u64,
    /// Whether others were asked for in place of refused ones.
    pub(super) replaces: bool,
    outcome: Shared<BoxFuture<'static, ProvideResult>>,
    waiters: Arc<Waiters>,
}

#[derive(Default)]
struct Waiters {
    present: AtomicUsize,
    left: AtomicBool,
}

/// Somebody who keeps a flight going for as long as this lives.
pub(super) struct Waiting(Arc<Waiters>);

impl Flight {
    /// Does nothing before it is first waited for.
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

    /// Advances as far as it goes without waiting.
    pub(super) fn poll_once(&self) -> Option<ProvideResult> {
        let _attended = self.register();
        self.outcome.clone().now_or_never()
    }

    pub(super) fn register(&self) -> Waiting {
        self.waiters.present.fetch_add(1, Ordering::AcqRel);
        Waiting(self.waiters.clone())
    }

    /// Whether there was a time when nobody kept it going. Its timers ran on meanwhile, and the
    /// runtime of its sockets may be gone, so its failure says nothing about the provider.
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

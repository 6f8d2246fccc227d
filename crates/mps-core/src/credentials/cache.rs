//! Credentials remembered, and renewed ahead of their end.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::runtime::Handle;

use super::{Credentials, CredentialsError, ProvideCredentials, SharedProvider};
use crate::{
    BoxFuture,
    clock::{SharedClock, SystemClock},
};

mod events;
mod flight;
#[cfg(test)]
mod property;
mod state;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use self::{
    flight::{Flight, ProvideResult},
    state::{Decision, Now, State},
};

/// Remembers what a provider gave, and asks it again in time.
///
/// - **One question at a time.** However many callers need credentials, the provider is asked once
///   and all of them share the answer. A caller that goes away takes nothing with it.
/// - **Ahead of time.** From five minutes before they expire (a quarter of their life, if that is
///   less) the first caller to notice has them renewed; everybody goes on with the ones that are
///   still valid and nobody waits. Credentials that do not expire are asked for again after a
///   minute, so that a changed file or variable is noticed.
/// - **After a refused token** they are replaced once, for all callers that used them; a caller
///   that comes late gets those that are there by then.
/// - **Failures are kept**, with their age, in [`last_failure`](Self::last_failure) and in the
///   event `mps.credentials_failed`. After one, the provider is left alone for a second, then two,
///   four, and so on up to half a minute.
/// - **Expired credentials are never handed out.** When no others can be had, the error says both.
///
/// A renewal runs as a task of the tokio runtime of the caller who noticed. Where there is none, it
/// advances as often as somebody asks for credentials. One that has no answer after 30 s, or that
/// panics, has failed. One that died with its runtime is begun again by whoever needs it.
///
/// Clones share everything. Wrap each provider that asks another machine:
///
/// ```
/// use std::sync::Arc;
/// use mps_core::{
///     clock::TestClock,
///     credentials::{Cached, CvmRole},
///     transport::ScriptedTransport,
/// };
///
/// let clock = Arc::new(TestClock::new(1_771_125_945));
/// let role = CvmRole::new(Arc::new(ScriptedTransport::new([])), clock.clone());
/// let credentials = Cached::with_clock(role, clock);
/// assert!(credentials.last_failure().is_none());
/// ```
pub struct Cached<P>(Arc<Inner<P>>);

struct Inner<P> {
    provider: Arc<P>,
    clock: SharedClock,
    state: Mutex<State>,
}

/// The last time that credentials could not be had or renewed.
#[derive(Clone, Debug)]
pub struct LastFailure {
    /// The reason.
    pub error: CredentialsError,
    /// How long ago that was.
    pub age: Duration,
}

impl<P: ProvideCredentials + 'static> Cached<P> {
    /// A memory in front of `provider`, on the machine's clocks.
    #[must_use]
    pub fn new(provider: P) -> Self {
        Self::with_clock(provider, SystemClock::shared())
    }

    /// A memory in front of `provider`, on `clock`.
    #[must_use]
    pub fn with_clock(provider: P, clock: SharedClock) -> Self {
        Self(Arc::new(Inner {
            provider: Arc::new(provider),
            clock,
            state: Mutex::default(),
        }))
    }

    /// Why credentials could not be had or renewed the last time; `None` once they were.
    #[must_use]
    pub fn last_failure(&self) -> Option<LastFailure> {
        let now = self.0.now();
        self.0.state().last_failure(now)
    }

    async fn current(&self) -> ProvideResult {
        loop {
            match self.decide() {
                Decision::Use(credentials) => return Ok(credentials),
                Decision::Fail(error) => return Err(error),
                Decision::UseMeanwhile(credentials, flight) => {
                    let Some(outcome) = flight.poll_once() else {
                        return Ok(credentials);
                    };
                    self.0.complete(&flight, outcome);
                }
                Decision::Wait(flight) => {
                    let outcome = flight.wait().await;
                    self.0.complete(&flight, outcome);
                }
            }
        }
    }

    fn decide(&self) -> Decision {
        let inner = &self.0;
        let mut started = None;
        let decision = inner.state().decide(inner.now(), |number, refused| {
            let asking = (inner.provider.clone(), inner.clock.clone());
            let flight = Flight::new(number, asking.0, asking.1, refused);
            started.insert(flight).clone()
        });
        if let Some(flight) = started {
            self.drive(flight);
        }
        decision
    }

    /// Keeps a renewal going whoever stops waiting for it.
    fn drive(&self, flight: Flight) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let inner = self.0.clone();
        let waiting = flight.register();
        runtime.spawn(async move {
            let outcome = flight.wait().await;
            inner.complete(&flight, outcome);
            drop(waiting);
        });
    }
}

impl<P> Inner<P> {
    fn complete(&self, flight: &Flight, outcome: ProvideResult) {
        let now = self.now();
        let mut state = self.state();
        let news = state.complete(flight, outcome, now);
        drop(state);
        match news {
            Some(Ok(lifetime)) => events::given(lifetime),
            Some(Err(error)) => events::failed(&error),
            None => {}
        }
    }

    fn now(&self) -> Now {
        Now {
            wall: self.clock.wall(),
            monotonic: self.clock.monotonic(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: ProvideCredentials + 'static> ProvideCredentials for Cached<P> {
    fn provide(&self) -> BoxFuture<'_, ProvideResult> {
        Box::pin(self.current())
    }

    fn refresh<'a>(&'a self, refused: &'a Credentials) -> BoxFuture<'a, ProvideResult> {
        Box::pin(async {
            let now = self.0.now();
            self.0.state().forget(refused, now);
            self.current().await
        })
    }

    fn confined(&self) -> Option<SharedProvider> {
        let provider = self.0.provider.confined()?;
        Some(Arc::new(Cached::with_clock(provider, self.0.clock.clone())))
    }
}

impl<P> Clone for Cached<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: fmt::Debug> fmt::Debug for Cached<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("provider", &self.0.provider)
            .finish_non_exhaustive()
    }
}

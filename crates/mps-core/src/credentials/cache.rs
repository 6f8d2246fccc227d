//! A cache of credentials, which renews them before they expire.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::runtime::Handle;

use super::{Credentials, CredentialsError, ProvideCredentials, SharedProvider};
use crate::{
    BoxFuture,
    clock::{SharedClock, SystemClock},
    sync::lock,
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

/// A cache in front of a provider.
///
/// - **Single-flight.** Any number of callers causes one request to the provider, and all of them
///   share its answer. A caller that leaves does not stop the request.
/// - **Refresh before expiry.** From five minutes before the expiry (a quarter of the lifetime, if
///   that is less) the first caller starts a refresh. All callers use the credentials that are
///   still valid, so no caller waits. Credentials without expiry are refreshed after a minute, so
///   that a changed file or variable is noticed.
/// - **After a refused token** the credentials are replaced once for all callers that used them; a
///   late caller gets the replacement.
/// - **Failures are kept**, with their age, in [`last_failure`](Self::last_failure) and in the
///   event `mps.credentials_failed`. The provider is asked again after one second, then two, four,
///   and so on up to half a minute.
/// - **Expired credentials are never returned.** The error names both the expiry and the failed
///   refresh.
///
/// A refresh is a task of the tokio runtime of the caller that started it. Without a runtime it
/// makes progress while callers wait for it. It fails when it panics or takes more than 30 s. A
/// refresh that ended with its runtime is started again by the next caller.
///
/// Clones share everything. Wrap each provider that asks another machine.
///
/// # Example
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

/// The last failure of a refresh.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LastFailure {
    /// The error.
    pub error: CredentialsError,
    /// The time since the failure.
    pub age: Duration,
}

impl<P: ProvideCredentials + 'static> Cached<P> {
    /// Returns a cache in front of `provider`, on the machine's clocks.
    #[must_use]
    pub fn new(provider: P) -> Self {
        Self::with_clock(provider, SystemClock::shared())
    }

    /// Returns a cache in front of `provider`, on `clock`.
    #[must_use]
    pub fn with_clock(provider: P, clock: SharedClock) -> Self {
        Self(Arc::new(Inner {
            provider: Arc::new(provider),
            clock,
            state: Mutex::default(),
        }))
    }

    /// Returns the last failure; `None` once a refresh succeeded.
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

    /// Runs a refresh in the background, so that it does not depend on its callers.
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
        lock(&self.state)
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

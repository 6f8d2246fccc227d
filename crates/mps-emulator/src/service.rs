//! The service without its sockets: a request goes in, a response comes out.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header, request::Parts};
use mps_core::{clock::SharedClock, sign::KeyCache};

use crate::{
    account::Account,
    api,
    bill::Bill,
    control,
    ids::Ids,
    log::RequestRecord,
    reply,
    results::{self, Cache},
    state::State,
    tasks::Times,
};

/// The whole service as a function from request to response, for transports that need no socket.
///
/// Made by [`Builder::service`](crate::Builder::service). Takes time from the clock it was given
/// and from nothing else, so under a test clock every answer is reproducible. Cheap to clone;
/// clones share one state.
#[derive(Clone)]
pub struct Service(pub(crate) Arc<Inner>);

/// What the parts of the service share.
pub(crate) struct Inner {
    pub(crate) account: Account,
    pub(crate) clock: SharedClock,
    /// What the clock showed when the emulator was made: what it reports counts from there.
    pub(crate) origin: Duration,
    /// Scheme, host and port.
    pub(crate) endpoint: String,
    pub(crate) times: Times,
    pub(crate) ids: Ids,
    pub(crate) keys: KeyCache,
    pub(crate) cache: Cache,
    pub(crate) state: Mutex<State>,
}

impl Service {
    /// Answers one request.
    ///
    /// `POST /` is the API, `/results/…` the object storage, `/_emulator/v1/…` the control API;
    /// anything else is not found. A body longer than 10 MB is refused, as the service does.
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        let mut response = self.0.route(&head, &body);
        response
            .headers_mut()
            .insert(header::DATE, self.0.http_date());
        response
    }

    /// Every API request so far, oldest first. Beyond 20,000 the oldest are forgotten.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.0.state().log.records()
    }

    /// What the account would have paid for so far.
    #[must_use]
    pub fn bill(&self) -> Bill {
        self.0.state().ledger.bill()
    }

    /// Forgets every task, request and charge. Credentials and settings stay.
    pub fn reset(&self) {
        self.0.state().reset();
    }

    /// Where the service says it is: scheme, host and port. Results have addresses under it.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    /// The secret id that the service knows.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        &self.0.account.secret_id
    }

    /// The secret key that goes with it. Worth nothing anywhere else.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.0.account.secret_key
    }

    /// Notes a request whose body never arrived in full.
    pub(crate) fn dropped(&self, head: &Parts) {
        if head.uri.path() == api::PATH {
            api::record_dropped(&self.0, head);
        }
    }
}

impl Inner {
    fn route(&self, head: &Parts, body: &Bytes) -> Response<Bytes> {
        let path = head.uri.path();
        if path == api::PATH {
            api::answer(self, head, body)
        } else if let Some(name) = path.strip_prefix(results::PREFIX) {
            results::answer(self, head, name)
        } else if let Some(name) = path.strip_prefix(control::PREFIX) {
            control::answer(self, &head.method, name)
        } else {
            reply::not_found(
                path,
                "the API is at `/`, the control API under `/_emulator/v1/`",
            )
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held would be a bug, but not one to take every test down with.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Time since the emulator was made.
    pub(crate) fn since_start(&self, monotonic: Duration) -> Duration {
        monotonic.saturating_sub(self.origin)
    }

    fn http_date(&self) -> HeaderValue {
        reply::http_date(self.clock.wall())
    }

    pub(crate) fn wall(&self) -> SystemTime {
        self.clock.wall()
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("endpoint", &self.0.endpoint)
            .field("account", &self.0.account)
            .finish_non_exhaustive()
    }
}

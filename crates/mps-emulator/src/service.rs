//! The service without its sockets: a request goes in, a response comes out.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header, request::Parts};
use mps_core::clock::SharedClock;
use tokio::sync::Notify;

use crate::{
    account::Accounts,
    api,
    bill::Bill,
    clock::VirtualClock,
    control,
    ids::Ids,
    limit::Start,
    log::RequestRecord,
    reply,
    results::{self, Cache},
    settings::Settings,
    state::State,
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
    pub(crate) accounts: Accounts,
    /// The machine's time, by which clients, their rates and their connections are measured.
    pub(crate) clock: SharedClock,
    /// The service's own time, by which all else goes.
    pub(crate) time: VirtualClock,
    /// Told of whatever may have changed the state, for whoever saves it.
    pub(crate) changed: Arc<Notify>,
    /// Scheme, host and port.
    pub(crate) endpoint: String,
    pub(crate) settings: Settings,
    pub(crate) ids: Ids,
    pub(crate) cache: Cache,
    pub(crate) state: Mutex<State>,
}

impl Service {
    /// Answers one request.
    ///
    /// `POST /` is the API, `/results/…` and `/cos/…` the object storage, `/_emulator/v1/…` the control API;
    /// anything else is not found. A body longer than 10 MB is refused, as the service does.
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        let mut response = self.0.route(&head, &body);
        self.0.changed.notify_one();
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

    /// What its accounts would have paid for so far.
    #[must_use]
    pub fn bill(&self) -> Bill {
        self.0.state().ledger.bill()
    }

    /// What the account of a secret id would have paid for so far; none if it is unknown.
    #[must_use]
    pub fn bill_of(&self, secret_id: &str) -> Option<Bill> {
        let account = self.0.accounts.find(secret_id)?;
        Some(self.0.state().ledger.bill_of(account.index))
    }

    /// Forgets every task, request and charge. Credentials and settings stay.
    pub fn reset(&self) {
        self.0.state().reset();
        self.0.changed.notify_one();
    }

    /// The time that tasks, results and signatures go by; to be frozen, moved and sped up.
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        &self.0.time
    }

    /// Where the service says it is: scheme, host and port. Results have addresses under it.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    /// The secret id that the service knows.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        &self.0.accounts.default.secret_id
    }

    /// The secret key that goes with it. Worth nothing anywhere else.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.0.accounts.default.secret_key.0
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
        } else if results::is_result(path) {
            results::answer(self, head, path)
        } else if let Some(name) = path.strip_prefix(control::PREFIX) {
            control::answer(self, head, body, name)
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

    /// The machine's time.
    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// The machine's time since the emulator was made.
    pub(crate) fn since_start(&self, monotonic: Duration) -> Duration {
        self.time.uptime(monotonic)
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.since_start(self.now())
    }

    /// This moment, as the limiter counts it.
    pub(crate) fn start(&self) -> Start {
        Start {
            uptime: self.uptime(),
            wall: self.clock.wall(),
        }
    }

    fn http_date(&self) -> HeaderValue {
        reply::http_date(self.time.wall())
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("endpoint", &self.0.endpoint)
            .field("secret_id", &self.secret_id())
            .finish_non_exhaustive()
    }
}

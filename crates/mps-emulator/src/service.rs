//! The service without its sockets: a request goes in, a response comes out.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, request::Parts};
use mps_core::{
    Client, ClientBuilder, Error, clock::SharedClock, credentials::Credentials, endpoint::Endpoint,
    sign::KeyCache,
};

use crate::{
    account::Account,
    api,
    bill::Bill,
    control,
    exchange::{Connection, Exchange},
    faults::{self, BadFault, Fault, Kind},
    ids::Ids,
    log::RequestRecord,
    reply,
    results::{self, Cache},
    state::State,
    tasks::Times,
    transport::InProcess,
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
    ///
    /// A function cannot lose or delay an answer, so faults of that sort change nothing here but
    /// one: where no answer would come at all, it is HTTP 502. [`InProcess`] shows them all.
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let exchange = self.exchange(request, Connection::Fresh);
        exchange.into_response().unwrap_or_else(reply::lost)
    }

    /// A client of this service without a socket: with its credentials, its clock, and an
    /// [`InProcess`] transport, all of which can be set otherwise.
    ///
    /// # Errors
    /// The service's endpoint is not one, which would be a mistake of the emulator's.
    pub fn client(&self) -> Result<ClientBuilder, Error> {
        let account = &self.0.account;
        let credentials = Credentials::new(&account.secret_id, &account.secret_key);
        let credentials = match &account.token {
            Some(token) => credentials.with_token(token),
            None => credentials,
        };
        Ok(Client::builder()
            .credentials(credentials)
            .endpoint(Endpoint::parse(self.endpoint())?)
            .transport(InProcess::new(self.clone()))
            .clock(self.0.clock.clone()))
    }

    /// Adds a rule by which requests go wrong. Of several, the oldest that is about a request
    /// strikes it.
    ///
    /// # Errors
    /// A member of the rule is out of bounds, or there are a thousand rules already.
    pub fn fail(&self, fault: Fault) -> Result<(), BadFault> {
        self.0.state().faults.add(fault)
    }

    /// Clears every rule.
    pub fn clear_faults(&self) {
        self.0.state().faults.clear();
    }

    /// How often each rule struck, oldest rule first.
    #[must_use]
    pub fn faults_struck(&self) -> Vec<u32> {
        self.0.state().faults.struck()
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

    /// A request and what it comes to.
    pub(crate) fn exchange(&self, request: Request<Bytes>, connection: Connection) -> Exchange {
        let (head, body) = request.into_parts();
        if self.turns_away(&head, connection) {
            return Exchange::lost();
        }
        self.respond(&head, &body)
    }

    /// Whether a fault ends the connection before the body of a request is read.
    pub(crate) fn turns_away(&self, head: &Parts, connection: Connection) -> bool {
        let path = head.uri.path();
        let action = if path == api::PATH {
            api::named_action(head)
        } else if path.starts_with(results::PREFIX) {
            faults::DOWNLOAD
        } else {
            return false;
        };
        let fault = faults::on_head(&self.0, action, head, connection);
        if let Some(kind) = &fault {
            self.dropped(head, Some(kind));
        }
        fault.is_some()
    }

    /// What a request comes to that arrived in full.
    pub(crate) fn respond(&self, head: &Parts, body: &Bytes) -> Exchange {
        self.0.route(head, body).dated(self.0.http_date())
    }

    /// Notes a request whose body never arrived in full.
    pub(crate) fn dropped(&self, head: &Parts, fault: Option<&Kind>) {
        if head.uri.path() == api::PATH {
            api::record_dropped(&self.0, head, fault);
        }
    }
}

impl Inner {
    fn route(&self, head: &Parts, body: &Bytes) -> Exchange {
        let path = head.uri.path();
        if path == api::PATH {
            api::answer(self, head, body)
        } else if let Some(name) = path.strip_prefix(results::PREFIX) {
            results::answer(self, head, name)
        } else if let Some(name) = path.strip_prefix(control::PREFIX) {
            Exchange::whole(self.control(head, body, name))
        } else {
            Exchange::whole(reply::not_found(
                path,
                "the API is at `/`, the control API under `/_emulator/v1/`",
            ))
        }
    }

    fn control(&self, head: &Parts, body: &Bytes, name: &str) -> Response<Bytes> {
        if name == "faults" {
            faults::answer(self, &head.method, body)
        } else {
            control::answer(self, &head.method, name)
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

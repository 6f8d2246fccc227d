//! The service without its sockets: a request goes in, a response comes out.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, request::Parts};
use mps_core::{
    Client, ClientBuilder, Error, clock::SharedClock, credentials::Credentials, endpoint::Endpoint,
};
use tokio::sync::Notify;

use crate::{
    account::Accounts,
    api,
    bill::Bill,
    clock::VirtualClock,
    control,
    exchange::{Connection, Exchange},
    faults::{self, BadFault, Fault, Kind},
    ids::Ids,
    limit::Start,
    log::{DownloadRecord, RequestRecord},
    reply,
    results::{self, Cache},
    settings::Settings,
    state::State,
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
        let account = &self.0.accounts.default;
        let credentials = Credentials::new(&account.secret_id, &account.secret_key.0);
        let credentials = match &account.token {
            Some(token) => credentials.with_token(&token.text.0),
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
        let added = self.0.state().faults.add(fault);
        self.0.changed.notify_one();
        added
    }

    /// Clears every rule.
    pub fn clear_faults(&self) {
        self.0.state().faults.clear();
        self.0.changed.notify_one();
    }

    /// How often each rule struck, oldest rule first.
    #[must_use]
    pub fn faults_struck(&self) -> Vec<u32> {
        self.0.state().faults.struck()
    }

    /// Every API request so far, oldest first. Beyond 20,000 the oldest are forgotten.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.0.state().requests.records()
    }

    /// Every request for a result so far, oldest first. Beyond 20,000 the oldest are forgotten.
    #[must_use]
    pub fn downloads(&self) -> Vec<DownloadRecord> {
        self.0.state().downloads.records()
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
        } else if results::is_result(path) {
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
        let exchange = self.0.route(head, body);
        self.0.changed.notify_one();
        exchange.dated(self.0.http_date())
    }

    /// Notes a request whose body never arrived in full.
    pub(crate) fn dropped(&self, head: &Parts, fault: Option<&Kind>) {
        let path = head.uri.path();
        if path == api::PATH {
            api::record_dropped(&self.0, head, fault);
        } else if results::is_result(path) {
            results::record_dropped(&self.0, head, fault);
        }
        self.0.changed.notify_one();
    }
}

impl Inner {
    fn route(&self, head: &Parts, body: &Bytes) -> Exchange {
        let path = head.uri.path();
        if path == api::PATH {
            api::answer(self, head, body)
        } else if results::is_result(path) {
            results::answer(self, head, path)
        } else if let Some(name) = path.strip_prefix(control::PREFIX) {
            Exchange::whole(control::answer(self, head, body, name))
        } else {
            Exchange::whole(reply::not_found(
                path,
                "the API is at `/`, the control API under `/_emulator/v1/`",
            ))
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

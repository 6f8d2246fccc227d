//! The service without its sockets: a request goes in, a response comes out.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, header, request::Parts};

use crate::{
    api::{
        call, control, results,
        service_state::ServiceState,
        snapshot::Snapshot,
        task_record::{self, TaskRecord},
    },
    engine::{
        bill::Bill,
        clock::VirtualClock,
        log::{DownloadRecord, RequestRecord},
        temporary_credentials::TemporaryCredentials,
    },
    faults::{self, Fault, InvalidFault, Kind},
    http::{
        exchange::{Connection, Exchange},
        headers, reply,
    },
};

/// The whole service as a function from request to response, for transports that need no socket.
///
/// Made by [`Builder::service`](crate::Builder::service). Takes time from the clock it was given
/// and from nothing else, so under a test clock every answer is reproducible. Cheap to clone;
/// clones share one state.
#[derive(Clone)]
pub struct Service(pub(crate) Arc<ServiceState>);

impl Service {
    /// Answers one request.
    ///
    /// `POST /` is the API, `/results/…` and `/cos/…` the object storage, `/_emulator/v1/…` the control API;
    /// anything else is not found. A body longer than 10 MB is refused, as the service does.
    ///
    /// A function cannot lose or delay an answer, so faults of that sort change nothing here but
    /// one: where no answer would come at all, it is HTTP 502. [`InProcess`](crate::InProcess) shows
    /// them all.
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let exchange = self.exchange(request, Connection::Fresh);
        exchange.into_response().unwrap_or_else(reply::lost)
    }

    /// Adds a rule by which requests go wrong. Of several, the oldest that is about a request
    /// strikes it.
    ///
    /// # Errors
    /// A member of the rule is out of bounds, or there are a thousand rules already.
    pub fn fail(&self, fault: Fault) -> Result<(), InvalidFault> {
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
    pub fn fault_counts(&self) -> Vec<u32> {
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

    /// Every task, oldest first. Beyond 100,000 the oldest are forgotten.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskRecord> {
        task_record::all(&self.0)
    }

    /// The whole state at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::take(&self.0)
    }

    /// Takes over the state of a snapshot and forgets its own. A frozen clock stands where it stood
    /// then; another has run on since. No id is given again, neither one of the snapshot's nor one
    /// of this service's. Credentials and settings stay.
    pub fn restore(&self, snapshot: Snapshot) {
        snapshot.restore_into(&self.0);
    }

    /// Makes temporary credentials of the default account, good for so long in virtual time. Of
    /// the thousand latest; a restart forgets them.
    #[must_use]
    pub fn issue_credentials(&self, expires_in: Duration) -> TemporaryCredentials {
        self.0.issue_credentials(expires_in)
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
        if self.rejects_early(&head, connection) {
            return Exchange::lost();
        }
        self.respond(&head, &body)
    }

    /// Whether a fault ends the connection before the body of a request is read.
    pub(crate) fn rejects_early(&self, head: &Parts, connection: Connection) -> bool {
        let path = head.uri.path();
        let action = if path == call::PATH {
            call::named_action(head)
        } else if results::is_result(path) {
            faults::DOWNLOAD
        } else {
            return false;
        };
        let mut state = self.0.state();
        let fault = state.faults.on_head(&self.0.ids, action, head, connection);
        drop(state);
        if let Some(kind) = &fault {
            self.dropped(head, Some(kind));
        }
        fault.is_some()
    }

    /// What a request comes to that arrived in full.
    pub(crate) fn respond(&self, head: &Parts, body: &Bytes) -> Exchange {
        let exchange = route(&self.0, head, body);
        self.0.changed.notify_one();
        exchange.dated(reply::http_date(self.0.time.wall()))
    }

    /// Notes a request whose body never arrived in full.
    pub(crate) fn dropped(&self, head: &Parts, fault: Option<&Kind>) {
        let path = head.uri.path();
        if path == call::PATH {
            call::record_dropped(&self.0, head, fault);
        } else if results::is_result(path) {
            results::record_dropped(&self.0, head, fault);
        }
        self.0.changed.notify_one();
    }
}

/// Which part of the service a request is for, by its path.
fn route(service: &ServiceState, head: &Parts, body: &Bytes) -> Exchange {
    let path = head.uri.path();
    // Not a request of HTTP's (RFC 9112, section 3.2), whatever it is for.
    if headers::is_repeated(&head.headers, header::HOST.as_str()) {
        tracing::warn!(path, "a request with more than one host");
        Exchange::whole(reply::bad_request(
            "the header `host` was sent more than once",
        ))
    } else if path == call::PATH {
        call::answer(service, head, body)
    } else if results::is_result(path) {
        results::answer(service, head, path)
    } else if let Some(name) = path.strip_prefix(control::PREFIX) {
        Exchange::whole(control::answer(service, head, body, name))
    } else {
        Exchange::whole(reply::not_found(
            path,
            "the API is at `/`, the control API under `/_emulator/v1/`",
        ))
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

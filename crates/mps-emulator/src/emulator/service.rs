//! The service without sockets: a function from request to response.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, header, request::Parts};

use crate::{
    api::{
        call, control, page, results,
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
        control_token::ControlToken,
        exchange::{Connection, Exchange},
        guard::AllowedHosts,
        headers, reply,
    },
};

/// The callers that a server accepts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    pub(crate) hosts: AllowedHosts,
    pub(crate) token: ControlToken,
}

/// The whole service as a function from request to response.
///
/// Created by [`Builder::service`](crate::Builder::service). Its only source of time is the given
/// clock, so every answer is reproducible under a test clock. Cheap to clone; clones share one
/// state.
#[derive(Clone)]
pub struct Service(pub(crate) Arc<ServiceState>);

impl Service {
    /// Answers one request.
    ///
    /// `POST /` is the API, `/results/…` and `/cos/…` the object storage, `/_emulator/v1/…` the
    /// control API, `/_emulator/` a page for people; other paths return 404. A body longer than 10 MB is refused, as the service
    /// does; a snapshot may have 128 MB.
    ///
    /// A function can neither lose nor delay an answer, so faults of this kind have no effect here,
    /// except that a lost answer returns status 502. [`InProcess`](crate::InProcess) shows all
    /// faults.
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let exchange = self.exchange(request, Connection::Fresh);
        exchange.into_response().unwrap_or_else(reply::lost)
    }

    /// Adds a rule that makes requests fail. If several rules match a request, the oldest applies.
    ///
    /// # Errors
    /// Returns an error if a member of the rule is out of bounds, or if there are 1,000 rules
    /// already.
    pub fn fail(&self, fault: Fault) -> Result<(), InvalidFault> {
        let added = self.0.state().faults.add(fault);
        self.0.changed.notify_one();
        added
    }

    /// Removes every rule. Answers that are being delayed go at once.
    pub fn clear_faults(&self) {
        self.0.clear_faults();
        self.0.changed.notify_one();
    }

    /// Returns how often each rule was applied, oldest rule first.
    #[must_use]
    pub fn fault_counts(&self) -> Vec<u32> {
        self.0.state().faults.applied()
    }

    /// Returns the latest 20,000 calls of the API, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.0.state().requests.records()
    }

    /// Returns the latest 20,000 requests for results, oldest first.
    #[must_use]
    pub fn downloads(&self) -> Vec<DownloadRecord> {
        self.0.state().downloads.records()
    }

    /// Returns the bill of all accounts.
    #[must_use]
    pub fn bill(&self) -> Bill {
        self.0.state().ledger.bill()
    }

    /// Returns the bill of the account of a secret id, or `None` if the id is unknown.
    #[must_use]
    pub fn bill_of(&self, secret_id: &str) -> Option<Bill> {
        let account = self.0.accounts.find(secret_id)?;
        Some(self.0.state().ledger.bill_of(account.index))
    }

    /// Returns the latest 100,000 tasks, oldest first.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskRecord> {
        task_record::all(&self.0)
    }

    /// Returns the whole state at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::take(&self.0)
    }

    /// Replaces the state by that of a snapshot. A frozen clock continues at its time; any other
    /// clock has run on since. Ids of either state are never issued again. Credentials and settings
    /// stay.
    pub fn restore(&self, snapshot: Snapshot) {
        snapshot.restore_into(&self.0);
    }

    /// Creates temporary credentials of the default account that expire after a virtual time. The
    /// latest 1,000 are known; a restart forgets them.
    #[must_use]
    pub fn issue_credentials(&self, expires_in: Duration) -> TemporaryCredentials {
        self.0.issue_credentials(expires_in)
    }

    /// Forgets tasks, requests, charges and faults. Credentials, clock and settings stay.
    pub fn reset(&self) {
        self.0.reset();
        self.0.changed.notify_one();
    }

    /// Advances the [clock](Self::clock) by a time such as `12h` or `1h 30m`, and returns its time.
    /// Returns `None` and does nothing if the text is no time.
    #[expect(
        clippy::must_use_candidate,
        reason = "the clock moves whether or not its time is looked at"
    )]
    pub fn advance(&self, by: &str) -> Option<Duration> {
        let by = humantime::parse_duration(by).ok()?;
        self.clock().advance(by);
        Some(self.clock().now())
    }

    /// Returns the clock of tasks, results and signatures, which can be frozen, advanced and
    /// accelerated.
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        &self.0.time
    }

    /// Returns scheme, host and port of the service, for example `http://127.0.0.1:41234`; its results have
    /// the same.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    /// Returns the secret id of the default account.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        &self.0.accounts.default.secret_id
    }

    /// Returns the secret key of the default account. It is valid for this emulator only.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.0.accounts.default.secret_key.0
    }

    /// Processes a request and returns its exchange.
    pub(crate) fn exchange(&self, request: Request<Bytes>, connection: Connection) -> Exchange {
        let (head, body) = request.into_parts();
        if self.rejects_early(&head, connection) {
            return Exchange::lost();
        }
        self.respond(&head, &body)
    }

    /// Returns the answer to a request that arrived over a socket and must be refused: one from a
    /// foreign web page, or without the token of the control API. Results need no token.
    pub(crate) fn refusal(head: &Parts, access: &Access) -> Option<Response<Bytes>> {
        let path = head.uri.path();
        // `route` answers a repeated host.
        let is_malformed = headers::is_repeated(&head.headers, header::HOST.as_str());
        if is_malformed {
            return None;
        }
        if let Some(objection) = access.hosts.objection(head) {
            tracing::warn!(path, objection, "refused a request");
            let hint = "call the emulator by its endpoint, or allow the host with --allow-host";
            return Some(reply::forbidden(&objection, hint));
        }
        let needs_token = path.starts_with(control::PREFIX);
        if needs_token && !access.token.permits(head) {
            tracing::warn!(path, "refused a request without the token");
            return Some(control::without_token());
        }
        None
    }

    /// Returns whether a fault ends the connection before the body is read.
    pub(crate) fn rejects_early(&self, head: &Parts, connection: Connection) -> bool {
        let path = head.uri.path();
        let action = if path == call::PATH {
            call::named_action(head)
        } else if results::is_result(path) {
            faults::storage_action(&head.method)
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

    /// Processes a request that has arrived completely.
    pub(crate) fn respond(&self, head: &Parts, body: &Bytes) -> Exchange {
        let exchange = route(&self.0, head, body);
        self.0.changed.notify_one();
        exchange.dated(reply::http_date(self.0.time.wall()))
    }

    /// Returns the exchange of a response that no part of the service has made.
    pub(crate) fn dated(&self, response: Response<Bytes>) -> Exchange {
        Exchange::whole(response).dated(reply::http_date(self.0.time.wall()))
    }

    /// Records a request whose body never arrived completely.
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

/// Passes a request to the part of the service that its path names.
fn route(service: &ServiceState, head: &Parts, body: &Bytes) -> Exchange {
    let path = head.uri.path();
    // HTTP forbids this (RFC 9112, section 3.2) for every path.
    if headers::is_repeated(&head.headers, header::HOST.as_str()) {
        tracing::warn!(path, "a request with more than one host");
        Exchange::whole(reply::bad_request(
            "the header `host` was sent more than once",
        ))
    } else if path == call::PATH {
        call::answer(service, head, body)
    } else if results::is_result(path) {
        results::answer(service, head, body, path)
    } else if let Some(name) = path.strip_prefix(control::PREFIX) {
        Exchange::whole(control::answer(service, head, body, name))
    } else if let Some(response) = page::answer(head) {
        Exchange::whole(response)
    } else {
        Exchange::whole(reply::not_found(
            path,
            "the API is at `/`, the control API under `/_emulator/v1/`, a page for people at `/_emulator/`",
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

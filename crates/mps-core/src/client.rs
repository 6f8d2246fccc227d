//! The client.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use http::HeaderValue;
use mps_models::Action;
use tracing::Instrument as _;

use crate::{
    call::{
        Call, CallOptions, Intent, Observer, Output, PreflightLevel, Prepared, RawBody, UntypedCall,
    },
    clock::{self, SharedClock, unix_seconds},
    credentials::ProvideCredentials,
    endpoint::{Endpoint, Route, Site},
    envelope::Answer,
    error::{Error, ErrorKind},
    limit::{Account, Limiter},
    retry::{RetryBudget, RetryPolicy},
    sign::{self, KeyCache, Scope},
    telemetry::{self, Telemetry},
    transport::Transport,
    wire::Wire,
};

mod attempt;
mod builder;
mod ending;
mod errors;
mod execute;
mod in_flight;
mod on_wire;
mod prepare_retry;
mod report;
mod skew;

pub use self::builder::ClientBuilder;
use self::{
    ending::{CallGuard, Ending, notify_safely},
    errors::{no_credentials, no_credentials_in_time},
    execute::Execution,
    in_flight::InFlight,
    skew::Skew,
};

/// A client that calls actions of the service: checked, rate-limited, signed, and retried only
/// where that cannot bill twice.
///
/// Cheap to clone; clones share connections, limits, the retry budget and the learned clock offset.
/// Use one client for one account.
///
/// # Example
/// ```
/// # async fn example() -> Result<(), mps_core::Error> {
/// use mps_core::{Client, credentials::Credentials};
/// use mps_models::DescribeAigcVideoTask;
///
/// let client = Client::builder()
///     .credentials(Credentials::new("AKIDEXAMPLE", "not a real key"))
///     .build()?;
/// let output = client.send(&DescribeAigcVideoTask::new("2147483792")).await?;
/// println!("{:?}, request {:?}", output.body.status, output.request_id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Owner>);

/// Dropped with the last clone of a client.
struct Owner(Arc<Inner>);

struct Inner {
    route: Arc<Route>,
    region: Option<HeaderValue>,
    credentials: Arc<dyn ProvideCredentials>,
    account: OnceLock<Account>,
    transport: Arc<dyn Transport>,
    limiter: Arc<dyn Limiter>,
    clock: SharedClock,
    keys: KeyCache,
    skew: Skew,
    policy: RetryPolicy,
    budget: RetryBudget,
    limits: Limits,
    telemetry: Telemetry,
    observer: Option<Arc<dyn Observer>>,
    in_flight: Arc<InFlight>,
}

/// Bounds on time and size.
#[derive(Clone, Copy, Debug)]
struct Limits {
    deadline: Duration,
    attempt: Duration,
    request_bytes: usize,
    response_bytes: usize,
}

impl Client {
    /// Returns a builder with default settings.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Calls an action with the default options.
    ///
    /// Reads are idempotent and retried after any transient error. A paid create or a control is
    /// not idempotent: it is retried only while it certainly was not executed.
    ///
    /// # Errors
    /// An [`Error`]. Before repeating a call that is not a read, ask [`Error::advice`]: a call that
    /// is [in doubt](Error::in_doubt) may have been executed and billed.
    ///
    /// # Cancel safety
    /// As for [`send_with`](Self::send_with).
    pub async fn send<A: Action>(&self, request: &A) -> Result<Output<A::Response>, Error> {
        self.send_with(request, CallOptions::new()).await
    }

    /// Calls an action with options.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    ///
    /// # Cancel safety
    /// Dropping the future of a read abandons it. Any other call is safe to drop:
    /// - dropped while it waits for credentials, a permit, the gate, a connection or a retry pause,
    ///   it sends nothing, now or later;
    /// - dropped once bytes may have left, that one attempt continues in a task of the tokio
    ///   runtime and is not retried. Its outcome reaches the [`Observer`] and the
    ///   [`CallHandle`](crate::CallHandle) of the call; [`drain`](Self::drain) waits for it.
    ///   [`CallOptions::cancel_on_drop`] abandons it instead, and so does a runtime that ends: then
    ///   the call is in doubt.
    pub async fn send_with<A: Action>(
        &self,
        request: &A,
        options: CallOptions,
    ) -> Result<Output<A::Response>, Error> {
        let site = self.endpoint().known_site();
        let call = preflight(request, options.preflight, site);
        let call = call.and_then(|()| Call::typed(request)).map(Arc::new);
        let call = call.inspect_err(|error| options.end_unstarted(error))?;
        self.execute(call, &options, Answer::decode).await
    }

    /// Calls any action and returns the body of its answer as the service wrote it.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but without preflight. [`ErrorKind::Config`] when a name is
    /// malformed, or when an action that the specification lists as a create or a control is called
    /// as a read.
    ///
    /// # Cancel safety
    /// As for [`send_with`](Self::send_with).
    pub async fn call(
        &self,
        call: UntypedCall,
        options: CallOptions,
    ) -> Result<Output<RawBody>, Error> {
        let call = Call::untyped(call).map(Arc::new);
        let call = call.inspect_err(|error| options.end_unstarted(error))?;
        let read = |answer: &mut Answer| Ok(RawBody::new(answer.response()));
        self.execute(call, &options, read).await
    }

    /// Returns the request as it would be sent now, with the stages of its signature. Sends
    /// nothing, checks nothing, and needs no credentials.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the request cannot be written as JSON.
    pub fn prepare<A: Action>(&self, request: &A) -> Result<Prepared, Error> {
        let call = Call::typed(request)?;
        let endpoint = self.inner().route.preferred();
        let wire = self.inner().wire(endpoint, &call);
        let timestamp = self.inner().timestamp();
        let canonical_request = wire.canonical_request();
        let scope = Scope::at(timestamp, mps_models::service::NAME);
        Ok(Prepared {
            endpoint: endpoint.clone(),
            headers: wire.headers(timestamp),
            string_to_sign: sign::string_to_sign(timestamp, &scope, &canonical_request),
            canonical_request,
            body: call.body,
        })
    }

    /// Waits until no request that may change or bill something is on the wire, for at most `limit`.
    ///
    /// Call it before a program ends, after the futures of its calls were finished or dropped: a call
    /// that was dropped while its request was on the wire continues in a task of the runtime, and ends
    /// with the runtime. Returns the requests that are still on the wire; an empty list means that
    /// every outcome was delivered. Calls that start meanwhile are waited for too.
    ///
    /// # Cancel safety
    /// Dropping the future ends the waiting and nothing else.
    ///
    /// # Example
    /// ```no_run
    /// # async fn example(client: mps_core::Client) {
    /// use std::time::Duration;
    ///
    /// for intent in client.drain(Duration::from_secs(60)).await {
    ///     eprintln!("in doubt: {intent:?}, body {}", intent.body_sha256());
    /// }
    /// # }
    /// ```
    pub async fn drain(&self, limit: Duration) -> Vec<Intent> {
        let inner = self.inner();
        match clock::timeout(&*inner.clock, limit, inner.in_flight.emptied()).await {
            Some(()) => Vec::new(),
            None => inner.in_flight.intents(),
        }
    }

    /// Returns the transport, with the client's confinement. Use it to fetch results.
    #[must_use]
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.inner().transport
    }

    /// Returns the time by the service's clock: this machine's, corrected by the difference that the
    /// client has learned from rejected signatures.
    #[must_use]
    pub fn service_time(&self) -> SystemTime {
        self.inner().service_time()
    }

    /// Returns the client's source of time.
    #[must_use]
    pub fn clock(&self) -> &SharedClock {
        &self.inner().clock
    }

    /// Returns the account that this client calls for: the one of the
    /// [builder](ClientBuilder::account), else that of the first credentials that were used. Returns
    /// `None` before the first call.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        self.inner().account.get()
    }

    /// Returns the account that this client calls for, and looks up the credentials if none were used
    /// yet. Sends nothing to the service.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`] when no credentials are found.
    ///
    /// # Cancel safety
    /// Dropping the future ends the look-up for this caller and nothing else.
    pub async fn identify(&self) -> Result<&Account, Error> {
        let inner = self.inner();
        if let Some(account) = inner.account.get() {
            return Ok(account);
        }
        let provided = inner.credentials.provide();
        let provided = clock::timeout(&*inner.clock, inner.limits.deadline, provided).await;
        let credentials = provided.ok_or_else(no_credentials_in_time)?;
        let credentials = credentials.map_err(|error| no_credentials(&error))?;
        let account = &inner.account;
        Ok(account.get_or_init(|| Account::from_credentials(&credentials)))
    }

    /// Returns the preferred endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.inner().route.preferred()
    }

    async fn execute<T>(
        &self,
        call: Arc<Call>,
        options: &CallOptions,
        read: impl FnOnce(&mut Answer) -> Result<T, Error>,
    ) -> Result<Output<T>, Error> {
        let client = self.inner();
        let span = telemetry::call_span(&call.action, call.effect);
        let ending = Ending::new(client, &call, options, span.clone());
        // Declared before the execution, so that it is dropped after it.
        let _guard = CallGuard(ending.clone());
        let mut execution = Execution::new(client, &call, options, ending.clone());
        let answered = execution.run().instrument(span.clone()).await;
        let raw = match &answered {
            Ok(output) if ending.has_listeners() => Some(output.to_raw()),
            _ => None,
        };
        let outcome = answered.and_then(|answer| answer.read(call.info(), read));
        client.record_end(&call, &span, &outcome);
        match (&outcome, raw) {
            (Ok(_), Some(raw)) => ending.end(&Ok(raw)),
            (Ok(_), None) => {}
            (Err(error), _) => ending.end(&Err(error.clone())),
        }
        outcome
    }

    fn inner(&self) -> &Arc<Inner> {
        &self.0.0
    }
}

impl Inner {
    fn wire<'a>(&'a self, endpoint: &'a Endpoint, call: &'a Call) -> Wire<'a> {
        Wire {
            endpoint,
            region: self.region.as_ref(),
            call,
        }
    }

    /// Returns the time to sign with, in Unix seconds.
    fn timestamp(&self) -> i64 {
        unix_seconds(self.service_time())
    }

    /// Returns this machine's time, corrected by the offset learned from the service.
    fn service_time(&self) -> SystemTime {
        self.skew.correct(self.clock.wall())
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let intents = self.0.in_flight.intents();
        if intents.is_empty() {
            return;
        }
        telemetry::left_in_flight(&intents);
        if let Some(observer) = &self.0.observer {
            notify_safely(&**observer, |observer| observer.left_in_flight(&intents));
        }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", self.endpoint())
            .field("region", &self.inner().region)
            .finish_non_exhaustive()
    }
}

/// Checks a request by the facts of the endpoint's site; if that is not known, by those of every site.
fn preflight<A: Action>(
    request: &A,
    level: PreflightLevel,
    site: Option<Site>,
) -> Result<(), Error> {
    if level == PreflightLevel::Off {
        return Ok(());
    }
    if level == PreflightLevel::Errors && request.is_ok_on(site) {
        return Ok(());
    }
    let report = request.preflight_on(site);
    if !level.stops(&report) {
        return Ok(());
    }
    let message = match report.findings() {
        [only] => format!("{}: {}", only.path, only.message),
        [first, rest @ ..] => format!(
            "{}: {} (and {} more)",
            first.path,
            first.message,
            rest.len()
        ),
        [] => String::new(),
    };
    Err(Error::new(ErrorKind::Preflight, message)
        .with_hint("nothing was sent; the report has a hint for each finding")
        .with_report(report)
        .with_call(A::INFO.name, A::INFO.effect, 0, Duration::ZERO))
}

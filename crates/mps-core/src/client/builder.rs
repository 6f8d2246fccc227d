//! Settings of a client.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::HeaderValue;

use super::{
    Client, Inner, Limits, Owner,
    skew::{self, Skew},
};
use crate::{
    call::Observer,
    clock::{MAX_SKEW, SharedClock, SystemClock},
    credentials::{ProvideCredentials, confined},
    endpoint::{BreakerPolicy, Endpoint, Failover, Route},
    error::{Error, ErrorKind},
    limit::{Account, Limiter, LocalLimiter},
    retry::{RetryBudget, RetryPolicy},
    sign::KeyCache,
    telemetry::{Metrics, Telemetry},
    transport::{Confined, Transport},
    wire::header_value,
};

/// Enough for a thousand creates that start at once to get their permits, at 9.5 a second.
const DEADLINE: Duration = Duration::from_secs(2 * 60);
/// The limit of the vendor's own SDKs. Not shorter, because a create that is cut off is in doubt.
const ATTEMPT: Duration = Duration::from_secs(60);
/// The service's bound on a request signed with TC3.
const REQUEST_BYTES: usize = 10 * 1024 * 1024;
/// Far more than any answer of these actions.
const RESPONSE_BYTES: usize = 16 * 1024 * 1024;

/// A builder of a [`Client`]. Only [`credentials`](Self::credentials) are required.
#[derive(Default)]
pub struct ClientBuilder {
    endpoint: Option<Endpoint>,
    failover: Failover,
    region: Option<String>,
    credentials: Option<Arc<dyn ProvideCredentials>>,
    account: Option<Account>,
    transport: Option<Arc<dyn Transport>>,
    limiter: Option<Arc<dyn Limiter>>,
    clock: Option<SharedClock>,
    policy: RetryPolicy,
    budget: RetryBudget,
    telemetry: Telemetry,
    observer: Option<Arc<dyn Observer>>,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
    response_cap: Option<usize>,
    unconfined: bool,
}

impl ClientBuilder {
    /// Sets the credentials provider. Required.
    #[must_use]
    pub fn credentials(mut self, credentials: impl ProvideCredentials + 'static) -> Self {
        self.credentials = Some(Arc::new(credentials));
        self
    }

    /// Sets the account that the client calls for, as returned by [`Client::account`]. The account of
    /// the first credentials that are used by default.
    #[must_use]
    pub fn account(mut self, account: Account) -> Self {
        self.account = Some(account);
        self
    }

    /// Sets the endpoint. The nearest one of the international site by default.
    ///
    /// A client whose endpoint is on this machine cannot reach another host, because such an
    /// endpoint is an emulator; see [`allow_other_hosts`](Self::allow_other_hosts).
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Sets more endpoints of the same site, in the order in which they are used while those before
    /// them fail. None by default.
    ///
    /// Each endpoint has a circuit breaker ([`BreakerPolicy`]), which opens after connection and
    /// gateway failures without an answer in between. An answer of the service, also an error,
    /// proves that the endpoint works. After a pause one read probes it. Failover does not change
    /// the rules for retries: a create that is in doubt is not sent to another endpoint either.
    /// Every attempt is signed for its own host.
    ///
    /// [`build`](Self::build) fails when the endpoints are not all of one site, not all different,
    /// or partly on this machine.
    #[must_use]
    pub fn failover(mut self, fallbacks: impl IntoIterator<Item = Endpoint>) -> Self {
        self.failover.fallbacks = fallbacks.into_iter().collect();
        self
    }

    /// Sets when the circuit breaker of an endpoint opens, and for how long.
    #[must_use]
    pub fn breaker(mut self, policy: BreakerPolicy) -> Self {
        self.failover.policy = policy;
        self
    }

    /// Lets a client with an endpoint on this machine reach other hosts too, for an endpoint that
    /// forwards to the real service. Not allowed by default.
    #[must_use]
    pub fn allow_other_hosts(mut self) -> Self {
        self.unconfined = true;
        self
    }

    /// Sets the region that executes the calls. None by default; most actions need none.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets the HTTP transport. The default is that of the feature `reqwest`.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the rate limiter. By default one of this client and its clones; give the clients of one
    /// account the same one.
    #[must_use]
    pub fn limiter(mut self, limiter: impl Limiter + 'static) -> Self {
        self.limiter = Some(Arc::new(limiter));
        self
    }

    /// Sets the source of time. The machine's clocks by default.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the number of attempts and the pauses between them.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the bound on retries. By default one of this client and its clones; clients that should
    /// slow down together share one.
    #[must_use]
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// Sets the receiver of metrics. None by default.
    #[must_use]
    pub fn metrics(mut self, metrics: impl Metrics + 'static) -> Self {
        self.telemetry = Telemetry::new(Arc::new(metrics));
        self
    }

    /// Sets the receiver of the outcome of every call that is not a read, also of one whose caller
    /// went away. None by default.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sets the longest time for a whole call: waiting for credentials and permits, attempts and
    /// pauses. 2 minutes by default.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Sets the longest time for one attempt, from the connection to the end of the answer. 60 s by
    /// default.
    #[must_use]
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// Sets the size of the largest answer that is read, in bytes. 16 MiB by default.
    #[must_use]
    pub fn response_cap(mut self, bytes: usize) -> Self {
        self.response_cap = Some(bytes);
        self
    }

    /// Builds the client. Opens no connection.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`] without credentials; [`ErrorKind::Config`] without a transport in a
    /// build that has no default one, when the region is no name, or when the access points of a
    /// failover do not belong together.
    pub fn build(self) -> Result<Client, Error> {
        let credentials = self.credentials.ok_or_else(|| {
            Error::new(ErrorKind::Credentials, "the client has no credentials")
                .with_hint("call `credentials` on the builder")
        })?;
        let region = self.region.as_deref().map(region_header).transpose()?;
        let route = Route::new(self.endpoint.unwrap_or_default(), self.failover)?;
        let transport = self.transport.map_or_else(default_transport, Ok)?;
        // Either all endpoints are on this machine or none is.
        let confined_to_route = route.preferred().is_loopback() && !self.unconfined;
        let (transport, credentials, skew_bound) = if confined_to_route {
            let endpoints = route.endpoints().cloned();
            let transport: Arc<dyn Transport> = Arc::new(Confined::among(transport, endpoints));
            (transport, confined(credentials), skew::CONFINED_BOUND)
        } else {
            (transport, credentials, MAX_SKEW)
        };
        let clock = self.clock.unwrap_or_else(SystemClock::shared);
        let limiter = self
            .limiter
            .unwrap_or_else(|| Arc::new(LocalLimiter::new(clock.clone())));
        Ok(Client(Arc::new(Owner(Arc::new(Inner {
            route: Arc::new(route),
            region,
            credentials,
            account: self.account.map_or_else(OnceLock::new, OnceLock::from),
            transport,
            limiter,
            clock,
            keys: KeyCache::default(),
            skew: Skew::within(skew_bound),
            policy: self.policy,
            budget: self.budget,
            limits: Limits {
                deadline: self.deadline.unwrap_or(DEADLINE),
                attempt: self.attempt_timeout.unwrap_or(ATTEMPT),
                request_bytes: REQUEST_BYTES,
                response_bytes: self.response_cap.unwrap_or(RESPONSE_BYTES),
            },
            telemetry: self.telemetry,
            observer: self.observer,
            in_flight: Arc::default(),
        })))))
    }
}

/// Returns a region as the value of a header. Unknown regions may be sent, because new ones appear.
fn region_header(region: &str) -> Result<HeaderValue, Error> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if !region.is_empty() && region.chars().all(is_name) {
        return header_value(region);
    }
    let message = format!("the region {region:?} is not a name of letters, digits and hyphens");
    Err(Error::new(ErrorKind::Config, message).with_hint("give one such as ap-guangzhou, or none"))
}

#[cfg(feature = "reqwest")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "there is none without the feature"
)]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(crate::transport::ReqwestTransport::new()))
}

#[cfg(not(feature = "reqwest"))]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Err(Error::new(ErrorKind::Config, "the client has no transport")
        .with_hint("call `transport` on the builder, or enable the feature `reqwest`"))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

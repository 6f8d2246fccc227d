//! Settings of a client.

use std::{fmt, sync::Arc, time::Duration};

use super::{Client, Inner, Limits, Skew};
use crate::{
    clock::{SharedClock, SystemClock},
    credentials::{ProvideCredentials, confined},
    endpoint::Endpoint,
    error::{Error, ErrorKind},
    limit::{Limiter, LocalLimiter},
    retry::{RetryBudget, RetryPolicy},
    sign::KeyCache,
    transport::{Confined, Transport},
};

/// Long enough for 2,000 creates that were asked for at once to wait for their turns.
const DEADLINE: Duration = Duration::from_secs(5 * 60);
/// What the vendor's own SDKs allow. A create that is cut off is in doubt, so not shorter.
const ATTEMPT: Duration = Duration::from_secs(60);
/// The service's bound on a request signed with TC3.
const REQUEST_BYTES: usize = 10 * 1024 * 1024;
/// Far above any answer of these actions.
const RESPONSE_BYTES: usize = 16 * 1024 * 1024;

/// Builds a [`Client`]. Only [`credentials`](Self::credentials) are required.
#[derive(Default)]
pub struct ClientBuilder {
    endpoint: Option<Endpoint>,
    region: Option<String>,
    credentials: Option<Arc<dyn ProvideCredentials>>,
    transport: Option<Arc<dyn Transport>>,
    limiter: Option<Arc<dyn Limiter>>,
    clock: Option<SharedClock>,
    policy: RetryPolicy,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
    response_cap: Option<usize>,
    unconfined: bool,
}

impl ClientBuilder {
    /// Who signs.
    #[must_use]
    pub fn credentials(mut self, credentials: impl ProvideCredentials + 'static) -> Self {
        self.credentials = Some(Arc::new(credentials));
        self
    }

    /// Where calls go; the international site's nearest access point unless set.
    ///
    /// A client whose endpoint is on this machine cannot reach any other host, since such an
    /// endpoint is an emulator; see [`allow_other_hosts`](Self::allow_other_hosts).
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Lets a client with an endpoint on this machine reach other hosts too, for an endpoint
    /// that forwards to the real service.
    #[must_use]
    pub fn allow_other_hosts(mut self) -> Self {
        self.unconfined = true;
        self
    }

    /// The region that works on the calls; most actions of this family need none.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// How bytes travel; the feature `reqwest` brings the default.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Who hands out permits; a limiter of this process unless set. Give clients of one account
    /// the same one.
    #[must_use]
    pub fn limiter(mut self, limiter: impl Limiter + 'static) -> Self {
        self.limiter = Some(Arc::new(limiter));
        self
    }

    /// The source of time.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// How often, and after which pauses, calls are tried again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Longest time for a whole call, waiting included; 5 minutes unless set.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Longest time for one attempt, from the connection to the end of the answer; 60 s unless set.
    #[must_use]
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// Largest answer that is read, in bytes; 16 MiB unless set.
    #[must_use]
    pub fn response_cap(mut self, bytes: usize) -> Self {
        self.response_cap = Some(bytes);
        self
    }

    /// Builds the client. Opens no connection.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`] without credentials, [`ErrorKind::Config`] when the default
    /// transport cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let credentials = self.credentials.ok_or_else(|| {
            Error::new(ErrorKind::Credentials, "the client has no credentials")
                .with_hint("call `credentials` on the builder")
        })?;
        let endpoint = self.endpoint.unwrap_or_default();
        let transport = self.transport.map_or_else(default_transport, Ok)?;
        let (transport, credentials): (Arc<dyn Transport>, _) =
            if endpoint.is_loopback() && !self.unconfined {
                let transport = Confined::new(transport, endpoint.clone());
                (Arc::new(transport), confined(credentials))
            } else {
                (transport, credentials)
            };
        let clock = self.clock.unwrap_or_else(SystemClock::shared);
        let limiter = self
            .limiter
            .unwrap_or_else(|| Arc::new(LocalLimiter::new(clock.clone())));
        Ok(Client(Arc::new(Inner {
            endpoint,
            region: self.region,
            credentials,
            transport,
            limiter,
            clock,
            keys: KeyCache::default(),
            skew: Skew::default(),
            policy: self.policy,
            budget: RetryBudget::default(),
            limits: Limits {
                deadline: self.deadline.unwrap_or(DEADLINE),
                attempt: self.attempt_timeout.unwrap_or(ATTEMPT),
                request_bytes: REQUEST_BYTES,
                response_bytes: self.response_cap.unwrap_or(RESPONSE_BYTES),
            },
        })))
    }
}

#[cfg(feature = "reqwest")]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(crate::transport::ReqwestTransport::new()?))
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

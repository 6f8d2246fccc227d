//! The facade's entry: one client, one family of actions at a time.

use mps_core::{
    Client, ClientBuilder,
    clock::SharedClock,
    credentials::{DefaultChain, ProvideCredentials},
    endpoint::Endpoint,
    limit::Limiter,
    retry::RetryPolicy,
    telemetry::Metrics,
    transport::Transport,
};

use crate::{error::Error, family::Family, task::Tasks};

/// AI generation on one account. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Aigc(Client);

impl Aigc {
    /// A client to be configured.
    #[must_use]
    pub fn builder() -> AigcBuilder {
        AigcBuilder::default()
    }

    /// Tasks of any family, for code that works with all of them.
    #[must_use]
    pub fn tasks<F: Family>(&self) -> Tasks<F> {
        Tasks::new(self.0.clone())
    }

    /// The client underneath, for actions that have no method here.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0
    }
}

impl From<Client> for Aigc {
    fn from(client: Client) -> Self {
        Self(client)
    }
}

/// Builds an [`Aigc`]. Only [`credentials`](Self::credentials) are required.
#[derive(Debug, Default)]
pub struct AigcBuilder(ClientBuilder);

impl AigcBuilder {
    /// Who signs and pays.
    #[must_use]
    pub fn credentials(self, credentials: impl ProvideCredentials + 'static) -> Self {
        Self(self.0.credentials(credentials))
    }

    /// Takes credentials from the usual places: the environment, the credentials files, the role of
    /// a TKE pod, and, where the environment asks for it, the role of a machine. See
    /// [`DefaultChain`].
    #[must_use]
    pub fn credentials_from_environment(self) -> Self {
        self.credentials(DefaultChain::new().from_environment())
    }

    /// Where calls go; the international site unless set.
    #[must_use]
    pub fn endpoint(self, endpoint: Endpoint) -> Self {
        Self(self.0.endpoint(endpoint))
    }

    /// More access points of the same site, for when the first does not answer. A create that is
    /// in doubt is not sent to another one either; see [`ClientBuilder::failover`].
    #[must_use]
    pub fn failover(self, fallbacks: impl IntoIterator<Item = Endpoint>) -> Self {
        Self(self.0.failover(fallbacks))
    }

    /// Who counts what happens.
    #[must_use]
    pub fn metrics(self, metrics: impl Metrics + 'static) -> Self {
        Self(self.0.metrics(metrics))
    }

    /// The region that works on the calls; most actions of this family need none.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        Self(self.0.region(region))
    }

    /// How bytes travel.
    #[must_use]
    pub fn transport(self, transport: impl Transport + 'static) -> Self {
        Self(self.0.transport(transport))
    }

    /// Who hands out permits. Give clients of one account the same limiter.
    #[must_use]
    pub fn limiter(self, limiter: impl Limiter + 'static) -> Self {
        Self(self.0.limiter(limiter))
    }

    /// The source of time.
    #[must_use]
    pub fn clock(self, clock: SharedClock) -> Self {
        Self(self.0.clock(clock))
    }

    /// How often, and after which pauses, calls are tried again.
    #[must_use]
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self(self.0.retry(policy))
    }

    /// Builds the client. Opens no connection.
    ///
    /// # Errors
    /// When there are no credentials, or the transport cannot be set up.
    pub fn build(self) -> Result<Aigc, Error> {
        Ok(Aigc(self.0.build()?))
    }
}

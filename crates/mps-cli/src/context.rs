//! The client that the global options describe.

mod certificates;
mod connection;

use std::{sync::Arc, time::Duration};

use mps_aigc::{
    Aigc, CallOptions, Client, Credentials, Endpoint,
    credentials::{Cached, DefaultChain, ProvideCredentials, SharedProvider},
};
use mps_core::{
    clock::{SharedClock, SystemClock},
    limit::{Account, Limiter},
    transport::ReqwestTransport,
};
use mps_emulator::{BucketUrls, Emulator};
use mps_jobs::LedgerGate;

pub(crate) use self::{certificates::Certificates, connection::Connection};
use crate::{
    account,
    arguments::Settings,
    cautions,
    config::Defaults,
    doubt::ANSWER_TIMEOUT,
    failure::Failure,
    ledger::{Identity, Opening},
    limiter,
    media::{self, Bucket},
    monitor::{CreateGate, Monitor, SignalGate},
    options::GlobalOptions,
    output::Output,
    phase::Phase,
};

mod no_credentials;

/// The global options and where they are set, the output streams, the phase and the clock of a command.
/// Clones share the streams and the phase.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) global: GlobalOptions,
    pub(crate) settings: Arc<Settings>,
    pub(crate) output: Output,
    pub(crate) phase: Phase,
    pub(crate) clock: SharedClock,
}

impl Context {
    pub(crate) fn new(
        global: GlobalOptions,
        settings: Settings,
        output: Output,
        phase: Phase,
    ) -> Self {
        Self {
            global,
            settings: Arc::new(settings),
            output,
            phase,
            clock: SystemClock::shared(),
        }
    }

    /// Returns the defaults of commands that the config file sets.
    pub(crate) fn defaults(&self) -> &Defaults {
        &self.settings.config.defaults
    }

    /// Returns the bucket for local files of requests that name none: that of the environment, else that of the
    /// config file.
    ///
    /// # Errors
    /// Returns a usage error if the variable is not valid.
    pub(crate) fn media_bucket(&self) -> Result<Option<Bucket>, Failure> {
        let bucket = media::from_environment()?;
        Ok(bucket.or_else(|| self.defaults().media_bucket().cloned()))
    }

    /// Connects with credentials that are known to exist. A signal ends the search for them.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        self.connect_and(None).await
    }

    /// Connects like [`connect`](Self::connect), but only begins to open the ledger and to read the machine's
    /// certificates, which nothing but the create needs: see [`Connection::ready`].
    pub(crate) async fn connect_to_create(&self) -> Result<(Connection, Opening), Failure> {
        let mut opening = Opening::default();
        let connection = self.connect_and(Some(&mut opening)).await?;
        Ok((connection, opening))
    }

    async fn connect_and(&self, opening: Option<&mut Opening>) -> Result<Connection, Failure> {
        match self.phase.race(Box::pin(self.connect_now(opening))).await {
            Ok(connection) => connection,
            Err(signal) => Err(Failure::interrupted(signal)),
        }
    }

    async fn connect_now(&self, mut opening: Option<&mut Opening>) -> Result<Connection, Failure> {
        if self.global.emulator {
            return self.connect_to_own_emulator().await;
        }
        let endpoint = self.endpoint()?;
        #[cfg(not(feature = "tls"))]
        if endpoint.as_str().starts_with("https:") {
            return Err(Failure::lacks_feature(endpoint.as_str(), "tls"));
        }
        if let Some(caution) = cautions::of_endpoint(&endpoint) {
            self.output.warning(&caution);
        }
        let transport = transport(&endpoint);
        if !endpoint.is_loopback() {
            self.begin_to_open(opening.as_deref_mut(), &endpoint, "");
        }
        let certificates = Certificates::of(&endpoint, &transport);
        match &opening {
            Some(_) => certificates.begin().await,
            None => certificates.read().await?,
        }
        // The keys now rather than at the first call: an error is best reported before any other work.
        let provider = self.provider(&endpoint, &transport);
        let credentials = self.find_credentials(&provider).await?;
        // The ledger of an emulator is named after the key.
        if endpoint.is_loopback() {
            self.begin_to_open(opening, &endpoint, credentials.secret_id());
        }
        let payer = account::of(&self.global, &credentials);
        let scope = account::scope(&self.global, &endpoint, &credentials);
        let (limiter, limit_warning) = limiter::build(self.global.limiter.clone(), &scope)?;
        let aigc = self.client(endpoint, transport, provider, limiter)?;
        Ok(Connection {
            aigc,
            secret_id: credentials.secret_id().to_owned(),
            #[cfg(feature = "media")]
            credentials,
            account: payer.to_string(),
            payer,
            limit_warning,
            certificates,
            _emulator: None,
        })
    }

    fn begin_to_open(&self, opening: Option<&mut Opening>, endpoint: &Endpoint, secret_id: &str) {
        let identity = Identity {
            endpoint,
            secret_id,
        };
        if let Some(opening) = opening {
            *opening = Opening::begin(&self.global, identity, &self.clock);
        }
    }

    /// Returns a client without credentials, for commands that print a request and send nothing.
    pub(crate) fn offline(&self) -> Result<Client, Failure> {
        let credentials = Credentials::new("", "");
        let endpoint = self.endpoint()?;
        let transport = transport(&endpoint);
        let aigc = self.client(
            endpoint,
            transport,
            credentials,
            limiter::unshared_limiter(),
        )?;
        Ok(aigc.client().clone())
    }

    /// Returns the credentials that the options select.
    pub(crate) async fn credentials(&self) -> Result<Credentials, Failure> {
        let endpoint = self.endpoint()?;
        let provider = self.provider(&endpoint, &transport(&endpoint));
        self.find_credentials(&provider).await
    }

    async fn find_credentials(
        &self,
        provider: &impl ProvideCredentials,
    ) -> Result<Credentials, Failure> {
        let credentials = self.look_up(provider).await?;
        if let Some(caution) = cautions::of_credentials(&credentials) {
            self.output.warning(&caution);
        }
        Ok(credentials)
    }

    /// Returns the credentials that the options select, and warns of nothing.
    pub(crate) async fn quiet_credentials(&self) -> Result<Credentials, Failure> {
        let endpoint = self.endpoint()?;
        let provider = self.provider(&endpoint, &transport(&endpoint));
        self.look_up(&provider).await
    }

    async fn look_up(&self, provider: &impl ProvideCredentials) -> Result<Credentials, Failure> {
        let credentials = provider.provide().await;
        credentials.map_err(|error| {
            let profile = self.global.profile.as_deref();
            let failure = Failure::no_credentials(&error, profile);
            // Only `mps sign` looks for keys although `--emulator` is given: it signs with the user's.
            if self.global.emulator {
                failure.hint(KEYS_TO_SIGN_WITH)
            } else {
                failure
            }
        })
    }

    /// Returns the provider of the credentials that the options select; it renews temporary ones.
    fn provider(
        &self,
        endpoint: &Endpoint,
        transport: &ReqwestTransport,
    ) -> Cached<SharedProvider> {
        let chain = DefaultChain::new().site(self.global.site());
        let chain = chain.transport(Arc::new(transport.clone()));
        let chain = match &self.global.profile {
            Some(profile) => chain.profile(profile),
            None => chain,
        };
        if endpoint.is_loopback() {
            // A command for an emulator must not ask a real service for keys.
            return chain.confined().from_environment();
        }
        chain.from_environment()
    }

    /// Returns the options of a create: it does not leave after a signal, nor unrecorded if there is a
    /// gate of the ledger.
    pub(crate) fn create_options(&self, ledger: Option<Arc<LedgerGate>>) -> CallOptions {
        let signals = SignalGate::new(self.phase.clone(), self.clock.clone());
        let gate = CreateGate::new(ledger, signals);
        CallOptions::new()
            .gate(Arc::new(gate))
            .handle(self.phase.call())
    }

    pub(crate) fn endpoint(&self) -> Result<Endpoint, Failure> {
        match &self.global.endpoint {
            Some(url) => {
                let endpoint = Endpoint::parse(url)?;
                Ok(match self.global.site {
                    Some(site) if endpoint.known_site().is_none() => endpoint.of_site(site.into()),
                    _ => endpoint,
                })
            }
            None => Ok(Endpoint::site(self.global.site())),
        }
    }

    async fn connect_to_own_emulator(&self) -> Result<Connection, Failure> {
        let emulator = Emulator::builder()
            .site(self.global.site())
            .task_times(Duration::from_millis(500), Duration::from_secs(1))
            // A result in a bucket of the user could not be downloaded: no such bucket exists here.
            .bucket_urls(BucketUrls::Local)
            .start()
            .await
            .map_err(|error| Failure::internal(format!("cannot start the emulator: {error}")))?;
        let secret_id = emulator.secret_id().to_owned();
        let keys = Credentials::new(emulator.secret_id(), emulator.secret_key());
        let payer = Account::from_credentials(&keys);
        let endpoint = Endpoint::parse(emulator.endpoint())?;
        let transport = transport(&endpoint);
        let certificates = Certificates::of(&endpoint, &transport);
        let limiter = limiter::unshared_limiter();
        let aigc = self.client(endpoint, transport, keys.clone(), limiter)?;
        Ok(Connection {
            aigc,
            #[cfg(feature = "media")]
            credentials: keys,
            account: payer.to_string(),
            payer,
            secret_id,
            limit_warning: None,
            certificates,
            _emulator: Some(emulator),
        })
    }

    fn client(
        &self,
        endpoint: Endpoint,
        transport: ReqwestTransport,
        credentials: impl ProvideCredentials + 'static,
        limiter: Arc<dyn Limiter>,
    ) -> Result<Aigc, Failure> {
        let monitor = Monitor {
            phase: self.phase.clone(),
            output: self.output.clone(),
        };
        let builder = Client::builder()
            .credentials(credentials)
            .transport(transport)
            .metrics(monitor)
            .limiter(limiter)
            .deadline(self.global.deadline())
            .attempt_timeout(ANSWER_TIMEOUT)
            .endpoint(endpoint);
        let builder = match &self.global.region {
            Some(region) => builder.region(region),
            None => builder,
        };
        Ok(builder.build()?.into())
    }
}

/// Returns the transport to an endpoint.
pub(crate) fn transport(endpoint: &Endpoint) -> ReqwestTransport {
    let transport = ReqwestTransport::builder();
    // An emulator on this machine is reached directly, never through a proxy.
    let transport = if endpoint.is_loopback() {
        transport
    } else {
        transport.proxies_from_environment()
    };
    transport.build()
}

const KEYS_TO_SIGN_WITH: &str = "set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY to the keys to sign with; any will do \
     to compare signatures";

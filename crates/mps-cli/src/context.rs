//! What every command needs: a client for the account and the place that the options name.

use std::{sync::Arc, time::Duration};

use mps_aigc::{
    Aigc, Client, Credentials, Endpoint, Family, Tasks,
    credentials::{Cached, CredentialsError, DefaultChain, ProvideCredentials, SharedProvider},
};
use mps_core::{ErrorKind, limit::Limiter, transport::ReqwestTransport};
use mps_emulator::{BucketUrls, Emulator};

use crate::{args::Global, failure::Failure, limiter, output::Output};

/// The options every command takes, and where to write.
pub(crate) struct Context<'a> {
    pub(crate) global: Global,
    pub(crate) output: &'a Output,
}

/// A client, and the emulator it talks to where there is one: it runs for as long as this lives.
pub(crate) struct Connection {
    aigc: Aigc,
    _emulator: Option<Emulator>,
}

impl Connection {
    pub(crate) fn client(&self) -> &Client {
        self.aigc.client()
    }

    pub(crate) fn tasks<F: Family>(&self) -> Tasks<F> {
        self.aigc.tasks()
    }
}

impl<'a> Context<'a> {
    pub(crate) fn new(global: Global, output: &'a Output) -> Self {
        Self { global, output }
    }

    /// A client with credentials that were found to exist.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        if self.global.emulator {
            return self.connect_to_own_emulator().await;
        }
        let endpoint = self.endpoint()?;
        let transport = transport(&endpoint)?;
        let provider = self.provider(&endpoint, &transport);
        // Found now rather than at the first call, which may come late.
        let credentials = found(&provider).await?;
        let limiter = limiter::of(self.global.limiter, &endpoint, credentials.secret_id())?;
        let aigc = self.client(endpoint, transport, provider, limiter)?;
        Ok(Connection {
            aigc,
            _emulator: None,
        })
    }

    /// A client that will never send, for what only shows a request.
    pub(crate) fn offline(&self) -> Result<Client, Failure> {
        let nobody = Credentials::new("", "");
        let endpoint = self.endpoint()?;
        let transport = transport(&endpoint)?;
        let aigc = self.client(endpoint, transport, nobody, limiter::of_this_process())?;
        Ok(aigc.client().clone())
    }

    /// The keys that the options name.
    pub(crate) async fn credentials(&self) -> Result<Credentials, Failure> {
        let endpoint = self.endpoint()?;
        found(&self.provider(&endpoint, &transport(&endpoint)?)).await
    }

    /// Who has the keys that the options name, and renews them while a command runs.
    fn provider(
        &self,
        endpoint: &Endpoint,
        transport: &ReqwestTransport,
    ) -> Cached<SharedProvider> {
        let chain = DefaultChain::new()
            .site(self.global.site.map(Into::into).unwrap_or_default())
            .transport(Arc::new(transport.clone()));
        let chain = match &self.global.profile {
            Some(profile) => chain.profile(profile),
            None => chain,
        };
        if endpoint.is_loopback() {
            // Whoever talks to an emulator asks no real service for keys.
            return chain.confined().from_environment();
        }
        chain.from_environment()
    }

    pub(crate) fn endpoint(&self) -> Result<Endpoint, Failure> {
        match &self.global.endpoint {
            Some(url) => Ok(Endpoint::parse(url)?),
            None => Ok(Endpoint::site(
                self.global.site.map(Into::into).unwrap_or_default(),
            )),
        }
    }

    async fn connect_to_own_emulator(&self) -> Result<Connection, Failure> {
        let emulator = Emulator::builder()
            .task_times(Duration::from_millis(500), Duration::from_secs(1))
            // Whoever runs a command here wants the file, also when a bucket is named.
            .bucket_urls(BucketUrls::Local)
            .start()
            .await
            .map_err(|error| Failure::internal(format!("cannot start the emulator: {error}")))?;
        let keys = Credentials::new(emulator.secret_id(), emulator.secret_key());
        let endpoint = Endpoint::parse(emulator.endpoint())?;
        let transport = transport(&endpoint)?;
        let aigc = self.client(endpoint, transport, keys, limiter::of_this_process())?;
        Ok(Connection {
            aigc,
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
        let builder = Client::builder()
            .credentials(credentials)
            .transport(transport)
            .limiter(limiter)
            .endpoint(endpoint);
        let builder = match &self.global.region {
            Some(region) => builder.region(region),
            None => builder,
        };
        Ok(builder.build()?.into())
    }
}

fn transport(endpoint: &Endpoint) -> Result<ReqwestTransport, Failure> {
    let transport = ReqwestTransport::builder();
    // A proxy has no business between this program and an emulator on the same machine.
    let transport = if endpoint.is_loopback() {
        transport
    } else {
        transport.proxies_from_environment()
    };
    Ok(transport.build()?)
}

async fn found(provider: &impl ProvideCredentials) -> Result<Credentials, Failure> {
    let found = provider.provide().await;
    found.map_err(|error| Failure::no_credentials(&error))
}

const WAYS_OUT: &str = "set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY (or write ~/.tencentcloud/credentials), \
     or try it without an account: --emulator";

impl Failure {
    fn no_credentials(error: &CredentialsError) -> Self {
        let failure = Self::new(
            crate::failure::Exit::Credentials,
            ErrorKind::Credentials.as_str(),
            error.to_string(),
        );
        failure.hint(match error.hint() {
            Some(hint) => format!("{hint}; else {WAYS_OUT}"),
            None => WAYS_OUT.to_owned(),
        })
    }
}

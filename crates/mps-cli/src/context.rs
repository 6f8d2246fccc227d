//! What every command needs: a client for the account and the place that the options name.

use std::{sync::Arc, time::Duration};

use mps_aigc::{
    Aigc, Client, Credentials, Endpoint, Family, Tasks,
    credentials::{Chain, EnvironmentCredentials, ProfileCredentials, ProvideCredentials},
};
use mps_core::{ErrorKind, transport::ReqwestTransport};
use mps_emulator::{BucketUrls, Emulator};

use crate::{args::Global, failure::Failure, output::Output};

const DEFAULT_PROFILE: &str = "default";

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
        let credentials = self.credentials().await?;
        let aigc = self.client(self.endpoint()?, credentials)?;
        Ok(Connection {
            aigc,
            _emulator: None,
        })
    }

    /// A client that will never send, for what only shows a request.
    pub(crate) fn offline(&self) -> Result<Client, Failure> {
        let nobody = Credentials::new("", "");
        Ok(self.client(self.endpoint()?, nobody)?.client().clone())
    }

    /// The keys that the options name, found now rather than at the first call.
    pub(crate) async fn credentials(&self) -> Result<Credentials, Failure> {
        let profile = self.global.profile.as_deref();
        let in_file = ProfileCredentials::from_environment(profile.unwrap_or(DEFAULT_PROFILE));
        let found = if profile.is_some() {
            in_file.provide().await
        } else {
            let environment = EnvironmentCredentials::from_environment();
            Chain::new().then(environment).then(in_file).provide().await
        };
        found.map_err(|error| Failure::no_credentials(&error))
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
        let aigc = self.client(Endpoint::parse(emulator.endpoint())?, keys)?;
        Ok(Connection {
            aigc,
            _emulator: Some(emulator),
        })
    }

    fn client(&self, endpoint: Endpoint, credentials: Credentials) -> Result<Aigc, Failure> {
        let transport = ReqwestTransport::builder();
        // A proxy has no business between this program and an emulator on the same machine.
        let transport = if endpoint.is_loopback() {
            transport
        } else {
            transport.proxies_from_environment()
        };
        let builder = Client::builder()
            .credentials(Arc::new(credentials))
            .transport(transport.build()?)
            .endpoint(endpoint);
        let builder = match &self.global.region {
            Some(region) => builder.region(region),
            None => builder,
        };
        Ok(builder.build()?.into())
    }
}

impl Failure {
    fn no_credentials(error: &mps_aigc::credentials::CredentialsError) -> Self {
        let failure = Self::new(
            crate::failure::Exit::Credentials,
            ErrorKind::Credentials.as_str(),
            error.to_string(),
        );
        failure.hint(
            "set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY (or write ~/.tencentcloud/credentials), \
             or try it without an account: --emulator",
        )
    }
}

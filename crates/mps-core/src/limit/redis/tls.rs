//! A connection over TLS, with the same certificates and cryptography as those to the service.
//!
//! The library's own TLS would load other certificates, and takes the process's provider for
//! cryptography, which it cannot do without; so it gets a stream that is already encrypted.

use std::{error::Error, io, pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, select, select_ok};
use redis::{
    AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, RedisConnectionInfo, RedisError,
    aio::MultiplexedConnection,
};
use rustls::{
    AlertDescription, ClientConfig, InvalidMessage, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, lookup_host},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{connection::Connection, trouble::trouble};
use crate::{
    clock::Clock,
    limit::{Unavailable, shared::Trouble},
    tls,
};

/// How long a server may think about a greeting before it is asked whether it knows any TLS.
const SILENCE: Duration = Duration::from_millis(500);

pub(super) struct Tls {
    connector: TlsConnector,
    host: String,
    port: u16,
    name: ServerName<'static>,
}

impl Tls {
    pub(super) fn trusting_the_platform(server: &ConnectionInfo) -> Result<Self, Unavailable> {
        Self::new(server, tls::trusting_the_platform())
    }

    pub(super) fn trusting(server: &ConnectionInfo, pem: &[u8]) -> Result<Self, Unavailable> {
        let authorities = authorities(pem)?;
        let config = tls::builder().map(|builder| {
            let builder = builder.with_root_certificates(authorities);
            builder.with_no_client_auth()
        });
        Self::new(server, config)
    }

    fn new(
        server: &ConnectionInfo,
        config: Result<ClientConfig, rustls::Error>,
    ) -> Result<Self, Unavailable> {
        let config = config.map_err(|error| {
            Unavailable::new("TLS to the rate limiter's Redis server cannot be set up")
                .with_source(error)
        })?;
        let named = match server.addr() {
            ConnectionAddr::Tcp(host, port) => ServerName::try_from(host.clone())
                .ok()
                .map(|name| (host.clone(), *port, name)),
            _ => None,
        };
        let (host, port, name) = named.ok_or_else(|| {
            Unavailable::new("the rate limiter's Redis server has no name to be checked over TLS")
                .with_hint("write it as rediss://user:password@host:6379/0")
        })?;
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            host,
            port,
            name,
        })
    }

    pub(super) async fn connect(
        &self,
        address: &str,
        settings: &RedisConnectionInfo,
        config: AsyncConnectionConfig,
        clock: &dyn Clock,
    ) -> Result<Connection, Trouble> {
        let failed = |error: RedisError| tls_trouble(address, &error);
        let stream = self
            .stream(clock)
            .await
            .map_err(|error| failed(error.into()))?;
        let connected = MultiplexedConnection::new_with_config(settings, stream, config).await;
        let (connection, driver) = connected.map_err(failed)?;
        Ok(Connection::driven(connection, tokio::spawn(driver)))
    }

    async fn stream(&self, clock: &dyn Clock) -> io::Result<TlsStream<TcpStream>> {
        let stream = self.tcp().await?;
        let handshake = pin!(self.connector.connect(self.name.clone(), stream));
        let probe = pin!(async {
            clock.sleep(SILENCE).await;
            self.answers_in_clear().await
        });
        match select(handshake, probe).await {
            Either::Left((stream, _)) => stream,
            Either::Right((Ok(true), _)) => Err(io::Error::other(rustls::Error::InvalidMessage(
                InvalidMessage::InvalidContentType,
            ))),
            Either::Right((_, handshake)) => handshake.await,
        }
    }

    async fn tcp(&self) -> io::Result<TcpStream> {
        let addresses = lookup_host((self.host.as_str(), self.port)).await?;
        let mut tries = addresses.map(|one| Box::pin(TcpStream::connect(one)));
        // It cannot choose among none.
        let first = tries.next().ok_or(io::ErrorKind::NotFound)?;
        let (stream, _) = select_ok(std::iter::once(first).chain(tries)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Asks what anybody may ask. A server without TLS takes a greeting for the beginning of a long
    /// command, and would be silent for ever.
    async fn answers_in_clear(&self) -> io::Result<bool> {
        let mut stream = self.tcp().await?;
        stream.write_all(b"PING\r\n").await?;
        let answer = stream.read_u8().await?;
        Ok(matches!(answer, b'+' | b'-'))
    }
}

fn authorities(pem: &[u8]) -> Result<RootCertStore, Unavailable> {
    let unusable = || {
        Unavailable::new(
            "the authority of the rate limiter's Redis server is no certificate in PEM",
        )
        .with_hint("give it the text from -----BEGIN CERTIFICATE----- on, such as of a file ca.pem")
    };
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| unusable().with_source(error))?;
        let added = authorities.add(certificate);
        added.map_err(|error| unusable().with_source(error))?;
    }
    if authorities.is_empty() {
        return Err(unusable());
    }
    Ok(authorities)
}

/// What TLS does not like will not pass by itself.
fn tls_trouble(address: &str, error: &RedisError) -> Trouble {
    let Some(refusal) = refusal(error) else {
        return trouble(address, error);
    };
    let what = format!("the rate limiter's Redis server at {address}");
    let (message, hint) = match refusal {
        rustls::Error::InvalidCertificate(_) => (
            format!("the certificate of {what} is not trusted: {refusal}"),
            "name the authority that signed it (RedisLimiter::with_authority), and the host as the certificate does",
        ),
        rustls::Error::InvalidMessage(_) => (
            format!("{what} does not speak TLS on this port"),
            "name its port for TLS, or write redis:// within a network you trust",
        ),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => (
            format!("{what} demands a certificate from its clients, which they do not have"),
            "set its tls-auth-clients to no, and give it a password",
        ),
        _ => (
            format!("{what} and this client agree on no TLS: {refusal}"),
            "it needs TLS 1.2 or 1.3",
        ),
    };
    let error = Unavailable::new(message).with_hint(hint);
    Trouble::Lasting(error.with_source(refusal.clone()))
}

/// What TLS said, from within what the library makes of it.
fn refusal(error: &RedisError) -> Option<&rustls::Error> {
    let source = error.source()?;
    let shared = source.downcast_ref::<Arc<dyn Error + Send + Sync>>();
    let source = shared.map_or(source, |shared| &**shared);
    let inner = source.downcast_ref::<io::Error>()?.get_ref()?;
    inner.downcast_ref()
}

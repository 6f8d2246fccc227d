//! Connections over TLS, with the certificates and cryptography of calls to the service.
//!
//! The Redis library's own TLS would load other certificates and needs the process's default
//! cryptography provider; so the library gets a stream that is already encrypted.

use std::{error::Error, io, pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, select, select_ok};
use redis::{
    AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, RedisConnectionInfo, RedisError,
    aio::MultiplexedConnection,
};
use rustls::{AlertDescription, ClientConfig, InvalidMessage, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, lookup_host},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{connection::Connection, store_error::store_error};
use crate::{
    clock::Clock,
    limit::{Unavailable, shared::StoreError},
    tls,
};

/// The time for a reply to the TLS greeting. Then the server is asked in clear text whether it
/// speaks TLS at all.
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
        let authorities = tls::authorities(pem).map_err(unusable)?;
        Self::new(server, tls::trusting(authorities))
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
            Unavailable::new(
                "the rate limiter's Redis server has no host name that TLS could check",
            )
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
    ) -> Result<Connection, StoreError> {
        let failed = |error: RedisError| tls_error(address, &error);
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
            self.replies_in_clear_text().await
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
        // `select_ok` panics without a future.
        let first = tries.next().ok_or(io::ErrorKind::NotFound)?;
        let (stream, _) = select_ok(std::iter::once(first).chain(tries)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Returns whether the server replies to `PING` in clear text. A server without TLS takes the
    /// greeting for the beginning of a long command and never replies to it.
    async fn replies_in_clear_text(&self) -> io::Result<bool> {
        let mut stream = self.tcp().await?;
        stream.write_all(b"PING\r\n").await?;
        let reply = stream.read_u8().await?;
        Ok(matches!(reply, b'+' | b'-'))
    }
}

/// Returns the error for text that contains no usable certificate of an authority.
fn unusable(error: Option<rustls::Error>) -> Unavailable {
    let unusable = Unavailable::new(
        "the authority of the rate limiter's Redis server is not a certificate in PEM form",
    )
    .with_hint(
        "pass the text that begins with -----BEGIN CERTIFICATE-----, such as that of a file ca.pem",
    );
    match error {
        Some(error) => unusable.with_source(error),
        None => unusable,
    }
}

/// Returns the error for a failed connection. Errors of TLS itself are permanent.
fn tls_error(address: &str, error: &RedisError) -> StoreError {
    let Some(refusal) = refusal(error) else {
        return store_error(address, error);
    };
    let server = format!("the rate limiter's Redis server at {address}");
    let (message, hint) = match refusal {
        rustls::Error::InvalidCertificate(_) => (
            format!("the certificate of {server} is not trusted: {refusal}"),
            "pass the authority that signed it (RedisLimiter::with_authority) and the host name of the certificate",
        ),
        rustls::Error::InvalidMessage(_) => (
            format!("{server} does not speak TLS on this port"),
            "use its port for TLS, or redis:// within a network you trust",
        ),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => (
            format!("{server} requires client certificates, which are not supported"),
            "set its tls-auth-clients to no, and require a password",
        ),
        _ => (
            format!("{server} and this client have no TLS version or cipher in common: {refusal}"),
            "enable TLS 1.2 or 1.3 on the server",
        ),
    };
    let error = Unavailable::new(message).with_hint(hint);
    StoreError::Permanent(error.with_source(refusal.clone()))
}

/// Returns the error of TLS inside an error of the Redis library.
fn refusal(error: &RedisError) -> Option<&rustls::Error> {
    let source = error.source()?;
    let shared = source.downcast_ref::<Arc<dyn Error + Send + Sync>>();
    let source = shared.map_or(source, |shared| &**shared);
    let inner = source.downcast_ref::<io::Error>()?.get_ref()?;
    inner.downcast_ref()
}

//! The address of the Redis server and the way to connect to it.

use redis::{AsyncConnectionConfig, Client, parse_redis_url};

use super::{connection::Connection, store_error::store_error, tls::Tls};
use crate::{
    clock::Clock,
    limit::{Unavailable, shared::StoreError},
};

pub(super) struct Server {
    client: Client,
    /// Host and port, or path; never the password.
    pub(super) address: String,
    tls: Option<Tls>,
}

/// The scheme of a URL: with or without TLS.
enum Scheme {
    Plain,
    Tls,
}

impl Server {
    /// Returns the server at `url`. Over TLS, its certificate must be signed by an authority that
    /// the platform trusts.
    pub(super) fn at(url: &str) -> Result<Self, Unavailable> {
        let (client, scheme) = read(url)?;
        let tls = match scheme {
            Scheme::Plain => None,
            Scheme::Tls => Some(Tls::trusting_the_platform(client.get_connection_info())?),
        };
        Ok(Self::new(client, tls))
    }

    /// Returns the server at `url` over TLS, with a certificate of one of the authorities in `pem`.
    #[cfg(feature = "redis-tls")]
    pub(super) fn with_authority(url: &str, pem: &[u8]) -> Result<Self, Unavailable> {
        let (client, scheme) = read(url)?;
        if matches!(scheme, Scheme::Plain) {
            return Err(Unavailable::new(
                "the rate limiter's Redis server has an authority, but its URL does not ask for TLS",
            )
            .with_hint("write it as rediss://user:password@host:6379/0"));
        }
        let tls = Tls::trusting(client.get_connection_info(), pem)?;
        Ok(Self::new(client, Some(tls)))
    }

    fn new(client: Client, tls: Option<Tls>) -> Self {
        Self {
            address: client.get_connection_info().addr().to_string(),
            client,
            tls,
        }
    }

    pub(super) async fn connect(&self, clock: &dyn Clock) -> Result<Connection, StoreError> {
        // The caller limits the time.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        if let Some(tls) = &self.tls {
            let settings = self.client.get_connection_info().redis_settings();
            return tls.connect(&self.address, settings, config, clock).await;
        }
        let client = &self.client;
        let connection = client.get_multiplexed_async_connection_with_config(&config);
        let connection = connection.await;
        let connection = connection.map_err(|error| store_error(&self.address, &error))?;
        Ok(connection.into())
    }
}

/// Reads a URL. The library only gets the plain form, because TLS is not its own.
fn read(url: &str) -> Result<(Client, Scheme), Unavailable> {
    let mut url = parse_redis_url(url).ok_or_else(malformed)?;
    let scheme = match url.scheme() {
        "rediss" | "valkeys" => Scheme::Tls,
        _ => Scheme::Plain,
    };
    if let Scheme::Tls = scheme {
        if url.fragment().is_some() {
            return Err(Unavailable::new(
                "the URL of the rate limiter's Redis server ends in a fragment",
            )
            .with_hint("remove the part after #; certificates are always checked"));
        }
        url.set_scheme("redis").map_err(|()| malformed())?;
    }
    // The library's error could repeat the password.
    let client = Client::open(url).map_err(|_| malformed())?;
    Ok((client, scheme))
}

fn malformed() -> Unavailable {
    Unavailable::new("the URL of the rate limiter's Redis server is malformed")
        .with_hint("write it as redis://user:password@host:6379/0, or rediss:// for TLS")
}

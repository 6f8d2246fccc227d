//! Where the server is, and the way to it.

use redis::{AsyncConnectionConfig, Client, parse_redis_url};

use super::{connection::Connection, tls::Tls, trouble::trouble};
use crate::{
    clock::Clock,
    limit::{Unavailable, shared::Trouble},
};

pub(super) struct Server {
    client: Client,
    /// Host and port, or path; never the password.
    pub(super) address: String,
    tls: Option<Tls>,
}

/// Whether an address asks for TLS.
enum Scheme {
    Plain,
    Tls,
}

impl Server {
    /// The server at `url`; one over TLS has to be known to an authority that the platform trusts.
    pub(super) fn at(url: &str) -> Result<Self, Unavailable> {
        let (client, scheme) = read(url)?;
        let tls = match scheme {
            Scheme::Plain => None,
            Scheme::Tls => Some(Tls::trusting_the_platform(client.get_connection_info())?),
        };
        Ok(Self::new(client, tls))
    }

    /// The server at `url`, over TLS and known to one of the authorities in `pem`.
    #[cfg(feature = "redis-tls")]
    pub(super) fn with_authority(url: &str, pem: &[u8]) -> Result<Self, Unavailable> {
        let (client, scheme) = read(url)?;
        if matches!(scheme, Scheme::Plain) {
            return Err(Unavailable::new(
                "an authority is named for the rate limiter's Redis server, but its address asks for no TLS",
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

    pub(super) async fn connect(&self, clock: &dyn Clock) -> Result<Connection, Trouble> {
        // Time is kept by the caller.
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
        let connection = connection.map_err(|error| trouble(&self.address, &error))?;
        Ok(connection.into())
    }
}

/// Reads an address. The library learns the host only: how to get there over TLS it does not
/// decide.
fn read(url: &str) -> Result<(Client, Scheme), Unavailable> {
    let mut url = parse_redis_url(url).ok_or_else(not_understood)?;
    let scheme = match url.scheme() {
        "rediss" | "valkeys" => Scheme::Tls,
        _ => Scheme::Plain,
    };
    if let Scheme::Tls = scheme {
        if url.fragment().is_some() {
            return Err(Unavailable::new(
                "the address of the rate limiter's Redis server ends in a fragment",
            )
            .with_hint("leave it out; certificates are always checked"));
        }
        url.set_scheme("redis").map_err(|()| not_understood())?;
    }
    // What the library says about it could repeat the password.
    let client = Client::open(url).map_err(|_| not_understood())?;
    Ok((client, scheme))
}

fn not_understood() -> Unavailable {
    Unavailable::new("the address of the rate limiter's Redis server cannot be understood")
        .with_hint("write it as redis://user:password@host:6379/0, or rediss:// for TLS")
}

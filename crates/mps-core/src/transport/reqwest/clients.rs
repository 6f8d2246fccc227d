//! The HTTP clients of a transport: one for the service, and one for each scope of other hosts. Those for
//! `https` wait for the certificates that the platform trusts, which are read on a thread once.

use std::{
    error, fmt,
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use ::reqwest::{Client, redirect, retry};
use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use super::{
    certificates::{self, Certificates, Tls, Unusable},
    resolver::{Lookup, OutOfScope, ScopedResolver},
};
use crate::transport::{HostScope, TransportError, TransportErrorKind};

/// The service closes idle connections after 60 s. This is shorter, so that no request is written to
/// a connection that the service is about to close.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// The settings of all clients of a transport.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) connect_timeout: Duration,
    pub(super) environment_proxies: bool,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Settings {
    /// Returns a client without redirects, retries, and a referrer.
    fn client(&self, scope: Option<HostScope>, tls: Tls) -> Result<Client, ::reqwest::Error> {
        let builder = Client::builder();
        #[cfg(feature = "tls")]
        let builder = builder.tls_backend_preconfigured(tls);
        #[cfg(not(feature = "tls"))]
        let () = tls;
        let mut builder = builder
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .pool_idle_timeout(POOL_IDLE)
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true);
        if let Some(scope) = scope {
            let lookup = self.lookup.clone();
            builder = builder
                .no_proxy()
                .dns_resolver(ScopedResolver { lookup, scope });
        } else if !self.environment_proxies {
            builder = builder.no_proxy();
        }
        builder.build()
    }
}

/// The clients of a transport, each made for its first request. Those for other hosts have connections of
/// their own, since a pooled connection is not resolved again.
#[derive(Debug)]
pub(super) struct Clients {
    settings: Settings,
    /// The proxies of the environment, if they are used.
    proxies: Option<Matcher>,
    certificates: Certificates,
    service: Pair,
    public: Pair,
    loopback: Pair,
}

/// The clients of a scope: one that trusts the platform's certificates, and one that trusts none.
#[derive(Debug, Default)]
struct Pair {
    secure: OnceLock<Client>,
    plain: OnceLock<Client>,
}

impl Clients {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            proxies: settings.environment_proxies.then(Matcher::from_env),
            settings,
            certificates: Certificates::new(),
            service: Pair::default(),
            public: Pair::default(),
            loopback: Pair::default(),
        }
    }

    /// Returns the client for a request to `url`, which must be within `scope`.
    ///
    /// # Errors
    /// Fails for a literal address that is out of scope, for `https` in a build without TLS, and when the
    /// certificates cannot be read.
    pub(super) async fn of(
        &self,
        url: &Url,
        scope: Option<HostScope>,
    ) -> Result<&Client, TransportError> {
        check_scheme(url, cfg!(feature = "tls"))?;
        // A literal address is not resolved.
        if let Some((scope, address)) = scope.zip(literal(url))
            && !scope.allows(address)
        {
            return Err(refused(OutOfScope(scope)));
        }
        let scope = scope.filter(|_| !self.is_proxied(url));
        let pair = match scope {
            None => &self.service,
            Some(HostScope::Public) => &self.public,
            Some(HostScope::Loopback) => &self.loopback,
        };
        // A proxy may be one that is spoken to over TLS.
        let is_secure = url.scheme() == "https" || (scope.is_none() && self.is_proxied(url));
        let cell = if is_secure { &pair.secure } else { &pair.plain };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let tls = if is_secure {
            self.certificates.trusted().await
        } else {
            certificates::trusting_none()
        };
        let client = self.settings.client(scope, tls.map_err(refused)?);
        let client = client.map_err(|error| refused(error.without_url()))?;
        Ok(cell.get_or_init(|| client))
    }

    /// Reads the certificates that the platform trusts, if that was not done yet.
    ///
    /// # Errors
    /// Fails when they cannot be read, or when there are none.
    pub(super) async fn read_certificates(&self) -> Result<(), Unusable> {
        self.certificates.trusted().await.map(drop)
    }

    /// Returns `true` if the proxy resolves the host of `url`.
    fn is_proxied(&self, url: &Url) -> bool {
        let Some(proxies) = &self.proxies else {
            return false;
        };
        let uri = url.as_str().parse::<http::Uri>();
        uri.is_ok_and(|uri| proxies.intercept(&uri).is_some())
    }
}

/// Checks that a build can call `url`.
///
/// # Errors
/// Fails for `https` in a build without TLS.
pub(super) fn check_scheme(url: &Url, has_tls: bool) -> Result<(), TransportError> {
    if url.scheme() == "https" && !has_tls {
        return Err(refused(NoTls));
    }
    Ok(())
}

fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// Returns the error of a request that no client may or can send.
pub(super) fn refused(cause: impl error::Error + Send + Sync + 'static) -> TransportError {
    TransportError::new(TransportErrorKind::Request, cause)
}

/// The error of an `https` address in a build without TLS.
#[derive(Debug)]
struct NoTls;

impl fmt::Display for NoTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this program is built without TLS (the feature `tls` of mps-core)")
    }
}

impl error::Error for NoTls {}

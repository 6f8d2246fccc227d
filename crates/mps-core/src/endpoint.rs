//! Endpoints: scheme, host, port and path of the service.

use std::{borrow::Cow, fmt, net::IpAddr, str::FromStr};

use http::{HeaderValue, Uri, uri::Authority};
use mps_models::service;
pub use mps_models::service::Site;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

use crate::error::{Error, ErrorKind};

mod breaker;
mod failover;

pub use self::breaker::{BreakerPolicy, BreakerState};
pub(crate) use self::{
    breaker::Outcome,
    failover::{EndpointLease, Failover, Route, RouteEndpoint},
};

/// Returns the site of a host. Regional hosts of both sites have one domain, so they do not show
/// their site.
fn site_of(url: &Url) -> Option<Site> {
    let host = url.host_str()?;
    let mut sites = Site::ALL.iter().copied();
    sites.find(|site| host == site.info().host)
}

/// An endpoint of the service.
///
/// The host is only where the call enters. The region that executes it is in the separate header
/// `X-TC-Region`, and the signature names the service, not the host.
///
/// # Example
/// ```
/// use mps_core::endpoint::{Endpoint, Site};
///
/// let nearest = Endpoint::site(Site::Intl);
/// assert_eq!(nearest.as_str(), "https://mps.intl.tencentcloudapi.com/");
/// let regional = Endpoint::regional(Site::Intl, "ap-singapore")?;
/// assert_eq!(regional.as_str(), "https://mps.ap-singapore.tencentcloudapi.com/");
/// # Ok::<(), mps_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    url: Url,
    /// The URL in the form that requests carry.
    uri: Uri,
    /// The value of the `Host` header.
    host: HeaderValue,
    site: Option<Site>,
}

impl Endpoint {
    /// Returns the nearest endpoint of a site.
    #[must_use]
    pub fn site(site: Site) -> Self {
        Self::on(site, site.info().host)
    }

    /// Returns the endpoint in one region. The region that executes a call is
    /// [`ClientBuilder::region`](crate::ClientBuilder::region), and may be another.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the specification has no host in the region; the message lists
    /// those it has.
    pub fn regional(site: Site, region: &str) -> Result<Self, Error> {
        if !service::REGIONS.contains(&region) {
            let known = service::REGIONS.join(", ");
            let message = format!("no access point is known in region {region:?}, only in {known}");
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("give the whole URL of a newer one, and its site"));
        }
        let domain = site.info().regional_domain;
        let host = format!("{}.{region}.{domain}", service::NAME);
        Ok(Self::on(site, &host))
    }

    fn on(site: Site, host: &str) -> Self {
        let (url, uri, host) = constant(host);
        Self {
            url,
            uri,
            host,
            site: Some(site),
        }
    }

    /// Sets the site whose accounts a custom endpoint serves, where its host does not show it.
    ///
    /// Preflight then checks against the facts of that site, and
    /// [failover](crate::ClientBuilder::failover) needs it. Without it, what only some sites refuse is a
    /// warning.
    #[must_use]
    pub fn of_site(mut self, site: Site) -> Self {
        self.site = Some(site);
        self
    }

    /// Returns the site whose accounts this endpoint serves, or `None` for a custom endpoint whose host
    /// does not show it, unless it was set by [`of_site`](Self::of_site).
    #[must_use]
    pub fn known_site(&self) -> Option<Site> {
        self.site
    }

    /// Returns a custom endpoint, such as `https://mps.ap-singapore.tencentcloudapi.com` or an
    /// emulator's `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the text is not an absolute URL, has a scheme other than http and
    /// https, credentials, a query or a fragment, or is plain http to another machine, where a
    /// listener on the network could read prompts and tokens.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str, hint: &str| {
            let message = format!("the endpoint {text:?} {why}");
            Err(Error::new(ErrorKind::Config, message).with_hint(hint))
        };
        let Ok(url) = Url::parse(text) else {
            return refuse(
                "is not an absolute URL",
                "write it as https://host or http://127.0.0.1:port",
            );
        };
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return refuse(
                "is neither http nor https",
                "write it as https://host or http://127.0.0.1:port",
            );
        }
        if has_more_than_a_place(&url) {
            let message =
                "an endpoint has a user, a query or a fragment, which requests would drop";
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("give scheme, host, port and path only"));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return refuse(
                "sends requests in the clear to another machine",
                "use https, or a loopback address",
            );
        }
        let Some((uri, host)) = request_forms(&url) else {
            return refuse(
                "has a host or path that no request can carry",
                "check its characters",
            );
        };
        let site = site_of(&url);
        Ok(Self {
            url,
            uri,
            host,
            site,
        })
    }

    /// Returns the host, with the port where it is not the scheme's own: the `Host` header, as
    /// signed and sent.
    #[must_use]
    pub fn host(&self) -> &str {
        self.uri.authority().map_or("", Authority::as_str)
    }

    /// Returns the path, `/` by default.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// Returns whether the endpoint is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Returns the URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the URL in the form that requests carry.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns the host as the value of a header.
    pub(crate) fn host_header(&self) -> HeaderValue {
        self.host.clone()
    }

    /// As [`is_origin_of`](Self::is_origin_of), without parsing a URL that is written in the same
    /// way.
    pub(crate) fn is_origin_of_uri(&self, uri: &http::Uri) -> bool {
        let is_same = uri.scheme() == self.uri.scheme() && have_same_authority(uri, &self.uri);
        is_same || self.is_origin_of(&uri.to_string())
    }

    /// Returns whether `url` has this endpoint's scheme, host and port.
    #[must_use]
    pub fn is_origin_of(&self, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| url.origin() == self.url.origin())
    }
}

impl Default for Endpoint {
    fn default() -> Self {
        Self::site(Site::default())
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    /// Parses as [`parse`](Self::parse) does.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.url)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())
    }
}

fn has_more_than_a_place(url: &Url) -> bool {
    !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Returns whether two URIs have the same authority. Those of a client's requests are one text in
/// memory, which is seen without reading it.
pub(crate) fn have_same_authority(one: &Uri, other: &Uri) -> bool {
    match (one.authority(), other.authority()) {
        (Some(one), Some(other)) => std::ptr::eq(one.as_str(), other.as_str()) || one == other,
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Returns a URL in the forms that requests carry.
fn request_forms(url: &Url) -> Option<(Uri, HeaderValue)> {
    let uri: Uri = url.as_str().parse().ok()?;
    let host = HeaderValue::from_str(uri.authority()?.as_str()).ok()?;
    Some((uri, host))
}

/// Parses a host of the generated tables. A test proves that all of them parse.
fn constant(host: &str) -> (Url, Uri, HeaderValue) {
    let url = Url::parse(&format!("https://{host}/")).ok();
    match url.and_then(|url| Some((request_forms(&url)?, url))) {
        Some(((uri, host), url)) => (url, uri, host),
        None => unreachable!("hosts of the specification parse"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sites_have_their_hosts() {
        assert_eq!(
            Endpoint::site(Site::Intl).as_str(),
            "https://mps.intl.tencentcloudapi.com/"
        );
        assert_eq!(
            Endpoint::site(Site::Cn).as_str(),
            "https://mps.tencentcloudapi.com/"
        );
        assert_eq!(Endpoint::default().host(), "mps.intl.tencentcloudapi.com");
    }

    #[test]
    fn every_host_of_the_specification_makes_an_endpoint() {
        for site in [Site::Intl, Site::Cn] {
            for region in service::REGIONS {
                let endpoint = Endpoint::regional(site, region).unwrap();
                assert_eq!(endpoint.host(), format!("mps.{region}.tencentcloudapi.com"));
            }
        }
    }

    #[test]
    fn a_region_without_a_host_is_refused_with_the_list() {
        for region in ["ap-nowhere", "", "AP-SEOUL", "evil.example/?", "\n"] {
            let error = Endpoint::regional(Site::Intl, region).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("ap-bangkok"), "{error}");
            assert_eq!(error.to_string().lines().count(), 1);
        }
    }

    #[test]
    fn a_site_follows_from_its_host_unless_both_sites_use_it() {
        let site = |url| Endpoint::parse(url).unwrap().site;
        assert_eq!(
            site("https://mps.intl.tencentcloudapi.com"),
            Some(Site::Intl)
        );
        assert_eq!(site("https://mps.tencentcloudapi.com"), Some(Site::Cn));
        assert_eq!(site("https://mps.ap-seoul.tencentcloudapi.com"), None);
        assert_eq!(site("https://gateway.example.com/mps"), None);
    }

    #[test]
    fn a_port_is_part_of_the_host_only_when_it_is_not_the_schemes_own() {
        assert_eq!(
            Endpoint::parse("http://127.0.0.1:8080").unwrap().host(),
            "127.0.0.1:8080"
        );
        assert_eq!(
            Endpoint::parse("https://example.com:443/a").unwrap().host(),
            "example.com"
        );
        assert_eq!(
            Endpoint::parse("http://[::1]:9/").unwrap().host(),
            "[::1]:9"
        );
    }

    #[test]
    fn unusable_urls_are_refused_when_parsed() {
        for (text, why) in [
            ("mps.intl.tencentcloudapi.com", "is not an absolute URL"),
            ("ftp://example.com", "is neither http nor https"),
            ("http://example.com", "in the clear"),
            ("http://localhost.example.com", "in the clear"),
            ("https://user:hunter2@example.com", "a user"),
            ("https://example.com/?a=1", "a query"),
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert!(error.to_string().contains(why), "{text}: {error}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let endpoint = Endpoint::parse("http://127.0.0.1:8080").unwrap();
        assert!(endpoint.is_origin_of("http://127.0.0.1:8080/results/a.mp4"));
        assert!(!endpoint.is_origin_of("http://127.0.0.1:8081/results/a.mp4"));
        assert!(!endpoint.is_origin_of("https://127.0.0.1:8080/"));
        assert!(!endpoint.is_origin_of("http://127.0.0.1:8080@example.com/"));
    }
}

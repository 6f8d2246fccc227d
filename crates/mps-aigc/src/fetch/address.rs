//! The addresses that a result, or a redirect to it, may have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::error::{Error, ErrorKind};

/// Checks a URL that an answer names, and escapes blanks in it.
///
/// The results of an endpoint on this machine must be on this machine. Those of any other endpoint
/// must have https, and no literal address that is not public. Names are not resolved here.
pub(super) fn checked(url: &str, is_loopback_endpoint: bool) -> Result<Url, Error> {
    // The URL stays out of the error: it can contain a signature.
    let url = Url::parse(url).map_err(|error| {
        Error::new(ErrorKind::Unfetchable, "the result's URL is not a URL").with_source(error)
    })?;
    allowed(&url, is_loopback_endpoint)?;
    Ok(url)
}

/// Returns the checked target of a redirect from `from`.
pub(super) fn redirected(
    from: &Url,
    location: &str,
    is_loopback_endpoint: bool,
) -> Result<Url, Error> {
    let url = from.join(location).map_err(|error| {
        let message = "the result's host redirects to something that is not a URL";
        Error::new(ErrorKind::Unfetchable, message).with_source(error)
    })?;
    allowed(&url, is_loopback_endpoint)?;
    Ok(url)
}

fn allowed(url: &Url, is_loopback_endpoint: bool) -> Result<(), Error> {
    let is_loopback = is_host(url, is_local, |address| address.is_loopback());
    let reason = match url.scheme() {
        "https" | "http" if is_loopback_endpoint => {
            (!is_loopback).then_some("the endpoint is on this machine, and the host is not")
        }
        "https" => {
            is_host(url, is_local, is_private).then_some("the address of the host is not public")
        }
        _ => Some("it does not have https"),
    };
    reason.map_or(Ok(()), |reason| {
        let message = format!("the result's URL is refused: {reason}");
        Err(Error::new(ErrorKind::Unfetchable, message))
    })
}

fn is_host(url: &Url, name: fn(&str) -> bool, address: fn(IpAddr) -> bool) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => name(domain),
        Some(Host::Ipv4(it)) => address(it.into()),
        Some(Host::Ipv6(it)) => address(it.to_ipv4_mapped().map_or(it.into(), IpAddr::V4)),
        None => false,
    }
}

fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        // "This network", shared addresses of carriers (RFC 6598), and reserved ones.
        || first == 0
        || (first == 100 && second & 0xc0 == 64)
        || first >= 240
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_of_a_remote_endpoint_has_https_and_a_public_address() {
        for url in [
            "http://bucket.example/a.mp4",
            "http://169.254.169.254/",
            "https://169.254.169.254/",
            "https://2852039166/",
            "https://0xa9.0xfe.0xa9.0xfe/",
            "https://10.0.0.1/",
            "https://100.64.0.1/",
            "https://127.0.0.1/",
            "https://0.0.0.0/",
            "https://localhost./",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "ftp://bucket.example/",
            "file:///etc/passwd",
        ] {
            let error = checked(url, false).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unfetchable, "{url}");
        }
        for url in ["https://bucket.example/a.mp4", "https://8.8.8.8/"] {
            assert!(checked(url, false).is_ok(), "{url}");
        }
    }

    #[test]
    fn a_result_of_a_local_endpoint_is_on_this_machine() {
        for url in [
            "http://127.0.0.1:8080/a",
            "http://[::1]/",
            "http://localhost/",
        ] {
            assert!(checked(url, true).is_ok(), "{url}");
        }
        for url in ["https://bucket.example/", "http://10.0.0.1/"] {
            assert!(checked(url, true).is_err(), "{url}");
        }
    }

    #[test]
    fn a_blank_is_escaped_and_a_redirect_may_be_relative() {
        let url = checked("https://bucket.example/a b.mp4?q=c d", false).unwrap();
        assert_eq!(url.as_str(), "https://bucket.example/a%20b.mp4?q=c%20d");
        let target = redirected(&url, "/c.mp4", false).unwrap();
        assert_eq!(target.as_str(), "https://bucket.example/c.mp4");
        assert!(redirected(&url, "http://bucket.example/", false).is_err());
        assert!(redirected(&url, "//10.0.0.1/", false).is_err());
    }
}

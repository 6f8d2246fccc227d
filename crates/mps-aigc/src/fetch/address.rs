//! The addresses that a result, or a redirect to it, may have.

use mps_core::transport::HostScope;
use url::{Host, Url};

use crate::error::{Error, ErrorKind};

/// Checks a URL that an answer names, and escapes blanks in it.
///
/// The results of an endpoint on this machine must be on this machine. Those of any other endpoint
/// must have https, and no literal address that is not public. Names are not resolved here: the
/// transport checks their addresses when it connects.
pub(super) fn checked(url: &str, scope: HostScope) -> Result<Url, Error> {
    // The URL stays out of the error: it can contain a signature.
    let url = Url::parse(url).map_err(|error| {
        Error::new(ErrorKind::Unfetchable, "the result's URL is not a URL").with_source(error)
    })?;
    allowed(&url, scope)?;
    Ok(url)
}

/// Returns the checked target of a redirect from `from`.
pub(super) fn redirected(from: &Url, location: &str, scope: HostScope) -> Result<Url, Error> {
    let url = from.join(location).map_err(|error| {
        let message = "the result's host redirects to something that is not a URL";
        Error::new(ErrorKind::Unfetchable, message).with_source(error)
    })?;
    allowed(&url, scope)?;
    Ok(url)
}

fn allowed(url: &Url, scope: HostScope) -> Result<(), Error> {
    let is_in_scope = match url.host() {
        // Checked after resolution, too.
        Some(Host::Domain(name)) => is_local(name) == (scope == HostScope::Loopback),
        Some(Host::Ipv4(address)) => scope.allows(address.into()),
        Some(Host::Ipv6(address)) => scope.allows(address.into()),
        None => false,
    };
    let reason = match (url.scheme(), scope) {
        ("http" | "https", HostScope::Loopback) => {
            (!is_in_scope).then_some("the endpoint is on this machine, and the host is not")
        }
        ("https", _) => (!is_in_scope).then_some("the address of the host is not public"),
        _ => Some("it does not have https"),
    };
    reason.map_or(Ok(()), |reason| {
        let message = format!("the result's URL is refused: {reason}");
        Err(Error::new(ErrorKind::Unfetchable, message))
    })
}

fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
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
            let error = checked(url, HostScope::Public).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unfetchable, "{url}");
        }
        for url in ["https://bucket.example/a.mp4", "https://8.8.8.8/"] {
            assert!(checked(url, HostScope::Public).is_ok(), "{url}");
        }
    }

    #[test]
    fn a_result_of_a_local_endpoint_is_on_this_machine() {
        for url in [
            "http://127.0.0.1:8080/a",
            "http://[::1]/",
            "http://localhost/",
        ] {
            assert!(checked(url, HostScope::Loopback).is_ok(), "{url}");
        }
        for url in ["https://bucket.example/", "http://10.0.0.1/"] {
            assert!(checked(url, HostScope::Loopback).is_err(), "{url}");
        }
    }

    #[test]
    fn a_blank_is_escaped_and_a_redirect_may_be_relative() {
        let url = checked("https://bucket.example/a b.mp4?q=c d", HostScope::Public).unwrap();
        assert_eq!(url.as_str(), "https://bucket.example/a%20b.mp4?q=c%20d");
        let target = redirected(&url, "/c.mp4", HostScope::Public).unwrap();
        assert_eq!(target.as_str(), "https://bucket.example/c.mp4");
        assert!(redirected(&url, "http://bucket.example/", HostScope::Public).is_err());
        assert!(redirected(&url, "//10.0.0.1/", HostScope::Public).is_err());
    }
}

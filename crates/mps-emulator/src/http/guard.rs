//! Protects the emulator from web pages: a browser sends requests to this machine for any page, and
//! a page can give its own host name the address of this machine (DNS rebinding).

use http::{HeaderMap, HeaderName, header, request::Parts};

/// The host names under which the emulator may be called, in lower case and without a port.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedHosts(Vec<String>);

/// Names of this machine. All names below `localhost` are its own (RFC 6761, section 6.3).
const LOCALHOST: &str = "localhost";

impl AllowedHosts {
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter();
        Self(names.map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Returns whether a host, with or without a port, is allowed: a loopback address, a name
    /// below `localhost`, or one of the given names.
    fn contains(&self, host: &str) -> bool {
        let name = without_port(host)
            .trim_end_matches('.')
            .to_ascii_lowercase();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = address
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        let is_local = name
            .strip_suffix(LOCALHOST)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        is_loopback || is_local || self.0.contains(&name)
    }

    /// Returns why a request must be refused, or `None` if it may be answered.
    ///
    /// Clients other than browsers send neither `Origin` nor `Sec-Fetch-Site`.
    pub(crate) fn objection(&self, head: &Parts) -> Option<String> {
        const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
        let of_target = head.uri.authority().map(http::uri::Authority::as_str);
        let host = of_target.or_else(|| text(&head.headers, &header::HOST));
        if let Some(host) = host
            && !self.contains(host)
        {
            return Some(format!("the host `{host}` is not allowed"));
        }
        if let Some(origin) = text(&head.headers, &header::ORIGIN)
            && !is_same_origin(origin, host)
        {
            return Some(format!("the origin `{origin}` is not the emulator's"));
        }
        let site = text(&head.headers, &SEC_FETCH_SITE);
        site.filter(|site| !matches!(*site, "same-origin" | "none"))
            .map(|site| format!("the request comes from another site (`{site}`)"))
    }
}

/// A header as text. A value that is no text is a foreign one, so it becomes an impossible name.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get(name)?;
    Some(value.to_str().unwrap_or("?"))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_same_origin(origin: &str, host: Option<&str>) -> bool {
    let of_origin = origin.split_once("://").map(|(_, host)| host);
    of_origin
        .zip(host)
        .is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn objection(headers: &[(&str, &str)]) -> Option<String> {
        let allowed = AllowedHosts::new(["Emulator.Example".to_owned()]);
        let mut request = Request::post("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        allowed.objection(&head)
    }

    #[test]
    fn loopback_names_and_given_names_are_allowed() {
        for host in [
            "127.0.0.1:8080",
            "127.9.9.9",
            "[::1]:8080",
            "[::1]",
            "localhost",
            "LOCALHOST:80",
            "localhost.",
            "mps.localhost:8080",
            "emulator.example:8080",
        ] {
            assert_eq!(objection(&[("host", host)]), None, "{host}");
        }
        assert_eq!(objection(&[]), None, "HTTP/1.0");
    }

    #[test]
    fn other_hosts_origins_and_sites_are_refused() {
        for (headers, part) in [
            (&[("host", "evil.example")][..], "the host `evil.example`"),
            (&[("host", "evil.example:127")], "the host"),
            (&[("host", "notlocalhost")], "the host"),
            (&[("host", "127.0.0.1.evil.example")], "the host"),
            (&[("host", "10.0.0.1")], "the host"),
            (&[("host", "")], "the host"),
            (
                &[("host", "localhost"), ("origin", "http://evil.example")],
                "the origin `http://evil.example`",
            ),
            (
                &[("host", "localhost:80"), ("origin", "http://localhost:81")],
                "the origin",
            ),
            (&[("host", "localhost"), ("origin", "null")], "the origin"),
            (
                &[("host", "localhost"), ("sec-fetch-site", "cross-site")],
                "another site (`cross-site`)",
            ),
            (
                &[("host", "localhost"), ("sec-fetch-site", "same-site")],
                "another site",
            ),
        ] {
            let objection = objection(headers).unwrap_or_default();
            assert!(objection.contains(part), "{headers:?}: {objection}");
        }
    }

    #[test]
    fn the_emulators_own_pages_are_allowed() {
        let own = [
            ("host", "localhost:80"),
            ("origin", "http://localhost:80"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert_eq!(objection(&own), None);
        assert_eq!(
            objection(&[("host", "localhost"), ("sec-fetch-site", "none")]),
            None
        );
    }
}

//! Detection of URLs that nobody outside of a machine or its network can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the place of a URL that the service certainly cannot reach, or `None` if it may.
///
/// Names are not resolved: a check has no I/O. The text is a URL with a scheme and a host.
pub(super) fn unreachable(url: &str) -> Option<&'static str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    if let Some(inside) = host.strip_prefix('[') {
        let (address, _) = inside.split_once(']')?;
        return place(IpAddr::V6(address.parse().ok()?));
    }
    let host = host.split(':').next()?.trim_end_matches('.');
    match ipv4(host) {
        Some(address) => place(IpAddr::V4(address)),
        None => name_place(&host.to_ascii_lowercase()),
    }
}

/// Returns the place of a name that no public server can resolve (RFC 6761, RFC 6762, RFC 8375 and
/// the domain that ICANN keeps for private use).
fn name_place(name: &str) -> Option<&'static str> {
    let is_below = |domain: &str| {
        let rest = name.strip_suffix(domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if is_below("localhost") {
        return Some("this machine");
    }
    let private = ["local", "internal", "home.arpa", "lan"];
    (private.into_iter().any(is_below) || !name.contains('.')).then_some("a private network")
}

fn place(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => place_of_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => place_of_v4(mapped),
            None => place_of_v6(address),
        },
    }
}

fn place_of_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [first, second, ..] = address.octets();
    if address.is_loopback() || first == 0 {
        return Some("this machine");
    }
    // Between a provider and its customers: RFC 6598.
    let is_shared = first == 100 && (64..128).contains(&second);
    if address.is_private() || is_shared {
        return Some("a private network");
    }
    address.is_link_local().then_some("a link-local address")
}

fn place_of_v6(address: Ipv6Addr) -> Option<&'static str> {
    if address.is_loopback() || address.is_unspecified() {
        return Some("this machine");
    }
    if address.is_unique_local() {
        return Some("a private network");
    }
    address
        .is_unicast_link_local()
        .then_some("a link-local address")
}

/// Reads an address as browsers and most clients do: one to four parts, each decimal, octal or
/// hexadecimal, the last one for all bytes that are left. `2130706433` and `0x7f.1` are `127.0.0.1`.
fn ipv4(host: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u64> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, heads) = parts.split_last()?;
    if heads.len() > 3 || heads.iter().any(|head| *head > 255) {
        return None;
    }
    let bits = 32 - 8 * heads.len();
    if *last >= 1 << bits {
        return None;
    }
    let heads = heads.iter().zip([24, 16, 8]);
    let address = heads.fold(*last, |sum, (head, shift)| sum | (head << shift));
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

fn number(part: &str) -> Option<u64> {
    let lower = part.to_ascii_lowercase();
    let (digits, radix) = match lower.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if lower.len() > 1 && lower.starts_with('0') => (&*lower, 8),
        None => (&*lower, 10),
    };
    u64::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::unreachable;

    #[test]
    fn addresses_of_this_machine_and_its_network_are_unreachable() {
        for (url, place) in [
            ("http://127.0.0.1:8080/a.png", "this machine"),
            ("https://localhost/a.png", "this machine"),
            ("https://mps.localhost:9/a.png", "this machine"),
            ("http://[::1]/a.png", "this machine"),
            ("http://0.0.0.0/a.png", "this machine"),
            ("http://2130706433/a.png", "this machine"),
            ("http://0x7f.1/a.png", "this machine"),
            ("http://[::ffff:127.0.0.1]/a.png", "this machine"),
            ("http://user@127.0.0.1/a.png", "this machine"),
            ("http://10.0.0.1/a.png", "a private network"),
            ("http://172.16.3.4/a.png", "a private network"),
            ("http://192.168.1.2/a.png", "a private network"),
            ("http://100.64.0.1/a.png", "a private network"),
            ("http://[fd00::1]/a.png", "a private network"),
            ("http://nas/a.png", "a private network"),
            ("http://nas.local./a.png", "a private network"),
            ("http://files.corp.internal/a.png", "a private network"),
            ("http://169.254.169.254/a.png", "a link-local address"),
            ("http://[fe80::1]/a.png", "a link-local address"),
        ] {
            assert_eq!(unreachable(url), Some(place), "{url}");
        }
    }

    #[test]
    fn addresses_of_the_public_network_may_be_reachable() {
        for url in [
            "https://example.com/a.png",
            "https://8.8.8.8/a.png",
            "http://[2606:4700::1111]/a.png",
            "https://mylocalhost.example/a.png",
            "https://172.32.0.1/a.png",
            "https://1500039689.vod-**.com/**oxE6jcA.png",
            "https://example.com/?next=http://127.0.0.1/",
            "https://256.0.0.1/",
            "https://\u{56fe}.example/a.png",
        ] {
            assert_eq!(unreachable(url), None, "{url}");
        }
    }
}

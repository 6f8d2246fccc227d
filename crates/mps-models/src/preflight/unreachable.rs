//! Detection of URLs that nobody outside of a machine or its network can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::format::split_scheme;

/// Returns the place of a URL that the service certainly cannot reach, or `None` if it may.
///
/// Names are not resolved: a check has no I/O. The text is a URL with a scheme and a host.
pub(super) fn unreachable(url: &str) -> Option<&'static str> {
    let (_, rest) = split_scheme(url)?;
    let ends = |byte: &u8| matches!(byte, b'/' | b'?' | b'#' | b'\\');
    let end = rest.bytes().position(|byte| ends(&byte));
    let authority = rest.get(..end.unwrap_or(rest.len()))?;
    let user = authority.bytes().rposition(|byte| byte == b'@');
    let host = authority.get(user.map_or(0, |at| at + 1)..)?;
    if let Some(inside) = host.strip_prefix('[') {
        let (address, _) = inside.split_once(']')?;
        return place(IpAddr::V6(address.parse().ok()?));
    }
    let port = host.bytes().position(|byte| byte == b':');
    let host = host.get(..port.unwrap_or(host.len()))?;
    let host = host.trim_end_matches('.');
    let label = host.bytes().rposition(|byte| byte == b'.');
    let label = host.get(label.map_or(0, |at| at + 1)..)?;
    // Only the last part of an address begins as a number does.
    let may_be_address = label.starts_with(|first: char| first.is_ascii_digit() || first == '+');
    match may_be_address.then(|| ipv4(host)).flatten() {
        Some(address) => place(IpAddr::V4(address)),
        None => name_place(host, label),
    }
}

/// Returns the place of a name that no public server can resolve (RFC 6761, RFC 6762, RFC 8375 and
/// the domain that ICANN keeps for private use).
fn name_place(name: &str, last_label: &str) -> Option<&'static str> {
    let is_last = |label: &str| last_label.eq_ignore_ascii_case(label);
    if is_last("localhost") {
        return Some("this machine");
    }
    let is_private = ["local", "internal", "lan"].into_iter().any(is_last)
        || (is_last("arpa") && is_home(name))
        || last_label.len() == name.len();
    is_private.then_some("a private network")
}

fn is_home(name: &str) -> bool {
    let mut labels = name.rsplit('.').skip(1);
    labels
        .next()
        .is_some_and(|label| label.eq_ignore_ascii_case("home"))
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
    let (heads, last) = host.rsplit_once('.').unwrap_or(("", host));
    let mut heads = heads.split('.').filter(|head| !head.is_empty());
    let mut address: u32 = 0;
    let mut bits = 32;
    for head in heads.by_ref().take(3) {
        bits -= 8;
        address |= u32::from(u8::try_from(number(head)?).ok()?) << bits;
    }
    let last = number(last).filter(|last| heads.next().is_none() && *last < 1 << bits)?;
    Some(Ipv4Addr::from(address | u32::try_from(last).ok()?))
}

fn number(part: &str) -> Option<u64> {
    let hexadecimal = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if part.len() > 1 && part.starts_with('0') => (part, 8),
        None => (part, 10),
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
            ("http://printer.home.ARPA/a.png", "a private network"),
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
            "https://home.arpa.example/",
            "https://8.8.8.in-addr.arpa/",
            "https://\u{56fe}.example/a.png",
        ] {
            assert_eq!(unreachable(url), None, "{url}");
        }
    }
}

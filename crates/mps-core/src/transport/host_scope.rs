//! The addresses that a host named by an answer may have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses to which a request may connect.
///
/// An answer names the host of a result, so that host is not trusted: its name must not resolve to
/// an address inside the caller's network. Put the scope into the extensions of a request, and the
/// default transport checks every address after resolution and connects to no other.
///
/// Through a proxy, literal addresses are checked, and names are left to the proxy, which resolves
/// them.
///
/// # Examples
/// ```
/// use mps_core::transport::HostScope;
///
/// assert!(HostScope::Public.allows("203.0.114.7".parse()?));
/// assert!(!HostScope::Public.allows("169.254.169.254".parse()?));
/// assert!(!HostScope::Public.allows("::ffff:10.0.0.1".parse()?));
/// assert!(HostScope::Loopback.allows("127.0.0.1".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostScope {
    /// Public addresses only: neither private, loopback, link-local or multicast ones nor others
    /// that are reserved.
    Public,
    /// Addresses of this machine only.
    Loopback,
}

impl HostScope {
    /// Returns `true` if a request may connect to `address`. An IPv6 address that stands for an IPv4
    /// address counts as that address.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        let address = match address {
            IpAddr::V6(address) => embedded_v4(address).map_or(address.into(), IpAddr::V4),
            IpAddr::V4(_) => address,
        };
        match self {
            Self::Public => is_public(address),
            Self::Loopback => address.is_loopback(),
        }
    }

    /// Returns the reason for which an address is refused.
    #[cfg(feature = "reqwest")]
    pub(super) const fn refusal(self) -> &'static str {
        match self {
            Self::Public => "the address of the host is not public",
            Self::Loopback => "the host is not on this machine",
        }
    }
}

/// Returns the IPv4 address that an IPv6 address stands for: mapped (`::ffff:a.b.c.d`), compatible
/// (`::a.b.c.d`), translated (`64:ff9b::a.b.c.d`, RFC 6052) or tunnelled (`2002:ab:cd::`, RFC 3056).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => v4(high, low),
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low),
        _ => None,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_reserved = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // "This network", shared addresses of carriers (RFC 6598), protocol assignments (RFC 6890),
        // benchmarks (RFC 2544), and reserved ones.
        || first == 0
        || (first == 100 && second & 0xc0 == 64)
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && second & 0xfe == 18)
        || first >= 240;
    !is_reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Global unicast is 2000::/3, without the documentation's and the protocol assignments.
    first & 0xe000 == 0x2000
        && !(first == 0x2001 && (second == 0xdb8 || second < 0x200))
        && !(first == 0x3fff && second < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_global_addresses_are_public() {
        for text in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.170",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::10.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!HostScope::Public.allows(text.parse().unwrap()), "{text}");
        }
        for text in [
            "8.8.8.8",
            "2400:3200::1",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
        ] {
            assert!(HostScope::Public.allows(text.parse().unwrap()), "{text}");
            assert!(!HostScope::Loopback.allows(text.parse().unwrap()), "{text}");
        }
        for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(HostScope::Loopback.allows(text.parse().unwrap()), "{text}");
        }
    }
}

//! Warnings about places that secrets come from or go to.

use std::path::Path;

use mps_aigc::{Credentials, Endpoint, models::service};
use mps_core::text::foreign;

use crate::resume::quoted;

/// The longest path in a warning, in characters.
const SHOWN_PATH_CHARS: usize = 400;

/// Returns a warning about an endpoint that is neither the vendor's nor on this machine.
pub(crate) fn of_endpoint(endpoint: &Endpoint) -> Option<String> {
    let authority = endpoint.host();
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    let is_within = |domain: &str| {
        let sub = host.strip_suffix(domain);
        sub.is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
    };
    let mut domains = service::SITES
        .iter()
        .flat_map(|site| [site.root_domain, site.regional_domain]);
    if endpoint.is_loopback() || domains.any(is_within) {
        return None;
    }
    Some(format!(
        "prompts and session tokens are sent to {authority}, which does not belong to the vendor"
    ))
}

/// Returns a warning about credentials in a file that other users can read.
pub(crate) fn of_credentials(credentials: &Credentials) -> Option<String> {
    let file = credentials.file()?;
    can_others_read(file).then(|| {
        let file = file.to_string_lossy();
        format!(
            "other users of this machine can read the credentials in {}; run: chmod 600 -- {}",
            foreign(&file, SHOWN_PATH_CHARS),
            quoted(&file)
        )
    })
}

#[cfg(unix)]
fn can_others_read(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    /// Reading by the group and by everybody.
    const OTHERS: u32 = 0o044;
    file.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & OTHERS != 0)
}

/// Files of a user's profile are private by default on this platform.
#[cfg(not(unix))]
fn can_others_read(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_others_are_warned_of() {
        for (url, is_warned) in [
            ("https://mps.intl.tencentcloudapi.com", false),
            ("https://mps.tencentcloudapi.com", false),
            ("https://mps.ap-seoul.tencentcloudapi.com:443", false),
            ("https://mps.ap-seoul.tencentcloudapi.com:8443", false),
            ("https://mps.internal.tencentcloudapi.com", false),
            ("http://127.0.0.1:1", false),
            ("http://[::1]:1", false),
            ("http://localhost:1", false),
            ("https://gateway.example.com", true),
            ("https://evil-tencentcloudapi.com", true),
            ("https://tencentcloudapi.com.example", true),
            ("https://10.0.0.1:8443", true),
            ("https://[2001:db8::1]:8443", true),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!(of_endpoint(&endpoint).is_some(), is_warned, "{url}");
        }
    }
}

//! URLs that may contain a password, which is shown nowhere.

use std::fmt;
#[cfg(feature = "postgres")]
use std::path::{Path, PathBuf};

/// Replaces a password in every text that is shown.
const MASK: &str = "***";

/// Query parameters that are passwords.
const SECRET_PARAMETERS: [&str; 3] = ["pass", "password", "sslpassword"];

/// A URL as the user wrote it, valid or not. `Debug` and `Display` show `***` in place of a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretUrl(String);

impl SecretUrl {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the whole URL, password included. Do not print it.
    #[cfg(any(feature = "postgres", feature = "redis"))]
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the whole URL of a PostgreSQL server, with PostgreSQL's own password file
    /// (`PGPASSFILE`, else `~/.pgpass`) if it exists and the URL has neither a password nor a file.
    #[cfg(feature = "postgres")]
    pub(crate) fn reveal_with_password_file(&self) -> String {
        let named = std::env::var_os("PGPASSFILE").filter(|file| !file.is_empty());
        let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".pgpass"));
        let file = named.map(PathBuf::from).or_else(home);
        match file.filter(|file| file.exists()) {
            Some(file) if !self.has_password() && !self.0.contains("passfile=") => {
                with_password_file(&self.0, &file)
            }
            _ => self.0.clone(),
        }
    }

    /// Returns the whole URL: this build connects to no PostgreSQL server.
    #[cfg(not(feature = "postgres"))]
    pub(crate) fn reveal_with_password_file(&self) -> String {
        self.0.clone()
    }

    pub(crate) fn has_password(&self) -> bool {
        has_password(&self.0)
    }

    /// Returns the scheme in lower case; empty without one.
    pub(crate) fn scheme(&self) -> String {
        let scheme = self.0.split_once("://").map(|(scheme, _)| scheme);
        scheme.unwrap_or_default().to_ascii_lowercase()
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

/// Returns whether a URL contains a password. It need not be a valid URL: a mistake elsewhere in it
/// must not show the password either.
pub(crate) fn has_password(url: &str) -> bool {
    masked(url) != url
}

/// Returns a URL with `***` in place of its passwords.
pub(crate) fn masked(url: &str) -> String {
    let start = url.find("://").map_or(0, |scheme| scheme + "://".len());
    let (scheme, rest) = url.split_at(start);
    // The last one: an unescaped password may contain any character, this one included.
    let (user_info, place) = match rest.rsplit_once('@') {
        Some((user_info, place)) => (Some(user_info), place),
        None => (None, rest),
    };
    let user = match user_info.map(|info| (info, info.split_once(':'))) {
        Some((_, Some((user, _)))) => format!("{user}:{MASK}@"),
        Some((user, None)) => format!("{user}@"),
        None => String::new(),
    };
    format!("{scheme}{user}{}", without_secret_parameters(place))
}

/// Returns the URL of a PostgreSQL server with the parameter `passfile`.
#[cfg(feature = "postgres")]
fn with_password_file(url: &str, file: &Path) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    let escaped = file.to_string_lossy();
    let escaped = escaped.replace('%', "%25").replace('&', "%26");
    format!("{url}{separator}passfile={escaped}")
}

/// Returns whether a URL contains a user name, or anything else before an `@`.
pub(crate) fn has_user_info(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.contains('@') || has_password(url)
}

fn without_secret_parameters(place: &str) -> String {
    let Some((path, query)) = place.split_once('?') else {
        return place.to_owned();
    };
    let parameters = query.split('&').map(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        if SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) {
            format!("{name}={MASK}")
        } else {
            parameter.to_owned()
        }
    });
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_masked_wherever_a_url_can_have_one() {
        for (url, shown) in [
            ("redis://host:6379/0", "redis://host:6379/0"),
            ("redis://user@host/0", "redis://user@host/0"),
            ("redis://:hunter2@host", "redis://:***@host"),
            (
                "rediss://user:hunter2@host:6379/0",
                "rediss://user:***@host:6379/0",
            ),
            ("redis://user:hunt/er2@host", "redis://user:***@host"),
            ("redis://user:hunt@er2@host", "redis://user:***@host"),
            ("redis://user:hunt?er#2@host", "redis://user:***@host"),
            (":hunter2@host", ":***@host"),
            (
                "redis+unix:///run/redis.sock?db=1&pass=hunter2",
                "redis+unix:///run/redis.sock?db=1&pass=***",
            ),
            (
                "postgres://u@host/db?PASSWORD=hunter2",
                "postgres://u@host/db?PASSWORD=***",
            ),
        ] {
            let url = SecretUrl::new(url);
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{url:?}").contains("hunt"), "{url:?}");
            assert_eq!(url.has_password(), shown.contains(MASK), "{url}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_password_file_becomes_a_parameter() {
        let file = Path::new("/home/a&b/50%/.pgpass");
        for (url, expected) in [
            ("postgres://u@h/db", "postgres://u@h/db?passfile="),
            (
                "postgres://u@h/db?schema=a",
                "postgres://u@h/db?schema=a&passfile=",
            ),
        ] {
            let url = with_password_file(url, file);
            assert_eq!(url, format!("{expected}/home/a%26b/50%25/.pgpass"));
        }
    }

    #[test]
    fn a_user_name_is_found_in_the_authority_only() {
        assert!(has_user_info("https://user@host/"));
        assert!(has_user_info("https://user:p@host/"));
        assert!(!has_user_info("https://host/a@b"));
        assert!(!has_user_info("https://host"));
    }
}

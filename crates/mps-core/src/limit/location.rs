//! Chooses a limiter by text, for example the value of a command-line option.

use std::{error, fmt, path::Path, str::FromStr, sync::Arc};

use url::Url;

use super::{LimitError, Limiter, LocalLimiter};
use crate::clock::SharedClock;

/// The place where the state of a limiter is kept, parsed from `process`, `machine` or a Redis URL.
///
/// `Display` and `Debug` show `***` in place of a password.
///
/// # Example
/// ```
/// use mps_core::limit::LimiterLocation;
///
/// let location: LimiterLocation = "redis://:secret@redis.internal:6379/0".parse()?;
/// assert_eq!(location.to_string(), "redis://:***@redis.internal:6379/0");
/// assert!(location.has_password());
/// # Ok::<(), mps_core::limit::ParseLocationError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimiterLocation {
    /// The memory of this process: a [`LocalLimiter`].
    Process,
    /// A file that all processes of this machine share: a `FileLimiter`. The default.
    #[default]
    Machine,
    /// A Redis server that several hosts share: a `RedisLimiter`.
    Redis(RedisUrl),
}

/// The URL of a Redis server.
///
/// `Display` and `Debug` show `***` in place of a password.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedisUrl(Url);

/// The error for text that is not a [`LimiterLocation`]. It does not repeat the text, which may
/// contain a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParseLocationError(());

impl LimiterLocation {
    /// Returns whether the text contains a password, which should not be on a command line.
    #[must_use]
    pub fn has_password(&self) -> bool {
        match self {
            Self::Redis(url) => url.has_password(),
            Self::Process | Self::Machine => false,
        }
    }

    /// Returns a limiter for `account`, see [`Account::at`](super::Account::at). `directory` is the
    /// place of the files of [`Machine`](Self::Machine). Opens no file and no connection.
    ///
    /// # Errors
    /// Returns [`LimitError::Unavailable`] when this build lacks the feature for the location, and
    /// the errors of `RedisLimiter::new`.
    pub fn open(
        &self,
        account: &str,
        directory: &Path,
        clock: SharedClock,
    ) -> Result<Arc<dyn Limiter>, LimitError> {
        match self {
            Self::Process => Ok(Arc::new(LocalLimiter::new(clock))),
            #[cfg(all(unix, feature = "file-limit"))]
            Self::Machine => Ok(Arc::new(super::FileLimiter::new(directory, account, clock))),
            #[cfg(not(all(unix, feature = "file-limit")))]
            Self::Machine => Err(no_machine_limiter(directory).into()),
            Self::Redis(url) => redis(url, account, clock),
        }
    }
}

#[cfg(not(all(unix, feature = "file-limit")))]
fn no_machine_limiter(directory: &Path) -> super::Unavailable {
    super::Unavailable::new(format!(
        "this build has no rate limiter for the processes of a machine in {}",
        directory.display()
    ))
    .with_hint("use `process`, or build with the feature `file-limit` of mps-core on a Unix system")
}

#[cfg(feature = "redis")]
fn redis(
    url: &RedisUrl,
    account: &str,
    clock: SharedClock,
) -> Result<Arc<dyn Limiter>, LimitError> {
    let limiter = super::RedisLimiter::new(url.0.as_str(), account, clock)?;
    Ok(Arc::new(limiter))
}

#[cfg(not(feature = "redis"))]
fn redis(_: &RedisUrl, _: &str, _: SharedClock) -> Result<Arc<dyn Limiter>, LimitError> {
    let message = "this build has no rate limiter in a Redis server";
    let hint = "build with the feature `redis` of mps-core";
    Err(super::Unavailable::new(message).with_hint(hint).into())
}

impl FromStr for LimiterLocation {
    type Err = ParseLocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "process" => Ok(Self::Process),
            "machine" => Ok(Self::Machine),
            url => url.parse().map(Self::Redis),
        }
    }
}

impl fmt::Display for LimiterLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process => f.write_str("process"),
            Self::Machine => f.write_str("machine"),
            Self::Redis(url) => url.fmt(f),
        }
    }
}

impl RedisUrl {
    /// Returns whether the URL contains a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        let in_query = || self.0.query_pairs().any(|(name, _)| is_password(&name));
        self.0.password().is_some() || in_query()
    }
}

/// Returns whether a parameter of a URL for a Unix socket is its password.
fn is_password(parameter: &str) -> bool {
    ["pass", "password"].contains(&parameter)
}

impl FromStr for RedisUrl {
    type Err = ParseLocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SCHEMES: [&str; 7] = [
            "redis",
            "rediss",
            "redis+unix",
            "unix",
            "valkey",
            "valkeys",
            "valkey+unix",
        ];
        let url = Url::parse(text).map_err(|_| ParseLocationError(()))?;
        let known = SCHEMES.contains(&url.scheme()) && !url.cannot_be_a_base();
        known.then_some(Self(url)).ok_or(ParseLocationError(()))
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MASK: &str = "***";
        let mut shown = self.0.clone();
        if shown.password().is_some() && shown.set_password(Some(MASK)).is_err() {
            return f.write_str(MASK);
        }
        if self.0.query().is_some() {
            let pairs = self.0.query_pairs().map(|(name, value)| {
                let value = if is_password(&name) {
                    MASK.into()
                } else {
                    value
                };
                format!("{name}={value}")
            });
            let pairs: Vec<_> = pairs.collect();
            shown.set_query(Some(&pairs.join("&")));
        }
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}

impl fmt::Display for ParseLocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the limiter must be `machine`, `process` or a URL such as redis://host:6379/0")
    }
}

impl error::Error for ParseLocationError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_shown_nowhere() {
        for (text, shown) in [
            ("redis://:hunter2@host:6379/0", "redis://:***@host:6379/0"),
            ("rediss://user:hunter2@host/1", "rediss://user:***@host/1"),
            ("redis://:hunter2%40x@host", "redis://:***@host"),
            (
                "redis+unix:///run/redis.sock?db=1&pass=hunter2&user=u",
                "redis+unix:///run/redis.sock?db=1&pass=***&user=u",
            ),
        ] {
            let location: LimiterLocation = text.parse().unwrap();
            assert!(location.has_password(), "{text}");
            assert_eq!(location.to_string(), shown);
            assert!(!format!("{location:?}").contains("hunter2"), "{location:?}");
        }
        for text in ["redis://host:6379/0", "redis+unix:///run/redis.sock?db=1"] {
            let location: LimiterLocation = text.parse().unwrap();
            assert!(!location.has_password());
            assert_eq!(location.to_string(), text);
        }
    }

    #[test]
    fn words_are_parsed_and_anything_else_is_refused_without_repeating_it() {
        for (text, location) in [
            ("process", LimiterLocation::Process),
            ("machine", LimiterLocation::Machine),
        ] {
            assert_eq!(text.parse(), Ok(location.clone()));
            assert_eq!(location.to_string(), text);
        }
        for text in [
            "",
            "Machine",
            "hunter2",
            "http://:hunter2@host",
            "redis:hunter2",
            "postgres://:hunter2@host/db",
        ] {
            let error = text.parse::<LimiterLocation>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn opening_touches_neither_a_file_nor_a_server() {
        let clock = crate::clock::SystemClock::shared();
        let directory = Path::new("/nonexistent/limits");
        let open = |text: &str| {
            let location: LimiterLocation = text.parse().unwrap();
            location.open("account", directory, clock.clone())
        };
        assert!(open("process").is_ok());
        assert_eq!(
            open("machine").is_ok(),
            cfg!(all(unix, feature = "file-limit"))
        );
        let redis = open("redis://:hunter2@127.0.0.1:1/0");
        assert_eq!(redis.is_ok(), cfg!(feature = "redis"));
        assert!(!format!("{redis:?}").contains("hunter2"));
    }
}

//! Keys, names of batches, and times.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::error::{LedgerError, LedgerErrorKind};

/// Longest key or name of a batch, in bytes.
const LONGEST_NAME: usize = 200;

/// A time in microseconds since 1970 (UTC), by the store's clock.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Returns the time `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// Returns the time `duration` earlier.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        Self::default().after(since.unwrap_or_default())
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let micros = u64::try_from(time.0).unwrap_or_default();
        Self::UNIX_EPOCH + Duration::from_micros(micros)
    }
}

/// Declares a name that people choose: up to 200 bytes without control characters.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = LedgerError;

            fn try_from(name: String) -> Result<Self, LedgerError> {
                $check(&name)?;
                Ok(Self(name))
            }
        }

        impl FromStr for $name {
            type Err = LedgerError;

            fn from_str(name: &str) -> Result<Self, LedgerError> {
                Self::try_from(name.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The key of a row, unique in its batch: the same key is the same task and one bill.
    ///
    /// # Examples
    /// ```
    /// use mps_jobs::ledger::Key;
    ///
    /// assert!("scene-12/take-3".parse::<Key>().is_ok());
    /// assert!("".parse::<Key>().is_err());
    /// assert_eq!(Key::random().as_str().len(), 10);
    /// ```
    Key, |name| check_name("key", name)
}

name! {
    /// The name of a batch, unique in its ledger. It contains no slash, since `BATCH/KEY` names a row;
    /// only the ledger's own batches of single creates begin with one.
    BatchId, check_batch
}

impl Key {
    /// Returns a new random key of ten characters, the default for a create without a key.
    #[must_use]
    pub fn random() -> Self {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let letter = |_| LETTERS.get(fastrand::usize(..LETTERS.len()));
        let letters = (0..10).filter_map(letter);
        Self(letters.map(|letter| char::from(*letter)).collect())
    }
}

impl BatchId {
    /// Returns the batch of the single creates of an account at an endpoint.
    #[must_use]
    pub fn singles(account: &str, endpoint: &str) -> Self {
        Self(format!(
            "{SINGLES}{}",
            crate::hash::short(&[account, endpoint])
        ))
    }

    /// Returns the batch of the single creates that agents make for an account at an endpoint. It is
    /// one batch for all days, so that a key stays the same task.
    #[must_use]
    pub fn agents(account: &str, endpoint: &str) -> Self {
        Self(format!(
            "{AGENTS}{}",
            crate::hash::short(&[account, endpoint])
        ))
    }

    /// Returns `true` for a batch of single creates, whose rows no run claims.
    #[must_use]
    pub fn is_singles(&self) -> bool {
        self.0.starts_with(SINGLES)
    }

    /// Returns `true` for a batch of single creates by agents.
    #[must_use]
    pub fn is_agents(&self) -> bool {
        self.0.starts_with(AGENTS)
    }
}

/// Begins the name of every batch of single creates.
const SINGLES: &str = "/";

/// Begins the name of every batch of single creates by agents.
const AGENTS: &str = "/agents-";

fn check_batch(name: &str) -> Result<(), LedgerError> {
    check_name("name of a batch", name)?;
    if name.trim_start_matches(SINGLES).contains('/') {
        let message = "the name of a batch contains a slash";
        let error = LedgerError::new(LedgerErrorKind::InvalidName, message);
        return Err(error.with_hint("choose a name without a slash: --name NAME"));
    }
    Ok(())
}

fn check_name(shown: &str, name: &str) -> Result<(), LedgerError> {
    let refused = |reason: &str| {
        let hint =
            format!("choose a {shown} of 1 to {LONGEST_NAME} bytes without control characters");
        let message = format!("the {shown} is {reason}");
        Err(LedgerError::new(LedgerErrorKind::InvalidName, message).with_hint(hint))
    };
    match name {
        "" => refused("empty"),
        name if name.len() > LONGEST_NAME => refused("too long"),
        name if name.chars().any(char::is_control) => refused("not printable"),
        _ => Ok(()),
    }
}

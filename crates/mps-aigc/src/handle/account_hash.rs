//! A short one-way hash that distinguishes accounts.

use std::{fmt, str::FromStr};

use mps_core::limit::Account;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use super::HandleError;

/// A one-way hash of an [`Account`], of 64 bits: enough to tell the accounts of a program apart, and
/// nothing from which an account could be found. As text it has 16 hexadecimal digits.
///
/// # Examples
/// ```
/// use mps_aigc::{AccountHash, core::limit::Account};
///
/// let hash = AccountHash::of(&Account::from_name("team-video"));
/// assert_eq!(hash.to_string().len(), 16);
/// assert_eq!(hash.to_string().parse(), Ok(hash));
/// assert_ne!(hash, AccountHash::of(&Account::from_name("team-audio")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountHash([u8; 8]);

impl AccountHash {
    /// Returns the hash of an account: the first 64 bits of a SHA-256.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let digest = Sha256::digest(format!("mps account {account}"));
        let mut hash = [0; 8];
        hash.iter_mut()
            .zip(digest)
            .for_each(|(to, from)| *to = from);
        Self(hash)
    }
}

impl fmt::Display for AccountHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for AccountHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountHash({self})")
    }
}

impl FromStr for AccountHash {
    type Err = HandleError;

    fn from_str(text: &str) -> Result<Self, HandleError> {
        let mut hash = [0; 8];
        let decoded = hex::decode_to_slice(text, &mut hash);
        decoded.map_err(|_| HandleError::invalid("account", text))?;
        Ok(Self(hash))
    }
}

impl Serialize for AccountHash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

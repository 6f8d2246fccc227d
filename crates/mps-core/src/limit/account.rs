//! The identity of an account, which decides the callers that share a limit.

use std::fmt;

use crate::endpoint::Endpoint;

/// An account, named so that all its users find the same limit.
///
/// Use the first of these that is known:
///
/// 1. [`from_name`](Self::from_name): the name that the user gave. The only way for two keys of one
///    account to share a limit.
/// 2. [`from_profile`](Self::from_profile): the profile that the credentials come from.
/// 3. [`from_role`](Self::from_role): the role behind temporary credentials, whose secret id changes
///    with every renewal.
/// 4. [`from_secret_id`](Self::from_secret_id): the secret id of permanent credentials.
///
/// # Example
/// ```
/// use mps_core::{endpoint::Endpoint, limit::Account};
///
/// let account = Account::from_name("team-video");
/// let key = account.at(&Endpoint::default());
/// assert_eq!(key, "mps.intl.tencentcloudapi.com name:team-video");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account(String);

impl Account {
    /// Returns the account with a name that its users agreed on.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self(format!("name:{name}"))
    }

    /// Returns the account of a credentials profile.
    #[must_use]
    pub fn from_profile(profile: &str) -> Self {
        Self(format!("profile:{profile}"))
    }

    /// Returns the account of a role, such as an ARN or the name of a CVM role.
    #[must_use]
    pub fn from_role(role: &str) -> Self {
        Self(format!("role:{role}"))
    }

    /// Returns the account of a permanent secret id. The secret id is not a secret.
    #[must_use]
    pub fn from_secret_id(secret_id: &str) -> Self {
        Self(format!("key:{secret_id}"))
    }

    /// Returns the text by which shared limiters distinguish this account at an endpoint from
    /// others. An emulator and the service have separate limits.
    #[must_use]
    pub fn at(&self, endpoint: &Endpoint) -> String {
        format!("{} {}", endpoint.host(), self.0)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_different_kinds_and_endpoints_are_different() {
        let accounts = [
            Account::from_name("a"),
            Account::from_profile("a"),
            Account::from_role("a"),
            Account::from_secret_id("a"),
        ];
        let emulator = Endpoint::parse("http://127.0.0.1:8080").unwrap();
        let mut keys: Vec<_> = accounts
            .iter()
            .flat_map(|account| [account.at(&Endpoint::default()), account.at(&emulator)])
            .collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 8);
        assert_eq!(accounts[3].to_string(), "key:a");
    }
}

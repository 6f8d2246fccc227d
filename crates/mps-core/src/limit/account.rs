//! The identity of an account, which decides the callers that share a limit.

use std::fmt;

use crate::{credentials::Credentials, endpoint::Endpoint};

/// An account, named so that all its users find the same limit.
///
/// Use the first of these that is known:
///
/// 1. [`from_name`](Self::from_name): the name that the users of an account agreed on. The only way
///    for two keys of one account to share a limit.
/// 2. [`from_profile`](Self::from_profile): the profile that contains the credentials.
/// 3. [`from_credentials`](Self::from_credentials): the credentials themselves.
///
/// # Example
/// ```
/// use mps_core::{endpoint::Endpoint, limit::Account};
///
/// let account = Account::from_name("team-video");
/// let key = account.at(&Endpoint::default());
/// assert_eq!(key, "mps.intl.tencentcloudapi.com account=team-video");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account(String);

impl Account {
    /// Returns the account with a name that its users agreed on.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self(format!("account={name}"))
    }

    /// Returns the account of a credentials profile.
    #[must_use]
    pub fn from_profile(profile: &str) -> Self {
        Self(format!("profile={profile}"))
    }

    /// Returns the account of credentials: their identity, for example a role, which stays the same
    /// when temporary credentials are renewed, or else their secret id, which is not a secret.
    #[must_use]
    pub fn from_credentials(credentials: &Credentials) -> Self {
        match credentials.identity() {
            Some(identity) => Self(format!("identity={identity}")),
            None => Self(credentials.secret_id().to_owned()),
        }
    }

    /// Returns the text by which shared limiters distinguish this account at an endpoint from
    /// others. For example, an emulator and the service have separate limits.
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
        let key = Credentials::new("a", "secret");
        let role = key.clone().with_token("t").with_identity("a");
        let accounts = [
            Account::from_name("a"),
            Account::from_profile("a"),
            Account::from_credentials(&role),
            Account::from_credentials(&key),
        ];
        let emulator = Endpoint::parse("http://127.0.0.1:8080").unwrap();
        let mut keys: Vec<_> = accounts
            .iter()
            .flat_map(|account| [account.at(&Endpoint::default()), account.at(&emulator)])
            .collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 8);
        assert!(keys.iter().all(|key| !key.contains("secret")), "{keys:?}");
    }

    #[test]
    fn renewed_credentials_of_a_role_are_the_same_account() {
        let renewed = |id: &str| {
            let credentials = Credentials::new(id, "key").with_token("t");
            Account::from_credentials(&credentials.with_identity("role"))
        };
        assert_eq!(renewed("a"), renewed("b"));
    }
}

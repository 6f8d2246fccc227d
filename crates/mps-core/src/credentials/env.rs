//! Credentials from environment variables.

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

const SECRET_ID: &str = "TENCENTCLOUD_SECRET_ID";
const SECRET_KEY: &str = "TENCENTCLOUD_SECRET_KEY";
/// The vendor's own tools disagree on the name, so all three are read, in this order.
const TOKENS: [&str; 3] = [
    "TENCENTCLOUD_TOKEN",
    "TENCENTCLOUD_SECURITY_TOKEN",
    "TENCENTCLOUD_SESSION_TOKEN",
];

/// A provider that reads `TENCENTCLOUD_SECRET_ID` and `TENCENTCLOUD_SECRET_KEY`, and a token from
/// `TENCENTCLOUD_TOKEN`, `TENCENTCLOUD_SECURITY_TOKEN` or `TENCENTCLOUD_SESSION_TOKEN`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EnvironmentCredentials;

impl EnvironmentCredentials {
    /// Returns a provider that reads the process environment each time it is asked.
    #[must_use]
    pub fn from_environment() -> Self {
        Self
    }
}

impl ProvideCredentials for EnvironmentCredentials {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(async { from_variables(|name| std::env::var(name).ok()) })
    }
}

fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Credentials, CredentialsError> {
    let read = |name| {
        read(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    match (read(SECRET_ID), read(SECRET_KEY)) {
        (Some(id), Some(key)) => {
            let credentials = Credentials::new(id, key);
            Ok(match TOKENS.into_iter().find_map(read) {
                Some(token) => credentials.with_token(token),
                None => credentials,
            })
        }
        (None, None) => Err(CredentialsError::absent(format!(
            "{SECRET_ID} and {SECRET_KEY} are not set"
        ))),
        (Some(_), None) => Err(half_set(SECRET_ID, SECRET_KEY)),
        (None, Some(_)) => Err(half_set(SECRET_KEY, SECRET_ID)),
    }
}

fn half_set(set: &str, missing: &str) -> CredentialsError {
    CredentialsError::unusable(format!("{set} is set but {missing} is not"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(variables: &[(&str, &str)]) -> Result<Credentials, CredentialsError> {
        from_variables(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_token_name_is_read() {
        for token in TOKENS {
            let found = given(&[(SECRET_ID, "id"), (SECRET_KEY, " key\n"), (token, "t")]).unwrap();
            assert_eq!(
                (found.secret_id(), found.secret_key(), found.token()),
                ("id", "key", Some("t"))
            );
        }
        assert_eq!(
            given(&[(SECRET_ID, "id"), (SECRET_KEY, "key")])
                .unwrap()
                .token(),
            None
        );
    }

    #[test]
    fn nothing_set_is_absent_and_half_set_is_a_mistake() {
        assert!(given(&[]).unwrap_err().is_absent());
        assert!(
            given(&[(SECRET_ID, ""), (SECRET_KEY, " ")])
                .unwrap_err()
                .is_absent()
        );
        let error = given(&[(SECRET_ID, "id")]).unwrap_err();
        assert!(!error.is_absent());
        assert_eq!(
            error.to_string(),
            "TENCENTCLOUD_SECRET_ID is set but TENCENTCLOUD_SECRET_KEY is not"
        );
    }
}

//! Temporary credentials, created while the emulator runs.

use std::fmt;

use crate::engine::accounts::Account;

/// Credentials that expire, like those of a role. Valid for this emulator only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemporaryCredentials {
    /// The secret id.
    pub secret_id: String,
    /// The secret key.
    pub secret_key: String,
    /// The token that each call must carry as `X-TC-Token`.
    pub token: String,
}

impl TemporaryCredentials {
    pub(crate) fn of(issued: &Account) -> Self {
        let token = issued.token.as_ref().map(|token| token.text.0.clone());
        Self {
            secret_id: issued.secret_id.clone(),
            secret_key: issued.secret_key.0.clone(),
            token: token.unwrap_or_default(),
        }
    }
}

impl fmt::Debug for TemporaryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemporaryCredentials")
            .field("secret_id", &self.secret_id)
            .finish_non_exhaustive()
    }
}

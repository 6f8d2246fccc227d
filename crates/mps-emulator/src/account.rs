//! The one account the emulator knows.

use std::fmt;

use crate::ids::Ids;

/// A key pair, and the token that goes with it if the credentials are temporary.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) secret_id: String,
    pub(crate) secret_key: String,
    pub(crate) token: Option<String>,
}

impl Account {
    /// Credentials of the usual lengths that nobody can take for real ones.
    pub(crate) fn invent(ids: &Ids) -> Self {
        let digits = |name, count| ids.fixed(name).chars().take(count).collect::<String>();
        Self {
            secret_id: format!("AKIDEMULATOR{}", digits("secret id", 24)),
            secret_key: format!("NotARealKey{}", digits("secret key", 21)),
            token: None,
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("secret_id", &self.secret_id)
            .finish_non_exhaustive()
    }
}

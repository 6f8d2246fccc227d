//! Accounts and the key pairs that belong to them.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, RwLock, RwLockReadGuard},
    time::Duration,
};

use mps_core::sign::KeyCache;

use crate::{
    engine::ids::{AccountIndex, Ids},
    lock,
};

/// A key pair, with its token if the credentials are temporary.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) secret_id: String,
    pub(crate) secret_key: SecretText,
    pub(crate) token: Option<Token>,
    /// The account that tasks and limits belong to.
    pub(crate) index: AccountIndex,
    pub(crate) is_generated: bool,
    /// Derived signing keys, one per day.
    pub(crate) keys: KeyCache,
}

/// The token of temporary credentials.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) text: SecretText,
    /// Expiry in virtual time since the emulator was created; `None` for never.
    pub(crate) expires: Option<Duration>,
}

/// A text that is never shown.
#[derive(Clone)]
pub(crate) struct SecretText(pub(crate) String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl Account {
    pub(crate) fn given(secret_id: String, secret_key: String, index: AccountIndex) -> Self {
        Self {
            secret_id,
            secret_key: SecretText(secret_key),
            token: None,
            index,
            is_generated: false,
            keys: KeyCache::default(),
        }
    }

    /// Credentials of the usual lengths that cannot be mistaken for real ones.
    pub(crate) fn generate(ids: &Ids) -> Self {
        let [secret_id, secret_key] = generated_pair("", |name| ids.fixed(name));
        Self::restored(secret_id, secret_key)
    }

    /// Returns the account of a pair that an earlier run generated.
    pub(crate) fn restored(secret_id: String, secret_key: String) -> Self {
        Self {
            is_generated: true,
            ..Self::given(secret_id, secret_key, 0)
        }
    }

    /// Returns the account with a token.
    pub(crate) fn temporary(self, text: String, expires: Option<Duration>) -> Self {
        Self {
            token: Some(Token {
                text: SecretText(text),
                expires,
            }),
            ..self
        }
    }

    /// Returns whether the token has expired.
    pub(crate) fn has_expired(&self, now: Duration) -> bool {
        let token = self.token.as_ref();
        token.is_some_and(|token| token.expires.is_some_and(|end| end <= now))
    }
}

/// Returns a secret id and a secret key; `digits` derives their variable part from a name.
fn generated_pair(kind: &str, digits: impl Fn(&str) -> String) -> [String; 2] {
    let some = |name, count| digits(name).chars().take(count).collect::<String>();
    [
        format!("AKIDEMULATOR{kind}{}", some("secret id", 24 - kind.len())),
        format!("NotARealKey{}", some("secret key", 21)),
    ]
}

/// Every known key pair.
#[derive(Debug)]
pub(crate) struct Accounts {
    /// The account of the emulator's own credentials.
    pub(crate) default: Arc<Account>,
    others: Vec<Arc<Account>>,
    issued: RwLock<VecDeque<Arc<Account>>>,
}

/// Most issued credentials; beyond, the oldest are forgotten.
const MAX_ISSUED: usize = 1_000;

impl Accounts {
    pub(crate) fn new(default: Account, others: Vec<Account>) -> Self {
        Self {
            default: Arc::new(default),
            others: others.into_iter().map(Arc::new).collect(),
            issued: RwLock::default(),
        }
    }

    pub(crate) fn find(&self, secret_id: &str) -> Option<Arc<Account>> {
        let issued = self.issued();
        let mut known = self.given().chain(issued.iter());
        known.find(|known| known.secret_id == secret_id).cloned()
    }

    /// Returns every key pair, the default one first.
    pub(crate) fn all(&self) -> Vec<Arc<Account>> {
        self.given().chain(self.issued().iter()).cloned().collect()
    }

    /// Returns the secret id of an account's first key pair.
    pub(crate) fn secret_id(&self, index: AccountIndex) -> Option<&str> {
        let owner = self.given().find(|known| known.index == index)?;
        Some(&owner.secret_id)
    }

    /// Creates temporary credentials of the default account.
    pub(crate) fn issue(&self, ids: &Ids, expires: Duration) -> Arc<Account> {
        let [secret_id, secret_key] = generated_pair("TEMP", |_| ids.hex());
        let account = Account::given(secret_id, secret_key, self.default.index);
        let account = Arc::new(account.temporary(ids.hex(), Some(expires)));
        let mut issued = lock::write(&self.issued);
        if issued.len() == MAX_ISSUED {
            issued.pop_front();
        }
        issued.push_back(account.clone());
        account
    }

    fn given(&self) -> impl Iterator<Item = &Arc<Account>> {
        std::iter::once(&self.default).chain(&self.others)
    }

    fn issued(&self) -> RwLockReadGuard<'_, VecDeque<Arc<Account>>> {
        lock::read(&self.issued)
    }
}

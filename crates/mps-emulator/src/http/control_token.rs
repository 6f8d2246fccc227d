//! The token that guards the control API where other machines can reach it.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

use http::{header, request::Parts};
use sha2::{Digest, Sha256};

/// The token, if one is needed.
#[derive(Clone, Default)]
pub(crate) struct ControlToken(Option<String>);

impl ControlToken {
    /// Returns a random token of 128 bits. The standard library's hash keys come from the system's
    /// random source, and the hash does not reveal them.
    pub(crate) fn random() -> Self {
        let keys = RandomState::new();
        let half = |name| format!("{:016x}", keys.hash_one(name));
        Self(Some(half("control token, 1") + &half("control token, 2")))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Returns whether a request may use the control API: without a token every one, else one with
    /// `Authorization: Bearer TOKEN`.
    pub(crate) fn permits(&self, head: &Parts) -> bool {
        let Some(token) = &self.0 else {
            return true;
        };
        let sent = head.headers.get(header::AUTHORIZATION);
        let sent = sent.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        // Comparing digests reveals nothing about the token by its duration.
        sent.is_some_and(|sent| Sha256::digest(sent) == Sha256::digest(token))
    }
}

impl fmt::Debug for ControlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlToken(<redacted>)")
    }
}

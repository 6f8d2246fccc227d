//! Stage three: the secret key, narrowed to one day and one service.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    lower_hex,
    scope::{Scope, TERMINATOR},
};

/// A key that signs for one [`Scope`]. Holds no secret key, only what was derived from it.
#[derive(Clone)]
pub struct SigningKey {
    // Keyed once: signing then skips the two block compressions of the key schedule.
    keyed: Hmac<Sha256>,
}

impl SigningKey {
    /// Derives the key for `scope` from an account's secret key.
    #[must_use]
    pub fn derive(secret_key: &str, scope: &Scope) -> Self {
        Self {
            keyed: keyed(derived_bytes(secret_key, scope).as_slice()),
        }
    }

    /// Signs a string to sign; lower-case hex.
    #[must_use]
    pub fn sign(&self, string_to_sign: &str) -> String {
        let mac = self.keyed.clone().chain_update(string_to_sign);
        lower_hex(mac.finalize().into_bytes().into())
    }

    /// Whether `signature` (hex) is the right one for `string_to_sign`, compared in constant time.
    #[must_use]
    pub fn verify(&self, string_to_sign: &str, signature: &str) -> bool {
        let mac = self.keyed.clone().chain_update(string_to_sign);
        hex::decode(signature).is_ok_and(|signature| mac.verify_slice(&signature).is_ok())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(<redacted>)")
    }
}

/// Remembers the last derived key, since a key is good for a whole UTC day.
///
/// One entry is enough: a client signs for one account and one service, and days do not alternate.
#[derive(Default)]
pub struct KeyCache(Mutex<Option<CachedKey>>);

struct CachedKey {
    // Digest of the secret key: tells a rotated key apart without keeping it.
    secret: [u8; 32],
    scope: Scope,
    key: SigningKey,
}

impl KeyCache {
    /// The key for `secret_key` and `scope`, derived now or remembered.
    #[must_use]
    pub fn get(&self, secret_key: &str, scope: &Scope) -> SigningKey {
        let secret = Sha256::digest(secret_key).into();
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hit) = &*cached
            && hit.secret == secret
            && hit.scope == *scope
        {
            return hit.key.clone();
        }
        let key = SigningKey::derive(secret_key, scope);
        *cached = Some(CachedKey {
            secret,
            scope: scope.clone(),
            key: key.clone(),
        });
        key
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCache(<redacted>)")
    }
}

/// The derivation, label by label: day, service, terminator.
pub(super) fn derived_bytes(secret_key: &str, scope: &Scope) -> Zeroizing<[u8; 32]> {
    let root = Zeroizing::new(format!("TC3{secret_key}"));
    let date = hmac(root.as_bytes(), &scope.date);
    let service = hmac(date.as_slice(), &scope.service);
    hmac(service.as_slice(), TERMINATOR)
}

fn hmac(key: &[u8], message: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(
        keyed(key)
            .chain_update(message)
            .finalize()
            .into_bytes()
            .into(),
    )
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC hashes a key longer than a block and pads a shorter one, so no length is refused and
    // the fallback is never taken; it is there because the signature of the call allows an error.
    Hmac::new_from_slice(key)
        .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
}

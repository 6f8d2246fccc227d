//! The signing key, derived for one day and one service.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex},
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    lower_hex::Hex,
    scope::{self, Scope, TERMINATOR},
};
use crate::sync::lock;

/// A key that signs for one [`Scope`]. It contains only the result of the derivation, not
/// the key itself.
#[derive(Clone)]
pub struct SigningKey {
    scope: Scope,
    // Keyed once: signing then skips the two block compressions of the key schedule.
    keyed: Hmac<Sha256>,
}

impl SigningKey {
    /// Derives the key for `scope` from an account's secret key.
    #[must_use]
    pub fn derive(secret_key: &str, scope: &Scope) -> Self {
        Self {
            scope: scope.clone(),
            keyed: keyed(derived_bytes(secret_key, scope).as_slice()),
        }
    }

    /// Returns the scope that the key signs for.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Signs a string to sign. Returns lowercase hexadecimal digits.
    #[must_use]
    pub fn sign(&self, string_to_sign: &str) -> String {
        self.signature(string_to_sign).as_str().to_owned()
    }

    pub(super) fn signature(&self, string_to_sign: &str) -> Hex {
        let mac = self.keyed.clone().chain_update(string_to_sign);
        Hex::new(mac.finalize().into_bytes())
    }

    /// Returns whether `signature` (hexadecimal) is correct for `string_to_sign`, compared in
    /// constant time.
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

/// A cache of the last derived key, which is valid for a whole UTC day.
///
/// One entry is enough: a client signs for one account and one service, and days do not alternate.
#[derive(Default)]
pub struct KeyCache {
    hasher: RandomState,
    last: Mutex<Option<CachedKey>>,
}

struct CachedKey {
    // Detects a rotated secret key without keeping it.
    secret: u64,
    day: i64,
    key: Arc<SigningKey>,
}

impl KeyCache {
    /// Returns the key with which `secret_key` signs for `service` at `timestamp` (Unix seconds),
    /// derived or from the cache.
    #[must_use]
    pub fn get(&self, secret_key: &str, timestamp: i64, service: &str) -> Arc<SigningKey> {
        let (secret, day) = (self.hasher.hash_one(secret_key), scope::day(timestamp));
        let mut last = lock(&self.last);
        if let Some(hit) = &*last
            && (hit.secret, hit.day, hit.key.scope.service()) == (secret, day, service)
        {
            return hit.key.clone();
        }
        let key = SigningKey::derive(secret_key, &Scope::at(timestamp, service));
        let key = Arc::new(key);
        *last = Some(CachedKey {
            secret,
            day,
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
    let date = hmac(root.as_bytes(), scope.date());
    let service = hmac(date.as_slice(), scope.service());
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
    // HMAC hashes a key longer than a block and pads a shorter one, so no length is refused and the
    // fallback is never taken; the signature of the function allows an error.
    Hmac::new_from_slice(key)
        .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_771_156_800;

    #[test]
    fn keys_show_their_type_and_nothing_else() {
        let keys = KeyCache::default();
        let key = keys.get("hunter2", NOON, "mps");
        assert_eq!(format!("{key:?}"), "SigningKey(<redacted>)");
        assert_eq!(format!("{keys:?}"), "KeyCache(<redacted>)");
    }

    #[test]
    fn a_key_is_derived_once_for_its_day_service_and_secret() {
        let keys = KeyCache::default();
        let first = keys.get("secret", NOON, "mps");
        assert_eq!(first.scope(), &Scope::at(NOON, "mps"));
        assert!(Arc::ptr_eq(
            &first,
            &keys.get("secret", NOON + 12 * 3_600 - 1, "mps")
        ));
        for (secret, timestamp, service) in [
            ("secret", NOON + 12 * 3_600, "mps"),
            ("secret", NOON, "cvm"),
            ("Secret", NOON, "mps"),
        ] {
            let other = keys.get(secret, timestamp, service);
            let expected = SigningKey::derive(secret, &Scope::at(timestamp, service));
            assert_eq!(other.scope(), expected.scope());
            assert_eq!(other.sign("text"), expected.sign("text"));
            assert_ne!(other.sign("text"), first.sign("text"));
        }
    }
}

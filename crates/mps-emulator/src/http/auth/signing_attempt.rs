//! Signatures as a client may have made them: correctly, or with a mistake in one step.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use mps_core::sign::ALGORITHM;
use sha2::{Digest, Sha256};

/// The header of temporary credentials. Its value is never shown, not even in the log.
pub(super) const TOKEN: &str = "x-tc-token";

/// Everything that goes into one signature.
#[derive(Clone)]
pub(super) struct SigningAttempt {
    pub(super) method: String,
    pub(super) path: String,
    /// The query; `None` leaves out its line.
    pub(super) query: Option<String>,
    /// Names and values in the order in which they are signed.
    pub(super) headers: Vec<(String, String)>,
    /// The line between the headers and their names: empty, as documented, or missing.
    pub(super) separator: &'static str,
    pub(super) signed_headers: String,
    pub(super) payload_hash: String,
    pub(super) digest_in_capitals: bool,
    pub(super) timestamp: String,
    /// Date and service in the string to sign.
    pub(super) scope: Scope,
    pub(super) key: Key,
}

/// Date and service of a credential scope.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) date: String,
    pub(super) service: String,
}

/// The secret key and the derivation of the signing key.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) secret: String,
    pub(super) prefix: &'static str,
    pub(super) scope: Scope,
    pub(super) derivation: Derivation,
}

/// A derivation of the signing key.
#[derive(Clone, Copy)]
pub(super) enum Derivation {
    /// Date, service, terminator; each step on the bytes of the one before, as documented.
    Documented,
    /// Each step on the hex digits of the one before.
    HexDigits,
    /// Service before date.
    Swapped,
}

impl fmt::Debug for SigningAttempt {
    // Shows neither the secret key nor a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningAttempt")
    }
}

/// Returns the SHA-256 of some bytes in hex.
pub(super) fn hash(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl SigningAttempt {
    /// Returns whether this attempt results in `signature`.
    pub(super) fn produces(&self, signature: &str) -> bool {
        let signature = hex::decode(signature).unwrap_or_default();
        let mac = hmac(&self.key.derive()).chain_update(self.string_to_sign());
        mac.verify_slice(&signature).is_ok()
    }

    /// Returns the string to sign. It contains nothing secret: the canonical request is hashed.
    pub(super) fn string_to_sign(&self) -> String {
        let mut digest = hash(self.canonical_request(|_, value| value));
        if self.digest_in_capitals {
            digest.make_ascii_uppercase();
        }
        format!(
            "{ALGORITHM}\n{}\n{}/{}/tc3_request\n{digest}",
            self.timestamp, self.scope.date, self.scope.service
        )
    }

    /// Returns the canonical request with its token redacted.
    pub(super) fn redacted_canonical_request(&self) -> String {
        self.canonical_request(|name, value| {
            if name.eq_ignore_ascii_case(TOKEN) {
                "<redacted>"
            } else {
                value
            }
        })
    }

    fn canonical_request<'a>(&'a self, value_of: impl Fn(&str, &'a str) -> &'a str) -> String {
        let mut text = format!("{}\n{}\n", self.method, self.path);
        if let Some(query) = &self.query {
            text.extend([query, "\n"]);
        }
        for (name, value) in &self.headers {
            text.extend([name, ":", value_of(name, value), "\n"]);
        }
        text.extend([
            self.separator,
            &self.signed_headers,
            "\n",
            &self.payload_hash,
        ]);
        text
    }
}

impl Key {
    fn derive(&self) -> Vec<u8> {
        let Scope { date, service } = &self.scope;
        let (first, second) = match self.derivation {
            Derivation::Swapped => (service, date),
            Derivation::Documented | Derivation::HexDigits => (date, service),
        };
        let mut key = [self.prefix, &self.secret].concat().into_bytes();
        for label in [first, second, "tc3_request"] {
            let mac = hmac(&key).chain_update(label);
            key = mac.finalize().into_bytes().to_vec();
            if matches!(self.derivation, Derivation::HexDigits) {
                key = hex::encode(key).into_bytes();
            }
        }
        key
    }
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    // HMAC accepts keys of any length, so the fallback is never used.
    Hmac::new_from_slice(key)
        .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
}

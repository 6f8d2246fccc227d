use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use mps_core::sign::ALGORITHM;
use sha2::{Digest, Sha256};

/// A signature as somebody may have made it: right, or wrong in one of its stages.
#[derive(Clone)]
pub(super) struct SigningAttempt {
    pub(super) method: String,
    pub(super) path: String,
    /// None if even its line is missing.
    pub(super) query: Option<String>,
    /// In the order in which they are written.
    pub(super) headers: Vec<(String, String)>,
    /// Between the headers and their names.
    pub(super) gap: &'static str,
    pub(super) signed_headers: String,
    pub(super) payload: Payload,
    /// After the last line.
    pub(super) end: &'static str,
    pub(super) line_end: &'static str,
    pub(super) digest: DigestForm,
    pub(super) timestamp: String,
    /// Date and service in the string to sign.
    pub(super) scope: Scope,
    pub(super) string_end: &'static str,
    pub(super) key: Key,
}

/// What stands in the payload's place.
#[derive(Clone)]
pub(super) enum Payload {
    /// The hex digest of some bytes.
    Digest(String),
    /// The bytes themselves, which are never shown.
    Raw(String),
}

/// How the canonical request goes into the string to sign.
#[derive(Clone, Copy)]
pub(super) enum DigestForm {
    LowerHex,
    UpperHex,
    NotHashed,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) date: String,
    pub(super) service: String,
}

/// The secret key and how it is narrowed.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) secret: String,
    pub(super) prefix: &'static str,
    pub(super) scope: Scope,
    pub(super) steps: Steps,
}

#[derive(Clone, Copy)]
pub(super) enum Steps {
    /// Date, service, end; each on the bytes of the one before.
    Right,
    /// On the hex digits of the one before.
    Hex,
    /// Service before date.
    Swapped,
}

impl fmt::Debug for SigningAttempt {
    // Neither the secret nor a token or a body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningAttempt")
    }
}

impl Payload {
    pub(super) fn hashed(bytes: impl AsRef<[u8]>) -> Self {
        Self::Digest(hex::encode(Sha256::digest(bytes)))
    }

    fn text(&self) -> &str {
        match self {
            Self::Digest(text) | Self::Raw(text) => text,
        }
    }

    fn shown(&self) -> &str {
        match self {
            Self::Digest(text) => text,
            Self::Raw(_) => "<the body itself>",
        }
    }
}

/// Never shown, even to those who read the log.
pub(super) const TOKEN: &str = "x-tc-token";

impl SigningAttempt {
    /// Whether this is how `signature` was made.
    pub(super) fn makes(&self, signature: &str) -> bool {
        let signature = hex::decode(signature).unwrap_or_default();
        let mac = keyed(&self.key.derive()).chain_update(self.string_to_sign());
        mac.verify_slice(&signature).is_ok()
    }

    pub(super) fn string_to_sign(&self) -> String {
        let canonical = self.canonical(self.payload.text(), |_, value| value);
        let digest = || hex::encode(Sha256::digest(&canonical));
        let digest = match self.digest {
            DigestForm::LowerHex => digest(),
            DigestForm::UpperHex => digest().to_ascii_uppercase(),
            DigestForm::NotHashed => canonical,
        };
        format!(
            "{ALGORITHM}\n{}\n{}/{}/tc3_request\n{digest}{}",
            self.timestamp, self.scope.date, self.scope.service, self.string_end
        )
    }

    /// The canonical request as it may be shown.
    pub(super) fn shown(&self) -> String {
        self.canonical(self.payload.shown(), |name, value| {
            if name.eq_ignore_ascii_case(TOKEN) {
                "<redacted>"
            } else {
                value
            }
        })
    }

    fn canonical<'a>(
        &'a self,
        payload: &str,
        value_of: impl Fn(&str, &'a str) -> &'a str,
    ) -> String {
        let mut text = format!("{}\n{}\n", self.method, self.path);
        if let Some(query) = &self.query {
            text.extend([query, "\n"]);
        }
        for (name, value) in &self.headers {
            text.extend([name, ":", value_of(name, value), "\n"]);
        }
        text.extend([self.gap, &self.signed_headers, "\n", payload, self.end]);
        if self.line_end == "\n" {
            text
        } else {
            text.replace('\n', self.line_end)
        }
    }
}

impl Key {
    fn derive(&self) -> Vec<u8> {
        let Scope { date, service } = &self.scope;
        let (first, second) = match self.steps {
            Steps::Swapped => (service, date),
            Steps::Right | Steps::Hex => (date, service),
        };
        let mut key = [self.prefix, &self.secret].concat().into_bytes();
        for label in [first, second, "tc3_request"] {
            key = keyed(&key)
                .chain_update(label)
                .finalize()
                .into_bytes()
                .to_vec();
            if matches!(self.steps, Steps::Hex) {
                key = hex::encode(key).into_bytes();
            }
        }
        key
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // No length is refused, so the fallback is never taken.
    Hmac::new_from_slice(key)
        .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
}

//! TC3-HMAC-SHA256 as pure functions without clock and I/O. Every stage is public and checked
//! against known answers:
//!
//! 1. [`CanonicalRequest`]: the request in the form that both sides hash;
//! 2. [`string_to_sign`]: the digest of that form, with the time and a [`Scope`];
//! 3. [`SigningKey`]: the key derived for one day and one service;
//! 4. [`Authorization`]: the header with the signature.
//!
//! [`sign`] combines them. Source of the scheme: the vendor's page on signature v3 (product 1041)
//! and the behaviour of its own SDKs.
//!
//! # Example
//!
//! ```
//! use mps_core::sign::{self, CanonicalRequest, Payload, Request, Scope, SigningKey};
//!
//! let timestamp = 1_771_125_945;
//! let scope = Scope::at(timestamp, "mps");
//! let canonical = CanonicalRequest::new(&Request {
//!     method: "POST",
//!     uri: "/",
//!     query: "",
//!     headers: &[("content-type", "application/json"), ("host", "mps.intl.tencentcloudapi.com")],
//!     payload: Payload::Bytes(b"{}"),
//! });
//! let key = SigningKey::derive("not a real key", &scope);
//! let signed = sign::sign(canonical, "AKIDEXAMPLE", &key, timestamp);
//! assert!(signed.authorization.starts_with("TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2026-02-15/mps/"));
//! ```

mod authorization;
mod canonical;
mod key;
mod lower_hex;
mod scope;
#[cfg(test)]
mod vectors;

pub use self::{
    authorization::{Authorization, MalformedAuthorization},
    canonical::{CanonicalRequest, Payload, Request, UNSIGNED_PAYLOAD},
    key::{KeyCache, SigningKey},
    scope::Scope,
};

/// Name of the algorithm in the string to sign and in `Authorization`.
pub const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// The result of signing one request. [`authorization`](Self::authorization) is sent; the rest
/// helps to find out why a signature was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The canonical request.
    pub canonical_request: CanonicalRequest,
    /// The string to sign.
    pub string_to_sign: String,
    /// The value of the `Authorization` header.
    pub authorization: String,
}

/// Signs a canonical request at `timestamp` (Unix seconds).
///
/// `key` must be derived for the day of the same timestamp: take both from one reading of the
/// clock, or a request signed around midnight UTC is refused.
#[must_use]
pub fn sign(
    canonical_request: CanonicalRequest,
    secret_id: &str,
    key: &SigningKey,
    timestamp: i64,
) -> Signed {
    let string_to_sign = string_to_sign(timestamp, key.scope(), &canonical_request);
    let authorization = authorization::header(
        secret_id,
        key.scope(),
        &canonical_request.signed_headers,
        key.signature(&string_to_sign).as_str(),
    );
    Signed {
        canonical_request,
        string_to_sign,
        authorization,
    }
}

/// Returns the string to sign, the text whose keyed digest is the signature.
#[must_use]
pub fn string_to_sign(timestamp: i64, scope: &Scope, canonical: &CanonicalRequest) -> String {
    let mut digits = itoa::Buffer::new();
    let digest = canonical.hex_digest();
    let mut text = String::with_capacity(128);
    text.push_str(ALGORITHM);
    for line in [digits.format(timestamp), scope.as_str(), digest.as_str()] {
        text.push('\n');
        text.push_str(line);
    }
    text
}

//! TC3-HMAC-SHA256 as pure functions: no clock, no I/O, every stage open to inspection.
//!
//! The four stages, each in its own module and each checked against known answers:
//!
//! 1. [`CanonicalRequest`]: the bytes on the wire in one agreed form;
//! 2. [`string_to_sign`]: that form's digest, bound to a time and a [`Scope`];
//! 3. [`SigningKey`]: the secret key narrowed to one day and one service;
//! 4. [`Authorization`]: the header that carries the result.
//!
//! [`sign`] runs them in order. Source of the scheme: the vendor's page on signature v3
//! (product 1041) and the behaviour of its own SDKs.
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

/// Name of the algorithm, as it stands in the string to sign and in `Authorization`.
pub const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// Everything that signing one request yields; what is sent is [`authorization`](Self::authorization),
/// the rest is what a person needs to see when a signature is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Stage one.
    pub canonical_request: CanonicalRequest,
    /// Stage two.
    pub string_to_sign: String,
    /// The finished `Authorization` header value.
    pub authorization: String,
}

/// Signs a request in canonical form at `timestamp` (Unix seconds).
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

/// Stage two: the text whose keyed digest is the signature.
#[must_use]
pub fn string_to_sign(timestamp: i64, scope: &Scope, canonical: &CanonicalRequest) -> String {
    [
        ALGORITHM,
        &timestamp.to_string(),
        scope.as_str(),
        canonical.hex_digest().as_str(),
    ]
    .join("\n")
}

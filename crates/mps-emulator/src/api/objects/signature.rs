//! Verifies signatures of the vendor's object storage (COS, documentation "Request signature" of the XML
//! API): HMAC-SHA1 over method, path, listed parameters and listed headers, in a header or in a URL.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{StatusCode, header, request::Parts};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha1::{Digest as _, Sha1};

use super::StorageError;
use crate::engine::accounts::{Account, Accounts};

/// Seconds by which a signature may begin in the future: clocks differ.
const MAX_SKEW: i64 = 300;

/// The parameter and header with the token of temporary credentials.
const TOKEN: &str = "x-cos-security-token";

/// Everything but unreserved characters (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const fn denied(code: &'static str, message: &'static str) -> StorageError {
    StorageError {
        status: StatusCode::FORBIDDEN,
        code,
        message,
    }
}

const UNSIGNED: StorageError = denied(
    "AccessDenied",
    "the bucket is private, and the request is not signed",
);
const INVALID: StorageError = denied("AccessDenied", "the signature is incomplete or malformed");
const EXPIRED: StorageError = denied(
    "AccessDenied",
    "the signature has expired or is not valid yet",
);
const UNKNOWN_KEY: StorageError = denied(
    "InvalidAccessKeyId",
    "the secret id is not one of this emulator's",
);
const MISMATCH: StorageError = denied("SignatureDoesNotMatch", "the signature does not match");
const WRONG_TOKEN: StorageError = denied(
    "InvalidAccessKeyId",
    "the token does not go with the secret id",
);
const EXPIRED_TOKEN: StorageError = denied("ExpiredToken", "the token has expired");

/// Verifies requests for objects at one moment.
pub(super) struct Verifier<'a> {
    pub(super) accounts: &'a Accounts,
    /// Virtual time, which expires tokens.
    pub(super) now: Duration,
    /// The wall clocks by which a signature may be valid, in Unix seconds.
    pub(super) walls: [i64; 2],
}

/// Returns `true` if a request has a signature, valid or not.
pub(super) fn is_signed(head: &Parts) -> bool {
    head.headers.contains_key(header::AUTHORIZATION) || parameter(head, "q-signature").is_some()
}

impl Verifier<'_> {
    pub(super) fn verify(&self, head: &Parts) -> Result<(), StorageError> {
        if !is_signed(head) {
            return Err(UNSIGNED);
        }
        let signature = Signature::of(head).ok_or(INVALID)?;
        self.check_time(&signature.key_time)?;
        let account = self
            .accounts
            .find(&signature.secret_id)
            .ok_or(UNKNOWN_KEY)?;
        if signature.expected(&account, head).ok_or(INVALID)? != signature.digits {
            return Err(MISMATCH);
        }
        self.check_token(&account, head)
    }

    fn check_time(&self, key_time: &str) -> Result<(), StorageError> {
        let (start, end) = key_time.split_once(';').ok_or(INVALID)?;
        let start: i64 = start.parse().map_err(|_| INVALID)?;
        let end: i64 = end.parse().map_err(|_| INVALID)?;
        let is_valid = |wall: &i64| start.saturating_sub(MAX_SKEW) <= *wall && *wall < end;
        if self.walls.iter().any(is_valid) {
            Ok(())
        } else {
            Err(EXPIRED)
        }
    }

    fn check_token(&self, account: &Account, head: &Parts) -> Result<(), StorageError> {
        let header = head
            .headers
            .get(TOKEN)
            .and_then(|value| value.to_str().ok());
        let sent = header.map(str::to_owned).or_else(|| parameter(head, TOKEN));
        let wanted = account.token.as_ref().map(|token| &token.text.0);
        if sent.as_ref().filter(|token| !token.is_empty()) != wanted {
            return Err(WRONG_TOKEN);
        }
        if account.has_expired(self.now) {
            return Err(EXPIRED_TOKEN);
        }
        Ok(())
    }
}

/// The parts of a signature, as a client sent them.
struct Signature {
    secret_id: String,
    key_time: String,
    headers: String,
    parameters: String,
    digits: String,
}

impl Signature {
    /// Returns the signature of the header, else of the URL; `None` unless it is complete.
    fn of(head: &Parts) -> Option<Self> {
        let text = match head.headers.get(header::AUTHORIZATION) {
            Some(value) => value.to_str().ok()?,
            None => head.uri.query()?,
        };
        let part = |name: &str| value_of(text, name);
        let key_time = part("q-key-time")?;
        let is_supported = part("q-sign-algorithm")? == "sha1" && part("q-sign-time")? == key_time;
        is_supported.then_some(())?;
        Some(Self {
            secret_id: part("q-ak")?,
            headers: part("q-header-list")?,
            parameters: part("q-url-param-list")?,
            digits: part("q-signature")?,
            key_time,
        })
    }

    /// Returns the signature that the request should have; `None` if a signed header is missing.
    fn expected(&self, account: &Account, head: &Parts) -> Option<String> {
        let key = hmac(account.secret_key.0.as_bytes(), &self.key_time)?;
        let parameters = listed(&self.parameters, |name| {
            let query = head.uri.query().unwrap_or_default();
            pairs(query)
                .find(|(key, _)| encoded(&key.to_lowercase()) == name)
                .map(|(_, value)| value)
        })?;
        let headers = listed(&self.headers, |name| {
            let value = head.headers.get(name).and_then(|value| value.to_str().ok());
            let authority = || head.uri.authority().map(http::uri::Authority::as_str);
            value
                .or_else(|| authority().filter(|_| name == "host"))
                .map(str::to_owned)
        })?;
        let request = format!(
            "{}\n{}\n{parameters}\n{headers}\n",
            head.method.as_str().to_lowercase(),
            decoded(head.uri.path()),
        );
        let digest = hex::encode(Sha1::digest(request));
        let text = format!("sha1\n{}\n{digest}\n", self.key_time);
        hmac(key.as_bytes(), &text)
    }
}

/// Returns `name=value&...` of the names in a list that `;` separates.
fn listed(names: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let names = names.split(';').filter(|name| !name.is_empty());
    let pairs = names.map(|name| Some(format!("{name}={}", encoded(&value(name)?))));
    Some(pairs.collect::<Option<Vec<_>>>()?.join("&"))
}

fn hmac(key: &[u8], text: &str) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(hex::encode(mac.finalize().into_bytes()))
}

fn parameter(head: &Parts, name: &str) -> Option<String> {
    value_of(head.uri.query()?, name)
}

fn value_of(text: &str, name: &str) -> Option<String> {
    pairs(text)
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// Decodes `%20` and the like; a malformed escape stays as it is.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    /// The example of the storage's documentation ("Request signature", upload of an object).
    #[test]
    fn the_signature_of_the_documented_example_is_reproduced() {
        let authorization = "q-sign-algorithm=sha1&q-ak=AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q&q-sign-time=1557989151;1557996351&q-key-time=1557989151;1557996351&q-header-list=content-length;content-md5;content-type;date;host;x-cos-acl;x-cos-grant-read&q-url-param-list=&q-signature=3b8851a11a569213c17ba8fa7dcf2abec6935172";
        let (head, ()) = Request::put("/exampleobject%28%E8%85%BE%E8%AE%AF%E4%BA%91%29")
            .header("date", "Thu, 16 May 2019 06:45:51 GMT")
            .header(
                "host",
                "examplebucket-1250000000.cos.ap-beijing.myqcloud.com",
            )
            .header("content-type", "text/plain")
            .header("content-length", "13")
            .header("content-md5", "mQ/fVh815F3k6TAUm8m0eg==")
            .header("x-cos-acl", "private")
            .header("x-cos-grant-read", "uin=\"100000000011\"")
            .header("authorization", authorization)
            .body(())
            .unwrap()
            .into_parts();
        let signature = Signature::of(&head).unwrap();
        let key = "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz";
        let account = Account::given(signature.secret_id.clone(), key.to_owned(), 0);
        assert_eq!(signature.expected(&account, &head), Some(signature.digits));
    }

    #[test]
    fn escapes_are_decoded_and_broken_ones_kept() {
        for (text, expected) in [
            ("a%20b", "a b"),
            ("%E8%85%BE", "腾"),
            ("%", "%"),
            ("%zz%4", "%zz%4"),
            ("", ""),
        ] {
            assert_eq!(decoded(text), expected);
        }
        assert_eq!(encoded("a b/~é"), "a%20b%2F~%C3%A9");
    }
}

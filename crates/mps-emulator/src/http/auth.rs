//! Verifies the TC3-HMAC-SHA256 signature of a call over the bytes that arrived.

mod diagnosis;
mod json_respelling;
mod mistakes;
mod signing_attempt;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use mps_core::sign::{
    Authorization, CanonicalRequest, Payload, Request, Scope, UNSIGNED_PAYLOAD, string_to_sign,
};
use mps_models::service::NAME as SERVICE;

use self::{diagnosis::Evidence, signing_attempt::TOKEN};
use super::headers::{is_repeated, required};
use crate::engine::{
    accounts::{Account, Accounts},
    ids::AccountIndex,
    refusal::Refusal,
};

/// Headers that every signature must cover: the documentation demands both, and without them a
/// signature could be replayed to another host.
const MUST_BE_SIGNED: [&str; 2] = ["content-type", "host"];

/// Most seconds by which a timestamp may differ from the service's clock (API 3.0 documentation:
/// five minutes).
pub(crate) const MAX_SKEW: u64 = 300;

/// Verifies calls at one moment.
pub(crate) struct Verifier<'a> {
    pub(crate) accounts: &'a Accounts,
    /// Virtual time, which expires tokens.
    pub(crate) now: Duration,
    /// The service's wall clock, in Unix seconds.
    pub(crate) wall: i64,
    /// `true` if signatures for another service are accepted.
    pub(crate) accepts_any_service: bool,
    /// Returns other wall clocks by which a timestamp may be fresh; called only if it is not fresh
    /// by `wall`.
    pub(crate) other_walls: &'a dyn Fn() -> Vec<i64>,
}

impl Verifier<'_> {
    /// Returns the account that signed a call.
    pub(crate) fn verify(&self, head: &Parts, body: &Bytes) -> Result<AccountIndex, Refusal> {
        let authorization = authorization(&head.headers)?;
        let timestamp = timestamp(&head.headers)?;
        self.check_fresh(timestamp)?;
        let account = find_account(self.accounts, &authorization)?;
        check_scope(&authorization, timestamp, self.accepts_any_service)?;
        check_signature(&account, &authorization, timestamp, head, body)?;
        check_token(&account, &head.headers, self.now)?;
        Ok(account.index)
    }

    fn check_fresh(&self, timestamp: i64) -> Result<(), Refusal> {
        let skew = self.wall.abs_diff(timestamp);
        let is_fresh = |wall: i64| wall.abs_diff(timestamp) <= MAX_SKEW;
        if is_fresh(self.wall) || (self.other_walls)().into_iter().any(is_fresh) {
            return Ok(());
        }
        let message = format!(
            "the timestamp {timestamp} is {skew} s off this service's clock; at most {MAX_SKEW} s are allowed"
        );
        let refusal = Refusal::new("AuthFailure.SignatureExpire", message);
        Err(if is_fresh_in_milliseconds(timestamp, self.wall) {
            refusal.detail("the timestamp is in milliseconds, but must be in seconds".to_owned())
        } else {
            refusal
        })
    }
}

fn is_fresh_in_milliseconds(timestamp: i64, wall: i64) -> bool {
    (timestamp / 1_000).abs_diff(wall) <= MAX_SKEW
}

fn authorization(headers: &HeaderMap) -> Result<Authorization, Refusal> {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let value =
        value.ok_or_else(|| invalid("the header `authorization` is missing or not text"))?;
    Authorization::parse(value).map_err(|error| invalid(error.to_string()))
}

fn timestamp(headers: &HeaderMap) -> Result<i64, Refusal> {
    let text = required(headers, "x-tc-timestamp")?;
    text.parse()
        .map_err(|_| invalid("the header `x-tc-timestamp` is not a number of seconds"))
}

fn find_account(
    accounts: &Accounts,
    authorization: &Authorization,
) -> Result<Arc<Account>, Refusal> {
    accounts.find(&authorization.secret_id).ok_or_else(|| {
        let default = &accounts.default.secret_id;
        Refusal::new(
            "AuthFailure.SecretIdNotFound",
            "the secret id is not one of this emulator's",
        )
        .detail(format!("this emulator knows {default}"))
    })
}

fn check_scope(
    authorization: &Authorization,
    timestamp: i64,
    any_service: bool,
) -> Result<(), Refusal> {
    let wanted = Scope::at(timestamp, SERVICE);
    let is_accepted = any_service && authorization.scope.date() == wanted.date();
    if is_accepted || authorization.scope == wanted {
        return Ok(());
    }
    let message = format!(
        "the credential scope is `{}`, but the timestamp and the service make it `{wanted}`",
        authorization.scope
    );
    Err(mismatch(message).detail(scope_mistake(authorization, timestamp)))
}

/// Explains a wrong credential scope.
fn scope_mistake(authorization: &Authorization, timestamp: i64) -> String {
    /// The largest offset of a time zone from UTC.
    const FURTHEST_ZONE: i64 = 14 * 3_600;
    let scope = &authorization.scope;
    let local = [-FURTHEST_ZONE, FURTHEST_ZONE]
        .map(|off| Scope::at(timestamp.saturating_add(off), SERVICE));
    if scope.service() != SERVICE {
        format!(
            "the scope names the service `{}`; it is `{SERVICE}` whatever host is called. For a client that takes it from the host's name, call `{SERVICE}.localhost`, or start the emulator with --lenient-service",
            scope.service()
        )
    } else if local.iter().any(|local| local.date() == scope.date()) {
        format!(
            "the scope has the date {}, which may be the local one; it is the date of the timestamp in UTC",
            scope.date()
        )
    } else {
        format!(
            "the scope has the date {}; it is the date of the timestamp in UTC, as YYYY-MM-DD",
            scope.date()
        )
    }
}

/// Recomputes the signature from the request as it arrived. If the host was sent with a port, a
/// signature over the host without it passes too, because one of the official clients signs that.
fn check_signature(
    account: &Account,
    authorization: &Authorization,
    timestamp: i64,
    head: &Parts,
    body: &Bytes,
) -> Result<(), Refusal> {
    let headers = signed_headers(&authorization.signed_headers, head)?;
    let service = authorization.scope.service();
    let key = account.keys.get(&account.secret_key.0, timestamp, service);
    let is_signed = |canonical: &CanonicalRequest| {
        let text = string_to_sign(timestamp, &authorization.scope, canonical);
        key.verify(&text, &authorization.signature)
    };
    let as_sent = canonical(head, &headers, body);
    if is_signed(&as_sent)
        || without_port(&headers).is_some_and(|headers| is_signed(&canonical(head, &headers, body)))
    {
        return Ok(());
    }
    let evidence = Evidence::new(account, authorization, timestamp, head, body);
    Err(mismatch_refusal(&evidence, &authorization.signature))
}

type Headers<'a> = Vec<(&'a str, &'a str)>;

fn signed_headers<'a>(names: &'a str, head: &'a Parts) -> Result<Headers<'a>, Refusal> {
    let names: Vec<&str> = names.split(';').collect();
    if !names.is_sorted_by(|a, b| a < b) {
        return Err(invalid(
            "the signed headers are not sorted, or one is named twice",
        ));
    }
    if let Some(missing) = MUST_BE_SIGNED.iter().find(|name| !names.contains(name)) {
        return Err(invalid(format!("the header `{missing}` is not signed")));
    }
    names
        .into_iter()
        .map(|name| Ok((name, sent_value(name, head)?)))
        .collect()
}

fn sent_value<'a>(name: &str, head: &'a Parts) -> Result<&'a str, Refusal> {
    let authority = || {
        head.uri
            .authority()
            .filter(|_| name == "host")
            .map(http::uri::Authority::as_str)
    };
    if is_repeated(&head.headers, name) {
        return Err(invalid(format!(
            "`{name}` is signed, but was sent more than once"
        )));
    }
    let is_lower_case = HeaderName::from_lowercase(name.as_bytes()).is_ok();
    let value = head.headers.get(name).filter(|_| is_lower_case);
    let value = value
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        .or_else(authority);
    value.ok_or_else(|| {
        invalid(format!(
            "`{name}` is signed, but no header of that name was sent"
        ))
    })
}

fn without_port<'a>(headers: &Headers<'a>) -> Option<Headers<'a>> {
    let mut headers = headers.clone();
    let host = headers.iter_mut().find(|(name, _)| *name == "host")?;
    host.1 = host.1.rsplit_once(':')?.0;
    Some(headers)
}

fn canonical(head: &Parts, headers: &Headers<'_>, body: &Bytes) -> CanonicalRequest {
    CanonicalRequest::new(&Request {
        method: head.method.as_str(),
        uri: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers,
        payload: Payload::Bytes(signed_payload(head, body)),
    })
}

/// Returns the body, or its substitute if the request declares the payload unsigned.
fn signed_payload<'a>(head: &Parts, body: &'a [u8]) -> &'a [u8] {
    let declared = head.headers.get("x-tc-content-sha256");
    if declared.is_some_and(|value| value == UNSIGNED_PAYLOAD) {
        UNSIGNED_PAYLOAD.as_bytes()
    } else {
        body
    }
}

/// Logs a mismatch with its explanation, and returns the refusal.
fn mismatch_refusal(evidence: &Evidence<'_>, signature: &str) -> Refusal {
    let detail = evidence.explain(signature);
    tracing::warn!(%detail, "signature mismatch");
    mismatch("the signature does not match; this emulator's log explains why").detail(detail)
}

fn check_token(account: &Account, headers: &HeaderMap, now: Duration) -> Result<(), Refusal> {
    let sent = headers
        .get(TOKEN)
        .map(HeaderValue::as_bytes)
        .filter(|token| !token.is_empty());
    let wanted = account.token.as_ref().map(|token| token.text.0.as_bytes());
    let message = if sent != wanted {
        "the token does not go with the secret id"
    } else if account.has_expired(now) {
        "the token has expired"
    } else {
        return Ok(());
    };
    Err(Refusal::new("AuthFailure.TokenFailure", message))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("AuthFailure.InvalidAuthorization", message)
}

fn mismatch(message: impl Into<String>) -> Refusal {
    Refusal::new("AuthFailure.SignatureFailure", message)
}

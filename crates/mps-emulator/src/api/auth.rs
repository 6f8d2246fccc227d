//! Whether a call was signed by the account, over the bytes that arrived, just now.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use mps_core::{
    clock::unix_seconds,
    sign::{
        Authorization, CanonicalRequest, Payload, Request, Scope, UNSIGNED_PAYLOAD, string_to_sign,
    },
};
use mps_models::service::NAME as SERVICE;

use super::{Refusal, common};
use crate::{
    account::{Account, AccountIndex, Accounts},
    service::Inner,
};

/// How far a client's clock may be off, in seconds.
const MOST_SKEW: u64 = 300;
/// Headers without which a signature says nothing.
const MUST_BE_SIGNED: [&str; 2] = ["content-type", "host"];
/// Never shown, even to those who read the log.
const TOKEN: &str = "x-tc-token";

/// The account that signed the call.
pub(super) fn verify(service: &Inner, head: &Parts, body: &Bytes) -> Result<AccountIndex, Refusal> {
    let authorization = authorization(&head.headers)?;
    let timestamp = timestamp(&head.headers)?;
    check_fresh(timestamp, service)?;
    let account = known(&service.accounts, &authorization)?;
    check_scope(&authorization, timestamp)?;
    check_signature(&account, &authorization, timestamp, head, body)?;
    check_token(&account, &head.headers, service.time.now())?;
    Ok(account.index)
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
    let text = common(headers, "x-tc-timestamp")?;
    text.parse()
        .map_err(|_| invalid("the header `x-tc-timestamp` is not a number of seconds"))
}

fn check_fresh(timestamp: i64, service: &Inner) -> Result<(), Refusal> {
    let skew_to = |wall| unix_seconds(wall).abs_diff(timestamp);
    let skew = skew_to(service.time.wall());
    let by_machine = || {
        service
            .settings
            .accepts_machine_time
            .then(|| skew_to(service.clock.wall()))
    };
    if skew <= MOST_SKEW || by_machine().is_some_and(|skew| skew <= MOST_SKEW) {
        return Ok(());
    }
    let message = format!(
        "the timestamp {timestamp} is {skew} s off this service's clock; at most {MOST_SKEW} s are allowed"
    );
    Err(Refusal::new("AuthFailure.SignatureExpire", message))
}

fn known(accounts: &Accounts, authorization: &Authorization) -> Result<Arc<Account>, Refusal> {
    accounts.find(&authorization.secret_id).ok_or_else(|| {
        let default = &accounts.default.secret_id;
        Refusal::new(
            "AuthFailure.SecretIdNotFound",
            "the secret id is not one of this emulator's",
        )
        .detail(format!("this emulator knows {default}"))
    })
}

fn check_scope(authorization: &Authorization, timestamp: i64) -> Result<(), Refusal> {
    let wanted = Scope::at(timestamp, SERVICE);
    if authorization.scope == wanted {
        return Ok(());
    }
    let message = format!(
        "the credential scope is `{}`, but the timestamp and the service make it `{wanted}`",
        authorization.scope
    );
    Err(mismatch(message))
}

/// Recomputes the signature from what arrived. One leniency: where the host was sent with a port,
/// a signature over the host alone passes too, as one of the official clients signs it.
fn check_signature(
    account: &Account,
    authorization: &Authorization,
    timestamp: i64,
    head: &Parts,
    body: &Bytes,
) -> Result<(), Refusal> {
    let headers = signed_headers(&authorization.signed_headers, head)?;
    let key = account.keys.get(&account.secret_key.0, timestamp, SERVICE);
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
    Err(explained(&as_sent, head))
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
    let is_unsigned = head
        .headers
        .get("x-tc-content-sha256")
        .is_some_and(|value| value == UNSIGNED_PAYLOAD);
    CanonicalRequest::new(&Request {
        method: head.method.as_str(),
        uri: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers,
        payload: if is_unsigned {
            Payload::Unsigned
        } else {
            Payload::Bytes(body)
        },
    })
}

/// A mismatch with what it takes to find its cause: the canonical request of this side.
fn explained(canonical: &CanonicalRequest, head: &Parts) -> Refusal {
    let text = without_token(&canonical.text, &head.headers);
    tracing::warn!(canonical_request = %text, "signature mismatch");
    mismatch(
        "the signature does not match; this emulator's log shows the canonical request it expects",
    )
    .detail(format!("canonical request:\n{text}"))
}

fn without_token(text: &str, headers: &HeaderMap) -> String {
    let hidden = |line: &str| match line.split_once(':') {
        Some((TOKEN, _)) => format!("{TOKEN}:<redacted>"),
        _ => line.to_owned(),
    };
    if headers.contains_key(TOKEN) {
        text.split('\n').map(hidden).collect::<Vec<_>>().join("\n")
    } else {
        text.to_owned()
    }
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

//! What a call shows of how it was signed.

use http::request::Parts;
use mps_core::sign::Authorization;

use super::{
    sent_value,
    signing_attempt::{DigestForm, Key, Payload, Scope, SigningAttempt, Steps},
};
use crate::engine::accounts::Account;

/// What a call shows of how it was signed.
pub(super) struct Evidence<'a> {
    /// The signature as it should have been made.
    pub(super) right: SigningAttempt,
    pub(super) body: &'a [u8],
    pub(super) timestamp: i64,
    pub(super) secret_id: &'a str,
    head: &'a Parts,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(
        account: &'a Account,
        authorization: &Authorization,
        timestamp: i64,
        head: &'a Parts,
        body: &'a [u8],
    ) -> Self {
        let scope = Scope {
            date: authorization.scope.date().to_owned(),
            service: authorization.scope.service().to_owned(),
        };
        let names = authorization.signed_headers.split(';');
        let right = SigningAttempt {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: Some(head.uri.query().unwrap_or_default().to_owned()),
            headers: names
                .filter_map(|name| canonical_header(head, name))
                .collect(),
            gap: "\n",
            signed_headers: authorization.signed_headers.clone(),
            payload: Payload::hashed(super::signed_payload(head, body)),
            end: "",
            line_end: "\n",
            digest: DigestForm::LowerHex,
            timestamp: timestamp.to_string(),
            string_end: "",
            key: Key {
                secret: account.secret_key.0.clone(),
                prefix: "TC3",
                scope: scope.clone(),
                steps: Steps::Right,
            },
            scope,
        };
        Self {
            right,
            body,
            timestamp,
            secret_id: &account.secret_id,
            head,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        sent_value(name, self.head).ok()
    }

    pub(super) fn canonical_header(&self, name: &str) -> Option<(String, String)> {
        canonical_header(self.head, name)
    }

    pub(super) fn set_raw_value(&self, name: &str, value: &mut String) {
        if let Some(sent) = self.header(name) {
            sent.clone_into(value);
        }
    }
}

fn canonical_header(head: &Parts, name: &str) -> Option<(String, String)> {
    let mut value = sent_value(name, head).ok()?.trim_ascii().to_owned();
    if !matches!(name, "content-type" | "host") {
        value.make_ascii_lowercase();
    }
    Some((name.to_owned(), value))
}

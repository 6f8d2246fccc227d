//! Explains in the log why a signature does not match: names the client's mistake if a single usual
//! one results in its signature, and shows what was signed on both sides.

use http::request::Parts;
use mps_core::sign::Authorization;

use super::{
    mistakes, sent_value, signed_payload,
    signing_attempt::{Derivation, Key, Scope, SigningAttempt, hash},
};
use crate::engine::accounts::Account;

/// A call with a wrong signature, and the signature as it should have been made.
pub(super) struct Evidence<'a> {
    pub(super) expected: SigningAttempt,
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
        let expected = SigningAttempt {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: Some(head.uri.query().unwrap_or_default().to_owned()),
            headers: names
                .filter_map(|name| canonical_header(head, name))
                .collect(),
            separator: "\n",
            signed_headers: authorization.signed_headers.clone(),
            payload_hash: hash(signed_payload(head, body)),
            digest_in_capitals: false,
            timestamp: timestamp.to_string(),
            key: Key {
                secret: account.secret_key.0.clone(),
                prefix: "TC3",
                scope: scope.clone(),
                derivation: Derivation::Documented,
            },
            scope,
        };
        Self {
            expected,
            body,
            timestamp,
            secret_id: &account.secret_id,
            head,
        }
    }

    /// Returns a header as it was sent.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        sent_value(name, self.head).ok()
    }

    /// Returns a header's name and value as they have to be signed.
    pub(super) fn canonical_header(&self, name: &str) -> Option<(String, String)> {
        canonical_header(self.head, name)
    }

    /// Returns the explanation of `signature`, which does not match, for the log.
    pub(super) fn explain(&self, signature: &str) -> String {
        let mut tried = 0;
        let found = mistakes::all(self)
            .inspect(|_| tried += 1)
            .find(|mistake| mistake.attempt.produces(signature));
        match found {
            Some(mistake) => {
                format!(
                    "{}\n{}",
                    mistake.description,
                    self.comparison(&mistake.attempt)
                )
            }
            None => format!(
                "none of {tried} usual mistakes explains the signature; compare with the signed text, \
                 and make sure that the secret key is the emulator's\n{}",
                block(
                    "canonical request of the emulator",
                    &self.expected.redacted_canonical_request(),
                    None
                )
            ),
        }
    }

    fn comparison(&self, attempt: &SigningAttempt) -> String {
        let ours = self.expected.redacted_canonical_request();
        let theirs = attempt.redacted_canonical_request();
        if ours != theirs {
            return pair("canonical request", &ours, &theirs);
        }
        let canonical = block("canonical request of both", &ours, None);
        let (ours, theirs) = (self.expected.string_to_sign(), attempt.string_to_sign());
        if ours == theirs {
            return canonical;
        }
        canonical + &pair("string to sign", &ours, &theirs)
    }
}

fn canonical_header(head: &Parts, name: &str) -> Option<(String, String)> {
    let mut value = sent_value(name, head).ok()?.trim_ascii().to_owned();
    if !matches!(name, "content-type" | "host") {
        value.make_ascii_lowercase();
    }
    Some((name.to_owned(), value))
}

/// Formats both texts and marks the first line in which they differ.
fn pair(title: &str, ours: &str, theirs: &str) -> String {
    let mut lines = ours.split('\n').zip(theirs.split('\n'));
    let shorter = ours.split('\n').count().min(theirs.split('\n').count());
    let first = lines.position(|(ours, theirs)| ours != theirs);
    let first = Some(first.unwrap_or(shorter));
    block(&format!("{title} of the emulator"), ours, first)
        + &block(&format!("{title} of the client"), theirs, first)
}

fn block(title: &str, text: &str, marked: Option<usize>) -> String {
    let mut block = format!("{title}:\n");
    for (number, line) in text.split('\n').enumerate() {
        let mark = if marked == Some(number) { "> " } else { "  " };
        block.extend([mark, &line.replace('\r', "<CR>"), "\n"]);
    }
    block
}

//! Why a signature does not match, for those who read the log: the canonical request of this side,
//! and the client's, if one of the usual mistakes leads to its signature.

use http::request::Parts;
use mps_core::sign::Authorization;

use super::{
    guess::{DigestForm, Guess, Key, Payload, Scope, Steps},
    mistakes, sent_value,
};
use crate::account::Account;

/// What a call shows of how it was signed.
pub(super) struct Evidence<'a> {
    /// The signature as it should have been made.
    pub(super) right: Guess,
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
        let right = Guess {
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

    pub(super) fn set_as_sent(&self, name: &str, value: &mut String) {
        if let Some(sent) = self.header(name) {
            sent.clone_into(value);
        }
    }

    /// What the log says of `signature`, which does not match.
    pub(super) fn explain(&self, signature: &str) -> String {
        let mut tried = 0;
        let found = mistakes::all(self)
            .inspect(|_| tried += 1)
            .find(|(_, guess)| guess.makes(signature));
        match found {
            Some((what, guess)) => format!("{what}\n{}", self.beside(&guess)),
            None => format!(
                "none of {tried} usual mistakes explains the signature; compare with what was signed, \
                 and make sure that the secret key is the emulator's\n{}",
                block(
                    "canonical request of the emulator",
                    &self.right.shown(),
                    None
                )
            ),
        }
    }

    fn beside(&self, guess: &Guess) -> String {
        let (ours, theirs) = (self.right.shown(), guess.shown());
        if ours != theirs {
            return pair("canonical request", &ours, &theirs);
        }
        let canonical = block("canonical request of both", &ours, None);
        // Made without anything that must stay hidden: a digest stands for the rest.
        let (ours, theirs) = (self.right.string_to_sign(), guess.string_to_sign());
        if ours == theirs || matches!(guess.digest, DigestForm::NotHashed) {
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

/// Both texts, with the first line marked in which they differ.
fn pair(what: &str, ours: &str, theirs: &str) -> String {
    let mut lines = ours.split('\n').zip(theirs.split('\n'));
    let shorter = ours.split('\n').count().min(theirs.split('\n').count());
    let first = lines.position(|(ours, theirs)| ours != theirs);
    let first = Some(first.unwrap_or(shorter));
    block(&format!("{what} of the emulator"), ours, first)
        + &block(&format!("{what} of the client"), theirs, first)
}

fn block(title: &str, text: &str, marked: Option<usize>) -> String {
    let mut shown = format!("{title}:\n");
    for (number, line) in text.split('\n').enumerate() {
        let mark = if marked == Some(number) { "> " } else { "  " };
        let line = line.replace('\r', "<CR>");
        shown.extend([mark, &line, "\n"]);
    }
    shown
}

//! Known answers for every stage, so that a failure names the stage that differs.
//!
//! `tests/data/tc3-vectors.json` was made with the vendor's Python SDK at a fixed clock and
//! re-derived independently; the names starting with `doc_` are published in its documentation.

use serde::Deserialize;

use super::{CanonicalRequest, Payload, Request, Scope, SigningKey, key::derived_bytes, sign};

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    method: String,
    secret_id: String,
    secret_key: String,
    timestamp: i64,
    host: String,
    service: String,
    action: String,
    content_type: String,
    canonical_uri: String,
    canonical_query_string: String,
    unsigned_payload: bool,
    payload: String,
    payload_len_bytes: usize,
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    hashed_payload: String,
    canonical_request: String,
    canonical_request_sha256: String,
    credential_scope: String,
    string_to_sign: String,
    derived_signing_key_hex: String,
    signed_headers: String,
    signature: String,
    authorization: String,
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../../tests/data/tc3-vectors.json");
    serde_json::from_str::<Vectors>(text).unwrap().vectors
}

impl Vector {
    /// The headers that the vector signs, deliberately not in order.
    fn headers(&self) -> Vec<(&str, &str)> {
        let all = [
            ("x-tc-action", self.action.as_str()),
            ("host", self.host.as_str()),
            ("content-type", self.content_type.as_str()),
        ];
        let signed: Vec<_> = self.expected.signed_headers.split(';').collect();
        all.into_iter()
            .filter(|(name, _)| signed.contains(name))
            .collect()
    }

    fn payload(&self) -> Payload<'_> {
        if self.unsigned_payload {
            Payload::Unsigned
        } else {
            Payload::Bytes(self.payload.as_bytes())
        }
    }

    fn check(&self) {
        let (name, expected) = (&self.name, &self.expected);
        assert_eq!(
            self.payload.len(),
            self.payload_len_bytes,
            "{name}: payload"
        );
        let headers = self.headers();
        let request = Request {
            method: &self.method,
            uri: &self.canonical_uri,
            query: &self.canonical_query_string,
            headers: &headers,
            payload: self.payload(),
        };
        let canonical = CanonicalRequest::new(&request);
        assert_eq!(
            canonical.text, expected.canonical_request,
            "{name}: canonical request"
        );
        assert!(
            canonical.text.ends_with(&expected.hashed_payload),
            "{name}: hashed payload"
        );
        assert_eq!(
            canonical.signed_headers, expected.signed_headers,
            "{name}: signed headers"
        );
        assert_eq!(
            canonical.digest(),
            expected.canonical_request_sha256,
            "{name}: digest"
        );

        let scope = Scope::at(self.timestamp, &self.service);
        assert_eq!(
            scope.to_string(),
            expected.credential_scope,
            "{name}: scope"
        );
        let derived = hex::encode(derived_bytes(&self.secret_key, &scope).as_slice());
        assert_eq!(
            derived, expected.derived_signing_key_hex,
            "{name}: signing key"
        );
        let key = SigningKey::derive(&self.secret_key, &scope);

        let signed = sign(canonical, &self.secret_id, &key, self.timestamp);
        assert_eq!(
            signed.string_to_sign, expected.string_to_sign,
            "{name}: string to sign"
        );
        assert_eq!(
            signed.authorization, expected.authorization,
            "{name}: authorization"
        );
        assert!(
            key.verify(&signed.string_to_sign, &expected.signature),
            "{name}: verify"
        );
    }
}

#[test]
fn every_vector_passes_at_every_stage() {
    let vectors = vectors();
    assert!(vectors.len() >= 14, "vectors went missing");
    vectors.iter().for_each(Vector::check);
}

#[test]
fn a_wrong_signature_is_refused() {
    let scope = Scope::at(0, "mps");
    let key = SigningKey::derive("key", &scope);
    let right = key.sign("text");
    assert!(key.verify("text", &right));
    for wrong in [
        &right[2..],
        "",
        "zz",
        &key.sign("Text"),
        &SigningKey::derive("kex", &scope).sign("text"),
    ] {
        assert!(!key.verify("text", wrong), "{wrong}");
    }
}

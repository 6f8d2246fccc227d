//! The signature of a create, from the endpoint and the body to the header.

use std::hint::black_box;

use mps_core::{
    endpoint::Endpoint,
    sign::{self, CanonicalRequest, KeyCache, Payload, Request},
};

use crate::{Outcome, fixture, repeat};

#[expect(clippy::unnecessary_wraps, reason = "the type of every bench")]
pub(crate) fn run(times: u32) -> Outcome {
    let (endpoint, keys) = (Endpoint::default(), KeyCache::default());
    repeat(times, || {
        let canonical = CanonicalRequest::new(&Request {
            method: "POST",
            uri: endpoint.path(),
            query: "",
            headers: &[
                ("content-type", "application/json"),
                ("host", endpoint.host()),
                ("x-tc-action", "CreateAigcVideoTask"),
            ],
            payload: Payload::Bytes(black_box(fixture::REQUEST.as_bytes())),
        });
        let timestamp = black_box(1_771_125_945);
        let key = keys.get(black_box(fixture::SECRET_KEY), timestamp, "mps");
        sign::sign(canonical, fixture::SECRET_ID, &key, timestamp)
    });
    Ok(())
}

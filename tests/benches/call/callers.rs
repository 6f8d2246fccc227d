//! Three ways to send the same request.

use std::error::Error;

use bytes::Bytes;
use http::{HeaderMap, header};
use mps_core::{
    BoxFuture, CallOptions, Client, UntypedCall,
    credentials::Credentials,
    endpoint::Endpoint,
    limit::{LimitError, Limiter, Permit, PermitRequest},
    sign::{self, Scope, SigningKey},
};
use mps_models::CreateAigcVideoTask;
use serde_json::value::{RawValue, to_raw_value};

pub(crate) const SECRET_ID: &str = "AKIDEXAMPLE000000000000000000000000";
pub(crate) const SECRET_KEY: &str = "not a real key, but just as long";
const TIMESTAMP: i64 = 1_771_125_945;
/// The request in the vendor's documentation.
const REQUEST: &str =
    include_str!("../../../spec/examples/CreateAigcVideoTask/documentation.request.json");

/// Calls through the client: from a typed request to a typed response as programs do, or from JSON to
/// JSON, which an HTTP library could do as well.
pub(crate) struct ThroughClient {
    client: Client,
    request: CreateAigcVideoTask,
    json: Box<RawValue>,
}

impl ThroughClient {
    pub(crate) fn new(url: &str) -> Result<Self, Box<dyn Error>> {
        let client = Client::builder()
            .credentials(Credentials::new(SECRET_ID, SECRET_KEY))
            .endpoint(Endpoint::parse(url)?)
            .limiter(NoLimit)
            .build()?;
        let request = serde_json::from_str(REQUEST)?;
        Ok(Self {
            client,
            json: to_raw_value(&request)?,
            request,
        })
    }

    pub(crate) async fn call_typed(&self) -> Option<String> {
        let output = self.client.send(&self.request).await;
        output.ok()?.body.task_id
    }

    pub(crate) async fn call(&self) -> Option<Box<RawValue>> {
        let call = UntypedCall::new("CreateAigcVideoTask", self.json.clone());
        let output = self.client.call(call, CallOptions::new()).await;
        Some(output.ok()?.body.into_inner())
    }
}

/// Calls through the HTTP library alone, with the same bytes, prepared and signed in advance.
pub(crate) struct Bare {
    http: reqwest::Client,
    url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Bare {
    pub(crate) fn new(client: &ThroughClient, url: &str) -> Result<Self, Box<dyn Error>> {
        let prepared = client.client.prepare(&client.request)?;
        let mut headers = prepared.headers;
        let key = SigningKey::derive(SECRET_KEY, &Scope::at(TIMESTAMP, "mps"));
        let signed = sign::sign(prepared.canonical_request, SECRET_ID, &key, TIMESTAMP);
        headers.insert(header::AUTHORIZATION, signed.authorization.parse()?);
        // Unused without TLS, but the library needs one to be built.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            url: url.to_owned(),
            headers,
            body: prepared.body,
        })
    }

    pub(crate) async fn call(&self) -> Option<Bytes> {
        let request = self
            .http
            .post(&self.url)
            .headers(self.headers.clone())
            .body(self.body.clone());
        request.send().await.ok()?.bytes().await.ok()
    }
}

/// A limiter that grants every permit at once.
#[derive(Debug)]
struct NoLimit;

impl Limiter for NoLimit {
    fn acquire<'a>(&'a self, _: PermitRequest<'a>) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async { Ok(Permit::unlimited()) })
    }

    fn throttled(&self, _: &str) {}
}

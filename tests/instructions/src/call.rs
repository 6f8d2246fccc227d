//! A typed create through the client, over a transport that answers at once.

use std::sync::Arc;

use bytes::Bytes;
use mps_core::{
    BoxFuture, Client,
    credentials::Credentials,
    endpoint::Endpoint,
    limit::{LimitError, Limiter, Permit, PermitRequest},
    transport::{RequestBody, ResponseBody, Transport, TransportError},
};
use mps_models::CreateAigcVideoTask;
use tokio::runtime::Builder;

use crate::{Outcome, repeat};

pub(crate) const SECRET_ID: &str = "AKIDEXAMPLE000000000000000000000000";
pub(crate) const SECRET_KEY: &str = "not a real key, but just as long";
/// The request in the vendor's documentation.
pub(crate) const REQUEST: &str =
    include_str!("../../../spec/examples/CreateAigcVideoTask/documentation.request.json");
pub(crate) const ENVELOPE: &str = r#"{"Response":{"TaskId":"1500039689-AigcVideo-6cd2c44b6cd2c44b6cd2c44b6cd2c44b","RequestId":"643fb583-09a5-4b52-a2ee-c77e5c8d4ee1"}}"#;

pub(crate) fn typed(times: u32) -> Outcome {
    let client = Client::builder()
        .credentials(Credentials::new(SECRET_ID, SECRET_KEY))
        .endpoint(Endpoint::parse("http://127.0.0.1:8080/")?)
        .transport(Arc::new(Instant))
        .limiter(NoLimit)
        .build()?;
    let request: CreateAigcVideoTask = serde_json::from_str(REQUEST)?;
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let send = || runtime.block_on(client.send(&request));
    send()?;
    repeat(times, send);
    Ok(())
}

/// A transport that answers each request at once.
#[derive(Debug)]
struct Instant;

impl Transport for Instant {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        drop(request.into_body().into_bytes());
        let answer = http::Response::new(Bytes::from_static(ENVELOPE.as_bytes()));
        Box::pin(async { Ok(answer.map(ResponseBody::from)) })
    }
}

/// A limiter that grants every permit at once: a limit would be most of the work.
#[derive(Debug)]
pub(crate) struct NoLimit;

impl Limiter for NoLimit {
    fn acquire<'a>(&'a self, _: PermitRequest<'a>) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async { Ok(Permit::unlimited()) })
    }

    fn throttled(&self, _: &str) {}
}

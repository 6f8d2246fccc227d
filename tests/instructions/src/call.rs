//! A typed create through the client, over a transport that answers at once.

use std::sync::Arc;

use bytes::Bytes;
use mps_core::{
    BoxFuture, Client,
    credentials::Credentials,
    endpoint::Endpoint,
    transport::{RequestBody, ResponseBody, Transport, TransportError},
};
use mps_models::CreateAigcVideoTask;
use tokio::runtime::Builder;

use crate::{
    Outcome,
    fixture::{ENVELOPE, NoLimit, REQUEST, SECRET_ID, SECRET_KEY},
    repeat,
};

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

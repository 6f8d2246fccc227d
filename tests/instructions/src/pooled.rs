//! A prototype of a transport on hyper's pooled connections, to measure what it could save. It has no TLS,
//! no proxies and no timeout for connecting, so a whole one takes longer.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use mps_core::{
    BoxFuture,
    transport::{Chunks, RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind},
};

#[derive(Debug)]
pub(crate) struct Pooled(Client<HttpConnector, Outgoing>);

impl Pooled {
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .retry_canceled_requests(false)
            .pool_timer(TokioTimer::new());
        Self(builder.build(connector))
    }
}

impl Transport for Pooled {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let answer = self.0.request(request.map(|body| Outgoing(Some(body))));
        Box::pin(async {
            let failed = |error| TransportError::new(TransportErrorKind::Interrupted, error);
            let response = answer.await.map_err(failed)?;
            Ok(response.map(|body| ResponseBody::new(Received(body))))
        })
    }
}

/// Takes the body when the connection polls it.
struct Outgoing(Option<RequestBody>);

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = self.0.take();
        Poll::Ready(body.map(|body| Ok(Frame::data(body.into_bytes()))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |body| body.len() as u64))
    }
}

struct Received(Incoming);

impl Chunks for Received {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>> {
        Box::pin(async {
            let frame = self.0.frame().await.transpose();
            let failed = |error| TransportError::new(TransportErrorKind::Interrupted, error);
            let frame = frame.map_err(failed)?;
            Ok(frame.and_then(|frame| frame.into_data().ok()))
        })
    }
}

//! The way to a service, on which calls and answers can get lost.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::{Request, header};
use mps_core::{
    clock::unix_seconds,
    transport::{RequestBody, Transport as _, TransportError},
};
use mps_emulator::{InProcess, Service};
use serde_json::Value;

use crate::call::{Call, code};

/// A client that adopts the service's clock and records every answer.
pub(super) struct Wire {
    service: Service,
    transport: InProcess,
    /// The lead of the service's clock in seconds, as it was shown.
    ahead: i64,
}

impl Wire {
    pub(super) fn new(service: Service) -> Self {
        Self {
            transport: InProcess::new(service.clone()),
            service,
            ahead: 0,
        }
    }

    /// Returns `Response` of the answer, or `None` if no readable answer arrived.
    pub(super) fn call(&mut self, action: &'static str, body: &Value) -> Option<Value> {
        let now = unix_seconds(self.service.clock().wall());
        let call = Call::new(&self.service, action, body.to_string()).at(now + self.ahead);
        let (date, body) = at_once(self.carry(call.request().map(RequestBody::new))).ok()?;
        let mut body: Value = serde_json::from_slice(&body).ok()?;
        let answer = body["Response"].take();
        if code(&answer) == "AuthFailure.SignatureExpire" {
            self.ahead = date - now;
        }
        Some(answer)
    }

    /// The date of the answer, and its body.
    async fn carry(&self, request: Request<RequestBody>) -> Result<(i64, Vec<u8>), TransportError> {
        let response = self.transport.send(request).await?;
        let date = response.headers()[header::DATE].to_str().unwrap();
        let date = unix_seconds(httpdate::parse_http_date(date).unwrap());
        let (mut arriving, mut body) = (response.into_body(), Vec::new());
        while let Some(piece) = arriving.chunk().await? {
            body.extend_from_slice(&piece);
        }
        Ok((date, body))
    }
}

/// Under a clock that jumps to the end of every sleep nothing is ever waited for.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing under this clock takes time"),
    }
}

//! When creates start: as they are handed to the HTTP library. When they arrive is another matter,
//! since a busy machine may hold one of them up on its way, longer than any limiter can know.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use mps_core::{
    BoxFuture, Error,
    clock::SharedClock,
    transport::{RequestBody, ReqwestTransport, ResponseBody, Transport, TransportError},
};

use crate::CREATE;

/// The HTTP library, with an eye on the clock.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    http: ReqwestTransport,
    clock: SharedClock,
    /// In microseconds.
    starts: Arc<Mutex<Vec<u64>>>,
}

impl Noted {
    pub(crate) fn new(clock: &SharedClock) -> Result<Self, Error> {
        Ok(Self {
            http: ReqwestTransport::new()?,
            clock: clock.clone(),
            starts: Arc::default(),
        })
    }

    pub(crate) fn starts(&self) -> Vec<u64> {
        let starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        starts.clone()
    }
}

impl Transport for Noted {
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'_, Result<Response<ResponseBody>, TransportError>> {
        let action = request.headers().get("x-tc-action");
        if action.is_some_and(|action| action == CREATE) {
            let now = u64::try_from(self.clock.monotonic().as_micros()).unwrap_or(u64::MAX);
            let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
            starts.push(now);
        }
        self.http.send(request)
    }
}

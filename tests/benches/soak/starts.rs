//! Start times of creates, taken when the HTTP library receives them. Their arrival times differ,
//! since a busy machine may delay a request by more than a limiter can allow for.

use std::sync::{Arc, Mutex};

use http::{Request, Response};
use mps_core::{
    BoxFuture,
    clock::SharedClock,
    sync::lock,
    transport::{RequestBody, ReqwestTransport, ResponseBody, Transport, TransportError},
};

use crate::CREATE;

/// The HTTP transport, which also records when creates start.
#[derive(Clone, Debug)]
pub(crate) struct RecordingTransport {
    http: ReqwestTransport,
    clock: SharedClock,
    /// In microseconds.
    starts: Arc<Mutex<Vec<u64>>>,
}

impl RecordingTransport {
    pub(crate) fn new(clock: &SharedClock) -> Self {
        Self {
            http: ReqwestTransport::new(),
            clock: clock.clone(),
            starts: Arc::default(),
        }
    }

    pub(crate) fn starts(&self) -> Vec<u64> {
        let starts = lock(&self.starts);
        starts.clone()
    }
}

impl Transport for RecordingTransport {
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'_, Result<Response<ResponseBody>, TransportError>> {
        let action = request.headers().get("x-tc-action");
        if action.is_some_and(|action| action == CREATE) {
            let now = u64::try_from(self.clock.monotonic().as_micros()).unwrap_or(u64::MAX);
            let mut starts = lock(&self.starts);
            starts.push(now);
        }
        self.http.send(request)
    }
}

//! Requests for keys to another machine: bounded in time and size, with every answer checked.

use std::{error::Error as _, fmt, sync::Arc, time::Duration};

use crate::{
    clock::{self, SharedClock},
    envelope::Received,
    transport::{RequestBody, Transport, TransportError, TransportErrorKind},
};

/// Far more than any answer with keys.
const CAP: usize = 64 * 1024;

/// The endpoint and transport of a service that issues keys.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: SharedClock,
}

/// The reason why there is no whole answer.
#[derive(Debug)]
pub(super) struct RemoteError {
    pub(super) message: String,
    /// Returns whether no connection was made at all.
    pub(super) is_unreachable: bool,
}

impl Remote {
    /// Sends `request` and reads its answer, with any status, within `limit` for both.
    pub(super) async fn exchange(
        &self,
        request: http::Request<RequestBody>,
        limit: Duration,
    ) -> Result<Received, RemoteError> {
        let exchange = async {
            let response = self.transport.send(request).await;
            let response = response.map_err(|error| RemoteError {
                is_unreachable: error.kind() == TransportErrorKind::Connect,
                message: with_causes(&error),
            })?;
            let received = Received::read(response, CAP).await;
            received.map_err(|error| RemoteError::new(error.message()))
        };
        clock::timeout(&*self.clock, limit, exchange)
            .await
            .unwrap_or_else(|| Err(RemoteError::new(format!("no answer within {limit:?}"))))
    }
}

impl RemoteError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_unreachable: false,
        }
    }
}

fn with_causes(error: &TransportError) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    message
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.transport.fmt(f)
    }
}

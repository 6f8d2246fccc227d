//! A transport to the service without sockets, on the service's clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use mps_core::{
    BoxFuture, Client, ClientBuilder, Error,
    credentials::Credentials,
    endpoint::Endpoint,
    limit::LocalLimiter,
    transport::{Chunks, RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind},
};

use crate::{
    emulator::service::Service,
    http::exchange::{Connection, Exchange, Piece, Pieces},
};

/// A transport that hands every request, whatever its host, to one [`Service`]: for tests in
/// virtual time, and for programs that shall never open a socket.
///
/// Faults show as they do on a socket: a reset connection is an error after the request's body was
/// taken, a body can end early or come in pieces, and connections are used again. Time passes by
/// the service's clock.
///
/// ```
/// use mps_core::{Client, credentials::Credentials};
/// use mps_emulator::{Emulator, Fault};
/// use mps_models::CreateAigcVideoTask;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = Emulator::builder().service();
/// service.fail(Fault::reply_lost().times(1))?;
///
/// let client = service.client()?.build()?;
/// let error = client.send(&CreateAigcVideoTask::new().prompt("a cat")).await.unwrap_err();
/// assert!(error.dispatch().may_have_executed());
/// assert_eq!((service.bill().creates, service.bill().duplicates), (1, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct InProcess {
    service: Service,
    /// Number of open, idle connections.
    idle: Arc<AtomicUsize>,
}

impl InProcess {
    /// Returns a transport that reaches `service` and nothing else.
    #[must_use]
    pub fn new(service: Service) -> Self {
        Self {
            service,
            idle: Arc::default(),
        }
    }

    fn connection(&self) -> Connection {
        let one_less = |idle: usize| idle.checked_sub(1);
        match self
            .idle
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_less)
        {
            Ok(_) => Connection::Reused,
            Err(_) => Connection::Fresh,
        }
    }

    /// A real socket's buffer accepts a request even if it is never read, so the body counts as
    /// sent in any case.
    fn exchange(&self, request: http::Request<RequestBody>) -> Exchange {
        let request = request.map(RequestBody::into_bytes);
        self.service.exchange(request, self.connection())
    }
}

impl Service {
    /// Returns a builder of a client without a socket, with this service's credentials, clock and
    /// an [`InProcess`] transport. Each of these can be overridden. Its limiter has no warm-up,
    /// because a new emulator has not counted any start yet.
    ///
    /// # Errors
    /// Returns an error if the service's endpoint is invalid, which would be a bug of the emulator.
    pub fn client(&self) -> Result<ClientBuilder, Error> {
        let account = &self.0.accounts.default;
        let credentials = Credentials::new(&account.secret_id, &account.secret_key.0);
        let credentials = match &account.token {
            Some(token) => credentials.with_token(&token.text.0),
            None => credentials,
        };
        Ok(Client::builder()
            .credentials(credentials)
            .endpoint(Endpoint::parse(self.endpoint())?)
            .transport(InProcess::new(self.clone()))
            .limiter(LocalLimiter::without_warm_up(self.0.clock.clone()))
            .clock(self.0.clock.clone()))
    }
}

impl Transport for InProcess {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let cleared = self.service.0.cleared.subscribe();
            let exchange = self.exchange(request);
            let clock = &self.service.0.clock;
            exchange.delayed(cleared, clock).await;
            let response = exchange.delivery.into_pieces(clock).ok_or_else(broken)?;
            Ok(response.map(|pieces| {
                ResponseBody::new(InProcessBody {
                    pieces,
                    idle: self.idle.clone(),
                })
            }))
        })
    }
}

/// A body in transit. Returns its connection to the pool when it is read to the end.
struct InProcessBody {
    pieces: Pieces,
    idle: Arc<AtomicUsize>,
}

impl Chunks for InProcessBody {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>> {
        self.pieces.poll_next(cx).map(|piece| match piece {
            Piece::Data(data) => Ok(Some(data)),
            Piece::End => Ok(None),
            Piece::Broken => Err(broken()),
        })
    }
}

impl Drop for InProcessBody {
    fn drop(&mut self) {
        if self.pieces.is_complete() {
            self.idle.fetch_add(1, Ordering::AcqRel);
        }
    }
}

fn broken() -> TransportError {
    TransportError::new(
        TransportErrorKind::Interrupted,
        "the emulator ended the connection",
    )
}

//! The service on a socket: HTTP/1.1 with bounds on everything that a client can send.

mod connection;
mod timer;

use std::{error::Error, pin::pin, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mps_core::clock::{Clock, timeout};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use self::{
    connection::{ConnectionControl, Outgoing, Socket},
    timer::ClockTimer,
};
use crate::{api::call::MAX_BODY_BYTES, emulator::service::Service};

/// An idle connection is closed after this time, as the service does.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Bytes of a too long body that are read and discarded, so that a client that sends everything
/// before it reads still receives the answer.
const MAX_DISCARDED_BYTES: usize = 64 * 1024 * 1024;
/// Pause after a failed accept, which usually means that no file handle is free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Longest time that a request in progress can delay the end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// A listening server. Stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    accepting: JoinHandle<()>,
    /// Every connection has a receiver: a change, or the end of the sender, makes it finish.
    stopping: watch::Sender<()>,
}

impl Server {
    pub(crate) fn start(listener: TcpListener, service: Service) -> Self {
        let (stopping, stopped) = watch::channel(());
        Self {
            accepting: tokio::spawn(accept(listener, service, stopped)),
            stopping,
        }
    }

    /// Accepts no more connections, and waits for the open ones to finish their request.
    pub(crate) async fn stop(self, clock: &dyn Clock) {
        self.accepting.abort();
        self.stopping.send_replace(());
        if timeout(clock, SHUTDOWN_GRACE, self.stopping.closed())
            .await
            .is_none()
        {
            tracing::warn!("stopped while a request was under way");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, service: Service, stopped: watch::Receiver<()>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, service.clone(), stopped.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                service.0.clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves one connection until either side ends it.
async fn serve(stream: TcpStream, service: Service, mut stopped: watch::Receiver<()>) {
    // Small answers should not wait for an acknowledgement; if this fails, they do.
    let _ = stream.set_nodelay(true);
    let timer = ClockTimer::new(service.0.clock.clone());
    let control = ConnectionControl::default();
    let socket = Socket::new(stream, control.clone());
    let answer = service_fn(move |request| answer(service.clone(), control.clone(), request));
    let connection = http1::Builder::new()
        .timer(timer)
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), answer);
    let mut connection = pin!(connection);
    let mut stop = pin!(async { drop(stopped.changed().await) });
    let mut is_stopping = false;
    let ended = std::future::poll_fn(|cx| {
        if !is_stopping && stop.as_mut().poll(cx).is_ready() {
            is_stopping = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(cx)
    });
    if let Err(error) = ended.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Answers one request. An error ends the connection.
async fn answer(
    service: Service,
    control: ConnectionControl,
    request: Request<Incoming>,
) -> Result<Response<Outgoing>, Box<dyn Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    if service.rejects_early(&head, control.next_request()) {
        return Err(control.reset().into());
    }
    let body = read(body)
        .await
        .inspect_err(|_| service.dropped(&head, None))?;
    let exchange = service.respond(&head, &body);
    let clock = &service.0.clock;
    if !exchange.delay.is_zero() {
        clock.sleep(exchange.delay).await;
    }
    match exchange.delivery.into_pieces(clock) {
        Some(response) => Ok(response.map(|pieces| Outgoing::new(pieces, control))),
        None => Err(control.reset().into()),
    }
}

/// Reads a body, and keeps just enough of a too long one to show that it is.
async fn read(mut body: Incoming) -> Result<Bytes, hyper::Error> {
    let mut kept = BytesMut::new();
    let mut discarded = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let room = (MAX_BODY_BYTES + 1)
            .saturating_sub(kept.len())
            .min(data.len());
        kept.extend_from_slice(data.get(..room).unwrap_or_default());
        discarded += data.len() - room;
        if discarded > MAX_DISCARDED_BYTES {
            break;
        }
    }
    Ok(kept.freeze())
}

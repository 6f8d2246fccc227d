//! The service on a socket: HTTP/1.1 with bounds on everything that a client can send.

mod capacity;
mod connection;
mod connections;
mod timer;
#[cfg(feature = "tls")]
pub(super) mod tls;
#[cfg(not(feature = "tls"))]
#[path = "server/no_tls.rs"]
pub(super) mod tls;

use std::{error::Error, pin::pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mps_core::clock::{Clock, timeout};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use self::{
    connection::{ConnectionControl, Outgoing, Socket},
    connections::{Connections, Slot},
    timer::ClockTimer,
    tls::Tls,
};
use super::{
    either::ends_first,
    service::{Access, Service},
};
use crate::api::control::max_body_bytes;

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

/// Everything that connections share.
#[derive(Clone)]
struct Context {
    service: Service,
    access: Arc<Access>,
    tls: Option<Tls>,
    connections: Connections,
}

impl Server {
    pub(super) fn start(
        listener: TcpListener,
        service: Service,
        access: Access,
        tls: Option<Tls>,
    ) -> Self {
        let (stopping, stopped) = watch::channel(());
        let context = Context {
            service,
            access: Arc::new(access),
            tls,
            connections: Connections::new(capacity::connections()),
        };
        Self {
            accepting: tokio::spawn(accept(listener, context, stopped)),
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

async fn accept(listener: TcpListener, context: Context, stopped: watch::Receiver<()>) {
    loop {
        context.connections.room().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, context.clone(), stopped.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                make_room(&context).await;
            }
        }
    }
}

/// Frees a file handle, which is what a failed accept usually lacks.
async fn make_room(context: &Context) {
    let pause = context.service.0.clock.sleep(ACCEPT_PAUSE);
    if context.connections.close_oldest_idle() {
        ends_first(context.connections.changed(), pause).await;
    } else {
        pause.await;
    }
}

/// Serves one connection until either side ends it, or until it has to make room for another.
async fn serve(stream: TcpStream, context: Context, stopped: watch::Receiver<()>) {
    // Small answers should not wait for an acknowledgement; if this fails, they do.
    let _ = stream.set_nodelay(true);
    let slot = context.connections.open();
    let control = ConnectionControl::default();
    let socket = Socket::new(stream, control.clone());
    let served = serve_socket(socket, &context, control, &slot, stopped);
    if ends_first(slot.closing(), served).await {
        tracing::debug!("closed an idle connection to make room for another");
    }
}

async fn serve_socket(
    socket: Socket,
    context: &Context,
    control: ConnectionControl,
    slot: &Arc<Slot>,
    stopped: watch::Receiver<()>,
) {
    match &context.tls {
        None => serve_http(socket, context, control, slot, stopped).await,
        Some(tls) => {
            let clock = &*context.service.0.clock;
            match timeout(clock, IDLE_TIMEOUT, tls.accept(socket)).await {
                Some(Ok(stream)) => serve_http(stream, context, control, slot, stopped).await,
                Some(Err(error)) => tracing::warn!(%error, "a TLS handshake failed"),
                None => tracing::debug!("a TLS handshake took too long"),
            }
        }
    }
}

async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    context: &Context,
    control: ConnectionControl,
    slot: &Arc<Slot>,
    mut stopped: watch::Receiver<()>,
) {
    let (service, access) = (context.service.clone(), context.access.clone());
    let answer = service_fn(|request| {
        let (service, access) = (service.clone(), access.clone());
        answer(service, access, control.clone(), slot.clone(), request)
    });
    let connection = http1::Builder::new()
        .timer(ClockTimer::new(context.service.0.clock.clone()))
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), answer);
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
    access: Arc<Access>,
    control: ConnectionControl,
    slot: Arc<Slot>,
    request: Request<Incoming>,
) -> Result<Response<Outgoing>, Box<dyn Error + Send + Sync>> {
    let Some(busy) = slot.clone().begin() else {
        return Err(control.reset().into());
    };
    let (head, body) = request.into_parts();
    let clock = &service.0.clock;
    if let Some(response) = Service::refusal(&head, &access) {
        let whole = service.dated(response).delivery.into_pieces(clock);
        let whole = whole.ok_or_else(|| control.reset())?;
        return Ok(whole.map(|pieces| Outgoing::new(pieces, control, busy)));
    }
    if service.rejects_early(&head, control.next_request()) {
        return Err(control.reset().into());
    }
    // A request is in progress once it is complete: until then the connection may be closed to make
    // room, so that clients which do not finish their requests do not keep others out.
    drop(busy);
    let body = read(body, max_body_bytes(head.uri.path()))
        .await
        .inspect_err(|_| service.dropped(&head, None))?;
    let Some(busy) = slot.begin() else {
        service.dropped(&head, None);
        return Err(control.reset().into());
    };
    let cleared = service.0.cleared.subscribe();
    let exchange = service.respond(&head, &body);
    exchange.delayed(cleared, clock).await;
    match exchange.delivery.into_pieces(clock) {
        Some(response) => Ok(response.map(|pieces| Outgoing::new(pieces, control, busy))),
        None => Err(control.reset().into()),
    }
}

/// Reads a body of at most `max_bytes`, and keeps just enough of a longer one to show that it is.
async fn read(mut body: Incoming, max_bytes: usize) -> Result<Bytes, hyper::Error> {
    let mut kept = BytesMut::new();
    let mut discarded = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let room = (max_bytes + 1).saturating_sub(kept.len()).min(data.len());
        kept.extend_from_slice(data.get(..room).unwrap_or_default());
        discarded += data.len() - room;
        if discarded > MAX_DISCARDED_BYTES {
            break;
        }
    }
    Ok(kept.freeze())
}

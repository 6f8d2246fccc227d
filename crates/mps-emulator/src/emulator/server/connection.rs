//! A connection that can be reset or closed at a chosen moment, as faults need it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::connections::Busy;
use crate::{
    http::exchange::{Connection, Piece, Pieces},
    lock::lock,
};

/// The planned end of a connection, shared by its socket and its request handler.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionControl(Arc<State>);

#[derive(Debug, Default)]
struct State {
    plan: AtomicU8,
    requests: AtomicU8,
    /// The last request, from the end of its answer to the flush.
    answered: Mutex<Option<Busy>>,
}

/// Plans other than to continue, which is 0.
const CLOSE_ONCE_FLUSHED: u8 = 1;
const RESET: u8 = 2;

impl ConnectionControl {
    /// Ends the connection with a reset.
    pub(super) fn reset(&self) -> io::Error {
        self.0.plan.store(RESET, Ordering::Release);
        io::ErrorKind::ConnectionReset.into()
    }

    /// Counts a request and returns whether the connection had one before.
    pub(super) fn next_request(&self) -> Connection {
        match self.0.requests.fetch_max(1, Ordering::AcqRel) {
            0 => Connection::Fresh,
            _ => Connection::Reused,
        }
    }

    /// Ends a request with the next flush: until then its answer may not be on the wire.
    fn answered(&self, request: Busy) {
        *lock(&self.0.answered) = Some(request);
    }

    fn flushed(&self) {
        drop(lock(&self.0.answered).take());
    }

    fn close_once_flushed(&self) {
        self.0.plan.store(CLOSE_ONCE_FLUSHED, Ordering::Release);
    }

    fn is(&self, plan: u8) -> bool {
        self.0.plan.load(Ordering::Acquire) == plan
    }
}

/// A socket that ends as planned by its [`ConnectionControl`].
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    control: ConnectionControl,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, control: ConnectionControl) -> Self {
        Self { stream, control }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.control.is(RESET) {
            // Without this option the connection still ends, but not with a reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Hyper flushes after it has written everything it was given. That is the moment to end a
    /// connection whose body is to be cut.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.control.is(CLOSE_ONCE_FLUSHED) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let control = self.control.clone();
        let flushed = self.stream().poll_flush(cx);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            control.flushed();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.control.is(RESET) {
            return Poll::Ready(Ok(()));
        }
        self.stream().poll_shutdown(cx)
    }
}

/// A body in transit to the client.
pub(super) struct Outgoing {
    pieces: Pieces,
    control: ConnectionControl,
    request: Option<Busy>,
}

impl Outgoing {
    pub(super) fn new(pieces: Pieces, control: ConnectionControl, request: Busy) -> Self {
        Self {
            pieces,
            control,
            request: Some(request),
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.control.answered(request);
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.pieces.poll_next(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Piece::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Poll::Ready(Piece::End) => Poll::Ready(None),
            // An error would end the connection before the written bytes are on the wire. The flush
            // that follows immediately ends it after them.
            Poll::Ready(Piece::Broken) => {
                self.control.close_once_flushed();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_complete()
    }

    fn size_hint(&self) -> SizeHint {
        self.pieces
            .announced()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

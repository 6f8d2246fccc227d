//! Transports: one small trait, so that the HTTP library can be replaced or scripted.

use std::{
    error, fmt,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;

use crate::{BoxFuture, error::BoxError};

mod confined;
mod host_scope;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(any(test, feature = "test-util"))]
mod scripted;

#[cfg(feature = "reqwest")]
pub use self::reqwest::{ReqwestTransport, ReqwestTransportBuilder};
#[cfg(any(test, feature = "test-util"))]
pub use self::scripted::{Reply, ScriptedTransport};
pub use self::{confined::Confined, host_scope::HostScope};

/// Sends one request and returns the head of its response; the body follows in pieces.
///
/// An implementation must not repeat a request by itself, must take the body with
/// [`RequestBody::into_bytes`] no earlier than it starts to write, and must not follow redirects.
/// Every HTTP status is a response; only the lack of a response is an error.
///
/// A request with a [`HostScope`] among its extensions is for a host that an answer named. It must
/// connect to addresses within that scope only, which can be decided no earlier than after the name
/// is resolved.
///
/// # Examples
/// For example, a transport that counts requests:
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use mps_core::{BoxFuture, transport::{RequestBody, ResponseBody, Transport, TransportError}};
///
/// #[derive(Debug)]
/// struct Counting<T>(T, AtomicU64);
///
/// impl<T: Transport> Transport for Counting<T> {
///     fn send(
///         &self,
///         request: http::Request<RequestBody>,
///     ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
///         self.1.fetch_add(1, Ordering::Relaxed);
///         self.0.send(request)
///     }
/// }
/// ```
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends `request` and returns the response once its head was received. Not retried.
    ///
    /// # Errors
    /// Fails with a [`TransportError`] if no response is received.
    ///
    /// # Cancel safety
    /// Dropping the future abandons the request. The request may have been sent, which
    /// [`RequestBody::was_taken`] shows.
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        (**self).send(request)
    }
}

/// A request's body, which records whether a transport began to write it.
///
/// This record proves that no byte left the machine: a transport takes the body only after it has a
/// connection, and flushes no part of a request before it has taken the body.
#[derive(Clone)]
pub struct RequestBody {
    shared: Arc<Shared>,
}

/// A body and its state, shared by all clones.
struct Shared {
    bytes: Bytes,
    state: AtomicU8,
}

/// States of a request's body.
mod body_state {
    /// Not taken.
    pub(super) const WAITING: u8 = 0;
    /// The bytes were taken and count as sent.
    pub(super) const TAKEN: u8 = 1;
    /// The request was given up before anything was taken.
    pub(super) const REVOKED: u8 = 2;
}

impl RequestBody {
    /// Returns a body that is not taken yet.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let shared = Shared {
            bytes: bytes.into(),
            state: AtomicU8::new(body_state::WAITING),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Takes the bytes, which count as sent from now on.
    ///
    /// Returns no bytes when the caller gave the request up before: then nothing may be sent, see
    /// [`is_revoked`](Self::is_revoked).
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        if self.leave_waiting(body_state::TAKEN) || self.was_taken() {
            self.shared.bytes.clone()
        } else {
            Bytes::new()
        }
    }

    /// Returns whether the caller gave the request up before its bytes were taken. A transport that
    /// has not written anything yet must not send such a request.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.shared.state.load(Ordering::Acquire) == body_state::REVOKED
    }

    /// Gives the request up, unless its bytes were taken already; returns whether that is so: if
    /// `true`, no byte of it has left and none will.
    pub(crate) fn revoke(&self) -> bool {
        self.leave_waiting(body_state::REVOKED) || self.is_revoked()
    }

    fn leave_waiting(&self, state: u8) -> bool {
        let change = self.shared.state.compare_exchange(
            body_state::WAITING,
            state,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        change.is_ok()
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.bytes.len()
    }

    /// Returns `true` if there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shared.bytes.is_empty()
    }

    /// Returns `true` if the bytes were taken, from this value or a clone of it.
    #[must_use]
    pub fn was_taken(&self) -> bool {
        self.shared.state.load(Ordering::Acquire) == body_state::TAKEN
    }
}

impl fmt::Debug for RequestBody {
    // Its text may hold a prompt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody")
            .field("bytes", &self.len())
            .field("was_taken", &self.was_taken())
            .finish()
    }
}

/// The body of a response, in pieces, so that its size can be limited and a file streamed.
pub struct ResponseBody(Box<dyn Chunks>);

/// A source of the pieces of a body.
///
/// Polled, and not a future for each piece, so that a piece costs no allocation and none is lost with a future that is
/// dropped.
pub trait Chunks: Send {
    /// Returns the next piece, or `None` at the end, once it was received. Returns `Pending` before, and wakes the
    /// task of `cx` then.
    ///
    /// # Errors
    /// Fails with a [`TransportError`] if the connection breaks before the announced end.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>>;
}

impl ResponseBody {
    /// Returns a body that reads from `chunks`.
    #[must_use]
    pub fn new(chunks: impl Chunks + 'static) -> Self {
        Self(Box::new(chunks))
    }

    /// Returns the next piece, or `None` at the end.
    ///
    /// # Errors
    /// Fails with a [`TransportError`] if the connection breaks before the announced end.
    ///
    /// # Cancel safety
    /// Dropping the future loses no piece.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        poll_fn(|cx| self.0.poll_next(cx)).await
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseBody")
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        Self::new(Whole(Some(bytes)))
    }
}

/// A body in memory, in one piece.
struct Whole(Option<Bytes>);

impl Chunks for Whole {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>> {
        Poll::Ready(Ok(self.0.take()))
    }
}

/// The reason why no response, or only a part of it, arrived.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: BoxError,
}

/// The step at which a transport failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The request was invalid or not allowed.
    Request,
    /// No connection: unknown host, refused, failed TLS handshake, or timeout.
    Connect,
    /// The connection broke after it was established.
    Interrupted,
}

impl TransportError {
    /// Returns an error for a failure at the step `kind`, caused by `source`.
    pub fn new(
        kind: TransportErrorKind,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// Returns the step that failed.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Request => "the request could not be sent",
            TransportErrorKind::Connect => "no connection could be made",
            TransportErrorKind::Interrupted => {
                "the connection broke before the whole answer arrived"
            }
        })
    }
}

impl error::Error for TransportError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.source)
    }
}

//! A transport with a list of replies, for tests.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

use bytes::Bytes;

use super::{Chunks, RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind};
use crate::{BoxFuture, sync::lock};

/// A transport that answers each request with the next [`Reply`] of a script and records the
/// requests.
///
/// A request after the end of the script fails like a refused connection. Clones share one script.
///
/// # Examples
/// ```
/// use mps_core::transport::{Reply, ScriptedTransport};
///
/// let transport = ScriptedTransport::new([
///     Reply::connect_error(),
///     Reply::json(r#"{"Response":{"TaskId":"1","RequestId":"r"}}"#),
/// ]);
/// assert!(transport.requests().is_empty());
/// ```
#[derive(Clone)]
pub struct ScriptedTransport(Arc<Mutex<Script>>);

struct Script {
    replies: VecDeque<Reply>,
    requests: Vec<http::Request<Bytes>>,
}

/// One scripted reply, or a failure.
pub struct Reply(Outcome);

enum Outcome {
    Answer(http::Response<Bytes>),
    CutAfter(http::Response<Bytes>),
    Fails(TransportErrorKind),
    NeverComes,
}

impl Reply {
    /// Returns HTTP 200 with a JSON body.
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::answer(200, "application/json", body)
    }

    /// Returns an error of the service: HTTP 200 with `Error` in the envelope.
    #[must_use]
    pub fn service_error(code: &str, message: &str) -> Self {
        let error = serde_json::json!({"Code": code, "Message": message});
        let envelope = serde_json::json!({"Response": {"Error": error, "RequestId": "scripted"}});
        Self::json(envelope.to_string())
    }

    /// Returns a response with any status, content type and body.
    pub fn answer(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut response = http::Response::new(body.into());
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        Self(Outcome::Answer(response)).header("content-type", content_type)
    }

    /// Adds a header to a response. Ignored for a failure or a malformed header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Outcome::Answer(response) | Outcome::CutAfter(response) = &mut self.0
            && let Ok(value) = http::HeaderValue::from_str(value)
        {
            response.headers_mut().insert(name, value);
        }
        self
    }

    /// Breaks the connection after the body was received.
    #[must_use]
    pub fn then_cut(self) -> Self {
        match self.0 {
            Outcome::Answer(response) => Self(Outcome::CutAfter(response)),
            other => Self(other),
        }
    }

    /// Fails without a connection: the body is not taken.
    #[must_use]
    pub fn connect_error() -> Self {
        Self(Outcome::Fails(TransportErrorKind::Connect))
    }

    /// Breaks the connection after the request was written.
    #[must_use]
    pub fn reset() -> Self {
        Self(Outcome::Fails(TransportErrorKind::Interrupted))
    }

    /// Takes the request and never replies.
    #[must_use]
    pub fn silence() -> Self {
        Self(Outcome::NeverComes)
    }
}

impl ScriptedTransport {
    /// Returns a transport with `replies` in this order.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(Arc::new(Mutex::new(Script {
            replies: replies.into_iter().collect(),
            requests: Vec::new(),
        })))
    }

    /// Returns every request whose bytes were taken, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<http::Request<Bytes>> {
        self.script().requests.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.0)
    }

    fn next(&self, request: http::Request<RequestBody>) -> Outcome {
        let mut script = self.script();
        let outcome = match script.replies.pop_front() {
            Some(Reply(outcome)) => outcome,
            None => Outcome::Fails(TransportErrorKind::Connect),
        };
        if !matches!(outcome, Outcome::Fails(TransportErrorKind::Connect)) {
            script.requests.push(request.map(RequestBody::into_bytes));
        }
        outcome
    }
}

impl Transport for ScriptedTransport {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let outcome = self.next(request);
        Box::pin(async move {
            match outcome {
                Outcome::Answer(response) => Ok(response.map(ResponseBody::from)),
                Outcome::CutAfter(response) => {
                    Ok(response.map(|body| ResponseBody::new(Cut(Some(body)))))
                }
                Outcome::Fails(kind) => Err(TransportError::new(kind, "scripted")),
                Outcome::NeverComes => std::future::pending().await,
            }
        })
    }
}

impl fmt::Debug for ScriptedTransport {
    // Requests and responses may contain prompts and signed URLs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let script = self.script();
        f.debug_struct("ScriptedTransport")
            .field("replies", &script.replies.len())
            .field("requests", &script.requests.len())
            .finish()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Outcome::Answer(answer) => write!(f, "Reply({})", answer.status()),
            Outcome::CutAfter(answer) => write!(f, "Reply({}, cut)", answer.status()),
            Outcome::Fails(step) => write!(f, "Reply({step:?})"),
            Outcome::NeverComes => f.write_str("Reply(never)"),
        }
    }
}

/// A body whose connection breaks after its first piece.
pub(super) struct Cut(pub(super) Option<Bytes>);

impl Chunks for Cut {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>> {
        let piece = self.0.take().map(Some);
        let broken = || TransportError::new(TransportErrorKind::Interrupted, "scripted");
        Poll::Ready(piece.ok_or_else(broken))
    }
}

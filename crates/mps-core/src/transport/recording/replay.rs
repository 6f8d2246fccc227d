//! A transport that answers from a recording.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Answered, Asked, Exchange, Outcome, Recording, recorder::whole_or_cut};
use crate::{
    BoxFuture,
    transport::{RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind},
};

/// Plays a [`Recording`] back: each request has to be the next one that was recorded, by method,
/// path, action, version and body, and meets what that one met.
///
/// Any other request fails with [`ErrorKind::Config`](crate::ErrorKind::Config), whose source says
/// what was expected; the recording stays where it is. Times, keys and hosts may differ. Clones
/// play one recording.
#[derive(Clone)]
pub struct Replay(Arc<Mutex<State>>);

struct State {
    exchanges: VecDeque<Exchange>,
    played: usize,
}

impl Replay {
    /// Plays `recording` from its beginning.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        Self(Arc::new(Mutex::new(State {
            exchanges: recording.0.into(),
            played: 0,
        })))
    }

    /// How many exchanges have not been played; a test that expects them all asserts 0.
    #[must_use]
    pub fn left(&self) -> usize {
        self.state().exchanges.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self, asked: &Asked) -> Result<Exchange, TransportError> {
        let number = self.played + 1;
        let Some(expected) = self.exchanges.front() else {
            let played = self.played;
            return refuse(format!(
                "the recording ends after {played} exchanges, before {asked}"
            ));
        };
        if expected.request != *asked {
            let expected = &expected.request;
            return refuse(format!(
                "exchange {number} of the recording is {expected}, not {asked}"
            ));
        }
        self.played = number;
        let ended = || TransportError::new(TransportErrorKind::Request, "the recording ends");
        self.exchanges.pop_front().ok_or_else(ended)
    }
}

fn refuse<T>(why: String) -> Result<T, TransportError> {
    Err(TransportError::new(TransportErrorKind::Request, why))
}

impl Transport for Replay {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let exchange = self.state().next(&Asked::of(&request));
        Box::pin(async move {
            let exchange = exchange?;
            if exchange.sent {
                // As it was when it was recorded: bytes may have left.
                drop(request.into_body().into_bytes());
            }
            match exchange.outcome {
                Outcome::Answer(answered) => answered.response(),
                Outcome::Failure(step) => Err(TransportError::new(step.into(), "recorded")),
                Outcome::Silence => std::future::pending().await,
            }
        })
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replay({} exchanges left)", self.left())
    }
}

impl Answered {
    fn response(self) -> Result<http::Response<ResponseBody>, TransportError> {
        let malformed = || {
            let why = "the recording has an answer that HTTP does not allow";
            TransportError::new(TransportErrorKind::Request, why)
        };
        let body = self.body.bytes().ok_or_else(malformed)?;
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response
            .body(whole_or_cut(body, self.cut))
            .map_err(|_| malformed())
    }
}

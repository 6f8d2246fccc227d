//! A transport that writes down what goes over another one.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header, response};

use super::{Answered, Asked, Content, Exchange, Outcome, Recording};
use crate::{
    BoxFuture,
    transport::{RequestBody, ResponseBody, Transport, TransportError, scripted::Cut},
};

/// What a client looks at. Others, such as cookies, are nobody's business.
const HEADERS: [header::HeaderName; 8] = [
    header::ACCEPT_RANGES,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_TYPE,
    header::DATE,
    header::ETAG,
    header::LAST_MODIFIED,
    header::RETRY_AFTER,
];

/// Passes every request on to another transport, and writes down what comes back.
///
/// Answers are read to their end before they are handed on, so this is for tests, not for large
/// files. Clones write into one [`Recording`].
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use mps_core::{Client, credentials::Credentials, transport::{Recorder, Replay, ScriptedTransport}};
/// # let real = ScriptedTransport::new([]);
///
/// let recorder = Recorder::new(real);
/// let client = Client::builder()
///     .credentials(Credentials::new("AKIDEXAMPLE", "not a real key"))
///     .transport(recorder.clone())
///     .build()?;
/// // ... calls ...
/// std::fs::write("calls.jsonl", recorder.recording().to_json_lines())?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Recorder<T> {
    inner: T,
    entries: Arc<Mutex<Vec<Entry>>>,
}

struct Entry {
    exchange: Exchange,
    /// Knows whether it was taken.
    body: RequestBody,
}

impl<T> Recorder<T> {
    /// Writes down what goes over `inner`.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            entries: Arc::default(),
        }
    }

    /// What was written down so far.
    #[must_use]
    pub fn recording(&self) -> Recording {
        let exchange = |entry: &Entry| Exchange {
            sent: entry.body.was_taken(),
            ..entry.exchange.clone()
        };
        Recording(self.entries().iter().map(exchange).collect())
    }

    fn begin(&self, request: &http::Request<RequestBody>) -> usize {
        let mut entries = self.entries();
        entries.push(Entry {
            exchange: Exchange {
                request: Asked::of(request),
                sent: false,
                outcome: Outcome::Silence,
            },
            body: request.body().clone(),
        });
        entries.len() - 1
    }

    fn end(&self, index: usize, outcome: Outcome) {
        if let Some(entry) = self.entries().get_mut(index) {
            entry.exchange.outcome = outcome;
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Transport for Recorder<T> {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let index = self.begin(&request);
            let response = match self.inner.send(request).await {
                Ok(response) => response,
                Err(error) => {
                    self.end(index, Outcome::Failure(error.kind().into()));
                    return Err(error);
                }
            };
            let (head, body) = response.into_parts();
            let (body, cut) = read(body).await;
            let answered = written_down(&head, &body, cut);
            self.end(index, Outcome::Answer(answered));
            Ok(http::Response::from_parts(head, whole_or_cut(body, cut)))
        })
    }
}

/// What arrives of a body, and whether its end was missing.
async fn read(mut body: ResponseBody) -> (Bytes, bool) {
    let mut read = BytesMut::new();
    loop {
        match body.chunk().await {
            Ok(Some(chunk)) => read.extend_from_slice(&chunk),
            Ok(None) => return (read.freeze(), false),
            Err(_) => return (read.freeze(), true),
        }
    }
}

pub(super) fn whole_or_cut(body: Bytes, cut: bool) -> ResponseBody {
    if cut {
        ResponseBody::new(Cut(Some(body)))
    } else {
        body.into()
    }
}

fn written_down(head: &response::Parts, body: &Bytes, cut: bool) -> Answered {
    let (content, mut headers) = (Content::of(body), kept(&head.headers));
    if content.bytes().as_ref() != Some(body) {
        // A query was cut off, and the length with it.
        headers.remove(header::CONTENT_LENGTH.as_str());
    }
    Answered {
        status: head.status.as_u16(),
        headers,
        body: content,
        cut,
    }
}

fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |name: &header::HeaderName| {
        let value = headers.get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    };
    HEADERS.iter().filter_map(text).collect()
}

impl<T: fmt::Debug> fmt::Debug for Recorder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("inner", &self.inner)
            .field("recording", &self.recording())
            .finish_non_exhaustive()
    }
}

//! The way from the bytes of an answer to its body, or to an error that keeps everything it says.
//!
//! The service answers HTTP 200 with `{"Response":{…,"RequestId":…}}`, errors included: those have
//! the member `Error`. Any other answer is from a proxy or a gateway.

use std::{borrow::Cow, mem, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, header};
use mps_models::{
    Effect,
    service::{self, Executed},
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, value::MapDeserializer},
};
use serde_json::{Value, value::RawValue};

use crate::{
    error::{Dispatch, Error, ErrorKind},
    retry,
    text::escaped,
    transport::{ResponseBody, TransportError},
};

mod head;
mod plain;

use self::{
    head::{Head, Members, ServiceError},
    plain::Plain,
};

/// Longest part of an unusable answer that an error keeps, in bytes.
const EXCERPT_BYTES: usize = 2_048;
/// Longest id that is reported, in characters.
const ID_CHARS: usize = 200;

const TASK_ID: &str = "TaskId";

/// A whole answer, still closed.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer whose envelope says that the action was executed.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) request_id: Option<String>,
    /// The task id, if the response has no member but the ids. Taken when the body is decoded.
    only_task_id: Option<String>,
    /// The whole envelope, which is valid.
    envelope: Bytes,
    status: StatusCode,
}

impl Received {
    /// Reads a body to its end, or until it grows past `cap` bytes.
    pub(crate) async fn read(
        mut response: http::Response<ResponseBody>,
        cap: usize,
    ) -> Result<Self, Error> {
        let status = response.status();
        // Most bodies are one piece, which is not copied.
        let mut first = Bytes::new();
        let mut body = Vec::new();
        loop {
            let received: &[u8] = if body.is_empty() { &first } else { &body };
            match response.body_mut().chunk().await {
                Ok(Some(chunk)) if received.len() + chunk.len() > cap => {
                    return Err(too_large(status, received, cap));
                }
                Ok(Some(chunk)) if received.is_empty() => first = chunk,
                Ok(Some(chunk)) => {
                    body.extend_from_slice(&mem::take(&mut first));
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => break,
                Err(error) => return Err(cut(status, received, error)),
            }
        }
        let body = if body.is_empty() { first } else { body.into() };
        Ok(Self {
            status,
            headers: mem::take(response.headers_mut()),
            body,
        })
    }

    /// Opens the envelope of an answer to a call with this effect.
    ///
    /// A readable envelope counts whatever the status and the content type are, because a proxy that
    /// rewrites a header must not cost a task id. An answer that contradicts itself is no answer: it
    /// leaves a call that is not a read in doubt, and its error keeps the task id.
    pub(crate) fn open(&self, effect: Effect) -> Result<Answer, Error> {
        // Nearly every answer. What is unusual about another one is found out below.
        if let Some(plain) = Plain::read(&self.body) {
            return Ok(Answer {
                only_task_id: plain.only_task_id.map(Cow::into_owned),
                ..self.answer(plain.request_id.map(Cow::into_owned))
            });
        }
        self.open_unusual(effect)
    }

    fn open_unusual(&self, effect: Effect) -> Result<Answer, Error> {
        let Some(envelope) = Members::read(&self.body) else {
            return Err(self.not_json());
        };
        let responses: Vec<_> = envelope.all("Response").collect();
        match responses[..] {
            [] => Err(self.not_an_envelope("the answer has no Response")),
            [only] if only.get() == "null" => {
                Err(self.not_an_envelope("the answer has no Response"))
            }
            [only] => self.open_response(only, effect),
            _ => {
                let message = format!("the answer has {} Response members", responses.len());
                Err(self.unusable(&message))
            }
        }
    }

    fn open_response(&self, response: &RawValue, effect: Effect) -> Result<Answer, Error> {
        let Some(head) = Head::read(response) else {
            let message = "the answer's Response does not have the service's form";
            return Err(self.not_an_envelope(message));
        };
        if effect != Effect::Read
            && let Some(error) = self.contradiction(&head)
        {
            return Err(error);
        }
        let mut errors = head.errors.into_iter();
        match (errors.next(), errors.next()) {
            (None, _) => Ok(self.answer(head.request_id)),
            (Some(error), None) => Err(self.refused(&error, head.request_id)),
            (Some(_), Some(_)) => Err(self.unusable("the answer has two errors")),
        }
    }

    fn answer(&self, request_id: Option<String>) -> Answer {
        Answer {
            request_id: request_id.map(|id| escaped(id, ID_CHARS)),
            only_task_id: None,
            envelope: self.body.clone(),
            status: self.status,
        }
    }

    /// Returns the error of an answer that says two things about a task at once.
    fn contradiction(&self, head: &Head) -> Option<Error> {
        let error = match (&head.errors[..], &head.task_ids[..]) {
            ([], []) if head.has_empty_task_id => self.unusable("the answer has an empty task id"),
            ([], [] | [_]) | ([_], []) => return None,
            ([], ids) => self.unusable(&format!("the answer has {} task ids", ids.len())),
            ([error, ..], ids) => {
                let (code, message) = error.parts();
                let found = match ids {
                    [] => "two errors",
                    _ => "an error and a task id",
                };
                let message = format!("the answer has {found}: {}", one_line(message));
                self.with_evidence(Error::new(ErrorKind::Service, message))
                    .with_dispatch(Dispatch::Unknown)
                    .with_code(code.to_owned())
            }
        };
        Some(
            error
                .with_request_id(head.request_id.clone())
                .with_task_id(head.task_ids.first().cloned()),
        )
    }

    /// Returns the `Date` of the answer.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        retry::date(&self.headers)
    }

    fn header(&self, name: HeaderName) -> Option<&str> {
        retry::text(&self.headers, name)
    }

    fn refused(&self, error: &ServiceError, request_id: Option<String>) -> Error {
        let (code, message) = error.parts();
        Error::new(ErrorKind::Service, one_line(message))
            .with_dispatch(dispatch_of(code))
            .with_code(code.to_owned())
            .with_request_id(request_id)
            .with_http_status(self.status)
    }

    fn not_json(&self) -> Error {
        if self.claims_json() {
            return self.not_an_envelope("the answer is not the JSON that the service sends");
        }
        let content_type = self.content_type();
        self.not_an_envelope(&format!("the answer is {content_type}, not JSON"))
    }

    /// Gateways answer in JSON too; their status differs from the service's.
    fn not_an_envelope(&self, what: &str) -> Error {
        if self.status.is_success() {
            self.unusable(what)
        } else {
            self.gateway_answer()
        }
    }

    /// The service itself always answers 200, so another status is from a gateway.
    fn gateway_answer(&self) -> Error {
        let message = format!("something in between answered with HTTP {}", self.status);
        self.with_evidence(Error::new(ErrorKind::Gateway, message))
            .with_dispatch(dispatch_of_gateway(self.status))
            .with_hint("a proxy, a gateway or a firewall may stand in the way")
    }

    fn unusable(&self, message: &str) -> Error {
        self.with_evidence(Error::new(ErrorKind::Decode, message))
            .with_dispatch(Dispatch::Unknown)
    }

    fn with_evidence(&self, error: Error) -> Error {
        error
            .with_http_status(self.status)
            .with_request_id(text_in(&self.body, "RequestId"))
            .with_task_id(text_in(&self.body, "TaskId"))
            .with_excerpt(excerpt(&self.body))
    }

    fn content_type(&self) -> &str {
        self.header(header::CONTENT_TYPE)
            .unwrap_or("of no stated type")
    }

    fn claims_json(&self) -> bool {
        self.content_type().to_ascii_lowercase().contains("json")
    }
}

/// An envelope with a response of a known type.
#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(rename = "Response")]
    response: T,
}

impl Answer {
    fn envelope(&self) -> &str {
        // Text, or it would not have been opened.
        str::from_utf8(&self.envelope).unwrap_or_default()
    }

    /// Returns the response as the service wrote it.
    pub(crate) fn response(&self) -> Box<RawValue> {
        let envelope = serde_json::from_str::<Envelope<Box<RawValue>>>(self.envelope());
        // Never fails, since the envelope was opened.
        envelope.map_or_else(|_| Box::default(), |envelope| envelope.response)
    }

    /// Decodes the body.
    ///
    /// An error here does not undo the call: it was executed, and the error keeps the beginning of
    /// the answer.
    pub(crate) fn decode<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        // Most answers to a create: responses do not keep `RequestId`, so the task id is the whole body.
        if let Some(id) = self.only_task_id.take() {
            let members = [(TASK_ID, Value::String(id))].into_iter();
            if let Ok(response) = T::deserialize(MapDeserializer::new(members)) {
                return Ok(response);
            }
        }
        if let Ok(whole) = serde_json::from_str::<Envelope<T>>(self.envelope()) {
            return Ok(whole.response);
        }
        let response = self.response();
        let json = response.get();
        serde_json::from_str(json).map_err(|error| {
            // Tracking the path is expensive, so it is done only after an error.
            let mut again = serde_json::Deserializer::from_str(json);
            let again = serde_path_to_error::deserialize::<_, T>(&mut again);
            let path = again.err().map(|error| error.path().to_string());
            let path = path.unwrap_or_else(|| ".".to_owned());
            let message = format!("the answer does not fit its type at {path}");
            Error::new(ErrorKind::Decode, message)
                .with_dispatch(Dispatch::Executed)
                .with_request_id(self.request_id.clone())
                .with_task_id(task_id_of(&response))
                .with_http_status(self.status)
                .with_json_path(path)
                .with_excerpt(excerpt(json.as_bytes()))
                .with_source(error)
        })
    }
}

/// Returns whether a code says that the action was executed. An unknown code leaves that open.
fn dispatch_of(code: &str) -> Dispatch {
    match service::error_code(code).map(|known| known.executed) {
        Some(Executed::No) => Dispatch::Refused,
        Some(Executed::Yes) => Dispatch::Executed,
        _ => Dispatch::Unknown,
    }
}

/// A gateway that rejects a request (4xx) did not forward it. One that gave up waiting (408, and
/// nginx's 499) may have forwarded it.
pub(crate) fn dispatch_of_gateway(status: StatusCode) -> Dispatch {
    const CLIENT_CLOSED_REQUEST: u16 = 499; // nginx's own
    match status.as_u16() {
        408 | CLIENT_CLOSED_REQUEST => Dispatch::Unknown,
        400..500 => Dispatch::Refused,
        _ => Dispatch::Unknown,
    }
}

fn too_large(status: StatusCode, body: &[u8], cap: usize) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        format!("the answer is larger than {cap} bytes"),
    )
    .with_dispatch(Dispatch::Unknown)
    .with_http_status(status)
    .with_request_id(text_in(body, "RequestId"))
    .with_task_id(text_in(body, "TaskId"))
    .with_excerpt(excerpt(body))
    .with_hint("raise the client's response cap if answers are meant to be this large")
}

fn cut(status: StatusCode, body: &[u8], error: TransportError) -> Error {
    let message = format!("the answer was cut off after {} bytes", body.len());
    Error::new(ErrorKind::Interrupted, message)
        .with_dispatch(Dispatch::Unknown)
        .with_http_status(status)
        .with_request_id(text_in(body, "RequestId"))
        .with_task_id(text_in(body, "TaskId"))
        .with_excerpt(excerpt(body))
        .with_source(error)
}

/// Returns the first text of a member in a body that does not parse, such as one that was cut off,
/// or that contradicts itself.
fn text_in(body: &[u8], member: &str) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let name = format!("\"{member}\"");
    text.match_indices(&name).find_map(|(at, _)| {
        let after = text.get(at + name.len()..)?.trim_start();
        let value = after.strip_prefix(':')?.trim_start().strip_prefix('"')?;
        let (value, _) = value.split_once('"')?;
        (!value.trim().is_empty()).then(|| value.to_owned())
    })
}

/// Returns the task id at the top of an answer, as the service wrote it: a later call needs it whole.
pub(crate) fn task_id_of(response: &RawValue) -> Option<String> {
    Head::read(response)?.task_ids.into_iter().next()
}

fn excerpt(body: &[u8]) -> String {
    let kept = body.get(..EXCERPT_BYTES).unwrap_or(body);
    String::from_utf8_lossy(kept).into_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;

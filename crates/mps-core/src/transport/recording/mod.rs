//! Exchanges written down, and played back.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{RequestBody, TransportErrorKind};
use crate::error::{Error, ErrorKind};

mod recorder;
mod replay;
mod urls;

pub use self::{recorder::Recorder, replay::Replay};

/// What went over a transport, in the order in which requests set out: to be kept as JSON lines
/// beside a test, and played back by [`Replay`].
///
/// Of a request it holds action, version, method, path, and the hash of its body: no key, token,
/// signature or prompt. Answers are kept as they came, so look at them before you publish them,
/// but for the queries of URLs in them, which sign the results: these are cut off.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Recording(Vec<Exchange>);

impl Recording {
    /// Number of exchanges.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One JSON object a line, each ended.
    #[must_use]
    pub fn to_json_lines(&self) -> String {
        let line = |exchange| serde_json::to_string(exchange).map(|line| line + "\n");
        // Maps with names for keys, numbers and text: nothing that JSON could not write.
        self.0
            .iter()
            .filter_map(|exchange| line(exchange).ok())
            .collect()
    }

    /// Reads what [`to_json_lines`](Self::to_json_lines) wrote; empty lines are passed over.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] with the number of the first line that is no exchange.
    pub fn from_json_lines(text: &str) -> Result<Self, Error> {
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim().is_empty());
        let exchange = |(index, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|error| {
                let message = format!("line {} of the recording is no exchange", index + 1);
                Error::new(ErrorKind::Config, message)
                    .with_hint("record it again")
                    .with_source(error)
            })
        };
        lines.map(exchange).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Debug for Recording {
    // Answers may repeat prompts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recording({} exchanges)", self.len())
    }
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    request: Asked,
    /// Whether the body was taken, so that bytes may have left.
    sent: bool,
    outcome: Outcome,
}

/// What tells one request from another.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    method: String,
    /// Without host and query: hosts differ between machines, and queries sign results.
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    body_sha256: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Outcome {
    Answer(Answered),
    Failure(Step),
    /// The caller gave up first, or nothing has come yet.
    Silence,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Content,
    /// Whether the connection broke before the end of the body.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Content {
    Text(String),
    /// What is not text, such as a picture.
    Hex(String),
}

/// [`TransportErrorKind`] in a file.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Request,
    Connect,
    Interrupted,
}

impl Asked {
    fn of(request: &http::Request<RequestBody>) -> Self {
        let header = |name| {
            let value = request.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        Self {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            action: header("x-tc-action"),
            version: header("x-tc-version"),
            // Looked at, not taken: only the transport says when bytes leave.
            body_sha256: hex::encode(Sha256::digest(&request.body().bytes)),
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.action.as_deref().unwrap_or("no action");
        let (method, path, hash) = (&self.method, &self.path, &self.body_sha256);
        write!(f, "{name} ({method} {path}, body sha256 {hash})")
    }
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(urls::without_queries(text)),
            Err(_) => Self::Hex(hex::encode(bytes)),
        }
    }

    fn bytes(&self) -> Option<Bytes> {
        match self {
            Self::Text(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
            Self::Hex(digits) => hex::decode(digits).ok().map(Bytes::from),
        }
    }
}

impl From<TransportErrorKind> for Step {
    fn from(kind: TransportErrorKind) -> Self {
        match kind {
            TransportErrorKind::Request => Self::Request,
            TransportErrorKind::Connect => Self::Connect,
            TransportErrorKind::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Step> for TransportErrorKind {
    fn from(step: Step) -> Self {
        match step {
            Step::Request => Self::Request,
            Step::Connect => Self::Connect,
            Step::Interrupted => Self::Interrupted,
        }
    }
}

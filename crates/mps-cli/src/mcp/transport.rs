//! Messages as lines: bounded in length, with an end that waits for open answers.

use std::{collections::HashSet, io, sync::Arc, time::Duration};

use mps_core::clock::SharedClock;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientJsonRpcMessage, ClientNotification, JsonRpcMessage, RequestId, ServerJsonRpcMessage,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    sync::{Mutex, watch},
};
use tokio_util::sync::CancellationToken;

use super::session::Session;
use crate::{output::Output, phase::Phase};

/// The longest message in bytes. A request of the service has at most 10 MB.
const MAX_MESSAGE: usize = 16 << 20;

/// A buffer that grew beyond this is given back after its message.
const KEPT_BUFFER: usize = 64 << 10;

/// Time for the answers of other calls after the session is stopped and every create has its outcome.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// A pair of streams with one JSON message a line.
pub(super) struct Lines<R, W> {
    reader: BufReader<R>,
    line: Vec<u8>,
    /// The rest of a line that is too long is skipped.
    is_skipping: bool,
    /// `true` once a request has come: before it the protocol has no other message.
    has_begun: bool,
    has_ended: bool,
    writer: Arc<Mutex<W>>,
    state: Arc<watch::Sender<State>>,
    stop: CancellationToken,
    phase: Phase,
    clock: SharedClock,
    output: Output,
}

#[derive(Default)]
struct State {
    /// Requests without an answer.
    pending: HashSet<RequestId>,
    is_broken: bool,
}

/// A view of the streams that outlives them.
pub(super) struct Link(Arc<watch::Sender<State>>);

impl Link {
    /// Returns whether an answer could not be written.
    pub(super) fn is_broken(&self) -> bool {
        self.0.borrow().is_broken
    }
}

/// The end of a line.
enum Line {
    Whole,
    TooLong,
    End,
}

impl<R, W> Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    pub(super) fn new(reader: R, writer: W, session: &Session) -> (Self, Link) {
        let state = Arc::new(watch::Sender::new(State::default()));
        let lines = Self {
            reader: BufReader::new(reader),
            line: Vec::new(),
            is_skipping: false,
            has_begun: false,
            has_ended: false,
            writer: Arc::new(Mutex::new(writer)),
            state: state.clone(),
            stop: session.stop.clone(),
            phase: session.context.phase.clone(),
            clock: session.context.clock.clone(),
            output: session.context.output.clone(),
        };
        (lines, Link(state))
    }

    /// Reads a line into the buffer.
    ///
    /// # Cancel safety
    /// A dropped call leaves the begin of the line in the buffer, and the next call continues.
    async fn read_line(&mut self) -> io::Result<Line> {
        loop {
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                return Ok(Line::End);
            }
            let newline = available.iter().position(|byte| *byte == b'\n');
            let taken = newline.map_or(available.len(), |at| at + 1);
            let was_skipping = self.is_skipping;
            if !was_skipping {
                if self.line.len() + taken > MAX_MESSAGE {
                    self.is_skipping = true;
                    self.line = Vec::new();
                } else if let Some(part) = available.get(..taken) {
                    self.line.extend_from_slice(part);
                }
            }
            self.reader.consume(taken);
            if newline.is_some() {
                return Ok(if std::mem::take(&mut self.is_skipping) {
                    Line::TooLong
                } else {
                    Line::Whole
                });
            }
        }
    }

    /// Returns the message of the line in the buffer; `None` if it is none, which was answered.
    fn take_message(&mut self) -> Option<ClientJsonRpcMessage> {
        let line = self.line.trim_ascii();
        let parsed = match line {
            [] => None,
            line => Some(serde_json::from_slice::<ClientJsonRpcMessage>(line)),
        };
        let message = match parsed {
            None => None,
            Some(Ok(message)) => Some(message),
            Some(Err(_)) => {
                let refusal = refusal(line);
                self.refuse(refusal);
                None
            }
        };
        self.line.clear();
        if self.line.capacity() > KEPT_BUFFER {
            self.line = Vec::new();
        }
        message.filter(|message| self.is_expected(message))
    }

    fn is_expected(&mut self, message: &ClientJsonRpcMessage) -> bool {
        match message {
            JsonRpcMessage::Request(request) => {
                self.has_begun = true;
                let id = request.id.clone();
                self.state.send_modify(|state| {
                    state.pending.insert(id);
                });
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // It gets no answer.
                    self.answered(id);
                }
            }
            _ => {}
        }
        self.has_begun
    }

    /// Answers a line that is no message, and says so without its content.
    fn refuse(&mut self, refusal: Option<(Option<RequestId>, ErrorData)>) {
        let Some((id, error)) = refusal else {
            return;
        };
        self.output.warning(&format!(
            "a line of the client is refused: {}",
            error.message
        ));
        let sent = self.send(ServerJsonRpcMessage::error(error, id));
        // In a task: a dropped `receive` must not cut a line.
        tokio::spawn(sent);
    }

    fn answered(&self, id: &RequestId) {
        self.state.send_modify(|state| {
            state.pending.remove(id);
        });
    }

    /// Waits until every request has its answer, but for ones that take longer than the creates that
    /// are on the wire and some seconds.
    ///
    /// # Cancel safety
    /// Changes nothing.
    async fn drained(&mut self) {
        let mut states = self.state.subscribe();
        let (phase, clock) = (self.phase.clone(), self.clock.clone());
        let limit = async {
            phase.all_sent().await;
            clock.sleep(LAST_ANSWERS).await;
        };
        tokio::select! {
            _ = states.wait_for(|state| state.pending.is_empty() || state.is_broken) => {}
            () = limit => {}
        }
    }
}

/// Returns the error for a line that is no message; `None` for a notification, which gets no answer.
fn refusal(line: &[u8]) -> Option<(Option<RequestId>, ErrorData)> {
    let Ok(value) = serde_json::from_slice::<Value>(line) else {
        let error = ErrorData::parse_error("the line is not JSON", None);
        return Some((None, error));
    };
    let error = ErrorData::invalid_request("the line is no request of the protocol", None);
    match value.get("id") {
        None if value.get("method").is_some() => None,
        None => Some((None, error)),
        Some(id) => Some((serde_json::from_value(id.clone()).ok(), error)),
    }
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let (writer, state) = (self.writer.clone(), self.state.clone());
        let id = match &message {
            JsonRpcMessage::Response(response) => Some(response.id.clone()),
            JsonRpcMessage::Error(error) => error.id.clone(),
            _ => None,
        };
        async move {
            let written = match serde_json::to_vec(&message) {
                Ok(line) => write_line(&writer, line).await,
                Err(error) => Err(error.into()),
            };
            state.send_modify(|state| {
                if let Some(id) = &id {
                    state.pending.remove(id);
                }
                state.is_broken |= written.is_err();
            });
            written
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let mut states = self.state.subscribe();
        while !self.has_ended {
            let stop = self.stop.clone();
            let read = tokio::select! {
                biased;
                _ = states.wait_for(|state| state.is_broken) => Ok(Line::End),
                () = stop.cancelled() => Ok(Line::End),
                read = self.read_line() => read,
            };
            match read {
                Ok(Line::Whole) => {
                    if let Some(message) = self.take_message() {
                        return Some(message);
                    }
                }
                Ok(Line::TooLong) => {
                    let message = format!("a message has more than {MAX_MESSAGE} bytes");
                    self.refuse(Some((None, ErrorData::invalid_request(message, None))));
                }
                Ok(Line::End) => self.has_ended = true,
                Err(error) => {
                    self.output
                        .warning(&format!("stdin cannot be read: {error}"));
                    self.has_ended = true;
                }
            }
        }
        self.stop.cancel();
        self.drained().await;
        None
    }

    async fn close(&mut self) -> io::Result<()> {
        self.writer.lock().await.flush().await
    }
}

async fn write_line<W: AsyncWrite + Unpin>(writer: &Mutex<W>, mut line: Vec<u8>) -> io::Result<()> {
    line.push(b'\n');
    let mut writer = writer.lock().await;
    writer.write_all(&line).await?;
    writer.flush().await
}

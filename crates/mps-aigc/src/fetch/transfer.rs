//! The transfer of one result: a sequence of verified steps over any number of attempts.

use std::{collections::VecDeque, time::Duration};

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use mps_core::{clock, retry::retry_after, transport::ResponseBody};

use super::{
    content::{self, Content},
    entity::{self, Accepted, Entity},
    errors::{TransferError, is_gone, is_transient, transient},
    options::DownloadOptions,
    progress::{DownloadProgress, Meter},
    request::{self, Rest},
    retries::{Next, Retries},
    source::Source,
    speed::SpeedGuard,
};
use crate::error::{Error, ErrorKind};

mod limits;
mod pieces;

/// Longest time until the head of a response.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// The transfer of one result.
///
/// It yields the content in order and only after its first bytes have shown it to be no error page.
/// It continues after an interruption if the host proves that the content is still the same.
#[derive(Debug)]
pub(super) struct Transfer {
    source: Source,
    options: DownloadOptions,
    /// The end of the transfer, on the client's monotonic clock.
    deadline: Duration,
    url: String,
    entity: Entity,
    /// Received bytes of the entity, the held ones included.
    received: u64,
    /// `true` if the next request may ask for the rest.
    is_resumable: bool,
    /// `true` if bytes that were yielded cannot be taken back.
    is_final: bool,
    yielded: u64,
    /// Received bytes of another copy of the same content that are still to be dropped.
    skip: u64,
    /// The first bytes of the content, not more than [`content::HEAD`].
    head: BytesMut,
    /// The kind of the content, once enough bytes are there to decide on it.
    content: Option<Content>,
    held: VecDeque<Bytes>,
    phase: Phase,
    has_to_restart: bool,
    retries: Retries,
    meter: Meter,
}

/// The state of the current attempt.
#[derive(Debug)]
enum Phase {
    /// No request was sent yet.
    Idle,
    Receiving(Body),
    /// All of the content was received.
    Ended,
}

#[derive(Debug)]
struct Body {
    chunks: ResponseBody,
    speed: SpeedGuard,
}

/// A step of a transfer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// All bytes that were yielded before are void: the content starts over.
    StartOver,
    /// The next bytes.
    Data(Bytes),
    /// All of the content was received.
    End,
}

/// Content that an earlier transfer has received a part of.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) entity: Entity,
    pub(super) bytes: u64,
    /// The first bytes, up to [`content::HEAD`].
    pub(super) head: Vec<u8>,
}

impl Transfer {
    /// Returns a transfer of all of the content.
    pub(super) fn new(source: Source, options: DownloadOptions) -> Self {
        let now = source.client.clock().monotonic();
        Self {
            deadline: now.saturating_add(options.deadline),
            url: source.url.to_string(),
            meter: Meter::new(now),
            source,
            options,
            entity: Entity::default(),
            received: 0,
            is_resumable: false,
            is_final: false,
            yielded: 0,
            skip: 0,
            head: BytesMut::new(),
            content: None,
            held: VecDeque::new(),
            phase: Phase::Idle,
            has_to_restart: false,
            retries: Retries::default(),
        }
    }

    /// Makes bytes that were yielded final: the transfer fails where it would have to start over.
    pub(super) fn without_restart(mut self) -> Self {
        self.is_final = true;
        self
    }

    /// Continues after the bytes that an earlier transfer has received.
    pub(super) fn resume(&mut self, received: Received) {
        self.entity = received.entity;
        self.received = received.bytes;
        self.yielded = received.bytes;
        self.is_resumable = self.entity.resumable().is_some();
        self.head = BytesMut::from(&received.head[..]);
        self.content = (self.head.len() >= content::HEAD).then(|| Content::of(&self.head));
    }

    pub(super) fn entity(&self) -> &Entity {
        &self.entity
    }

    /// Returns the first bytes of the content.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Returns the kind of the content, as its first bytes show it.
    pub(super) fn content(&self) -> Content {
        Content::of(&self.head)
    }

    /// Returns the next step, after as many attempts as it takes.
    ///
    /// # Errors
    /// Fails if no attempt can succeed, or none has succeeded.
    ///
    /// # Cancel safety
    /// Cancel safe: no byte is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> Result<Step, Error> {
        loop {
            if self.has_to_restart {
                self.has_to_restart = false;
                self.yielded = 0;
                return Ok(Step::StartOver);
            }
            if self.content.is_some()
                && let Some(bytes) = self.held.pop_front()
            {
                self.yielded += bytes.len() as u64;
                return Ok(Step::Data(bytes));
            }
            let advanced = match self.phase {
                Phase::Idle => self.begin().await,
                Phase::Receiving(_) => self.receive().await,
                Phase::Ended => return Ok(Step::End),
            };
            if let Err(error) = advanced {
                self.failed(error).await?;
            }
        }
    }

    /// Returns the host's description of the content, without receiving it.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub(super) async fn describe(&mut self) -> Result<Entity, Error> {
        while !matches!(self.phase, Phase::Receiving(_)) {
            if let Err(error) = self.begin().await {
                self.failed(error).await?;
            }
        }
        self.phase = Phase::Idle;
        Ok(self.entity.clone())
    }

    /// Decides after a failure: waits until the next attempt.
    ///
    /// # Errors
    /// Fails if there is no next attempt.
    ///
    /// # Cancel safety
    /// Dropping the future ends the pause.
    pub(super) async fn failed(&mut self, error: TransferError) -> Result<(), Error> {
        self.phase = Phase::Idle;
        if let TransferError::Refused(status) = &error
            && (self.source.is_expired() || !self.retries.may_refresh())
        {
            return Err(self.source.refused(*status));
        }
        let next = self.retries.failed(error, self.received, fastrand::f64());
        let (pause, refreshes) = match next {
            Next::Again(pause) => (pause, false),
            Next::Refresh(pause) => (pause, true),
            Next::End(error) => return Err(self.with_hint(error)),
        };
        if pause >= self.time_left() {
            return Err(self.overdue());
        }
        let clock = self.source.client.clock().clone();
        clock.sleep(pause).await;
        if refreshes && let Some(url) = self.source.describe.url(self.source.index).await {
            self.url = url;
        }
        tracing::warn!(bytes = self.received, "a download broke off; resuming");
        Ok(())
    }

    /// Makes the next request ask for all of the content.
    pub(super) fn forget(&mut self) {
        self.is_resumable = false;
    }

    /// Reports that the content is complete and verified.
    pub(super) fn report_complete(&self) {
        self.report(true);
    }

    /// Sends a request for the missing bytes, and looks at the head of its response.
    async fn begin(&mut self) -> Result<(), TransferError> {
        let now = self.now();
        self.meter = Meter::new(now);
        if self.is_resumable && self.entity.total == Some(self.received) {
            return self.end();
        }
        let rest = self.entity.resumable().filter(|_| self.asks_for_rest());
        let rest = rest.map(|(tag, _)| Rest {
            begin: self.received,
            tag,
        });
        let limit = HEAD_TIMEOUT.min(self.time_left());
        let clock = self.source.client.clock();
        let sent = request::send(&self.source.client, &self.url, rest);
        let sent = clock::timeout(&**clock, limit, sent).await;
        let (response, host) = sent.unwrap_or_else(|| Err(self.silent(limit)))?;
        let (head, chunks) = response.into_parts();
        self.accept(&head, &host)?;
        let now = self.now();
        let speed = SpeedGuard::new(self.options.min_speed, self.options.speed_window, now);
        self.phase = Phase::Receiving(Body { chunks, speed });
        self.report(false);
        Ok(())
    }

    fn asks_for_rest(&self) -> bool {
        self.is_resumable && self.received > 0
    }

    fn accept(&mut self, head: &http::response::Parts, host: &str) -> Result<(), TransferError> {
        match head.status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
            StatusCode::RANGE_NOT_SATISFIABLE if self.asks_for_rest() => {
                self.forget();
                let message = "the host does not have the missing part of the file";
                return Err(transient(message));
            }
            status if is_transient(status) => {
                let message = format!("the result's host answered with HTTP {status}");
                return Err(TransferError::Transient {
                    error: Error::new(ErrorKind::Download, message),
                    retry_after: retry_after(&head.headers, self.source.client.clock().wall()),
                });
            }
            status if is_gone(status) => return Err(TransferError::Refused(status)),
            status => return Err(TransferError::Permanent(self.source.refused(status))),
        }
        let known = self
            .asks_for_rest()
            .then_some((&self.entity, self.received));
        match entity::accept(head, host, known) {
            Ok(Accepted::Rest(entity)) => self.entity = entity,
            Ok(Accepted::Whole(entity)) => self.start_over(entity)?,
            Err(error) => {
                self.forget();
                return Err(error);
            }
        }
        self.check_size(self.entity.total.unwrap_or_default())
    }

    fn start_over(&mut self, entity: Entity) -> Result<(), TransferError> {
        if self.is_final && self.yielded > 0 {
            if !entity.is_same(&self.entity) {
                let message = format!(
                    "the file changed at its host; discard the {} bytes that were delivered",
                    self.yielded
                );
                let error = Error::new(ErrorKind::Download, message);
                return Err(TransferError::Permanent(error));
            }
            self.skip = self.received;
            self.is_resumable = true;
            return Ok(());
        }
        self.is_resumable = entity.resumable().is_some();
        self.entity = entity;
        self.received = 0;
        self.skip = 0;
        self.head.clear();
        self.content = None;
        self.held.clear();
        self.has_to_restart = true;
        Ok(())
    }

    /// Receives the next piece of the body.
    async fn receive(&mut self) -> Result<(), TransferError> {
        let now = self.now();
        let overdue = self.time_left().is_zero();
        let (is_slow, chunk) = {
            let Phase::Receiving(body) = &mut self.phase else {
                return Ok(());
            };
            let left = body.speed.time_left(now);
            let limit = left.min(self.deadline.saturating_sub(now));
            let clock = self.source.client.clock();
            let chunk = clock::timeout(&**clock, limit, body.chunks.chunk()).await;
            let now = clock.monotonic();
            let length = match &chunk {
                Some(Ok(Some(chunk))) => chunk.len() as u64,
                _ => 0,
            };
            (body.speed.add(length, now).is_err(), chunk)
        };
        if overdue || self.time_left().is_zero() {
            return Err(TransferError::Permanent(self.overdue()));
        }
        match chunk {
            Some(Ok(Some(chunk))) => {
                self.take(chunk)?;
                if is_slow { Err(self.slow()) } else { Ok(()) }
            }
            Some(Ok(None)) => self.end(),
            Some(Err(error)) => {
                let message = format!("the download broke off after {} bytes", self.received);
                let error = Error::new(ErrorKind::Download, message).with_source(error);
                Err(error.into())
            }
            None => Err(self.slow()),
        }
    }

    fn now(&self) -> Duration {
        self.source.client.clock().monotonic()
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_sub(self.now())
    }

    fn report(&self, is_complete: bool) {
        self.options.report(&DownloadProgress {
            task_id: self.source.task_id.to_string(),
            index: self.source.index,
            bytes: self.received,
            total: self.entity.total,
            bytes_per_second: self.meter.speed(self.now()),
            is_complete,
        });
    }
}

//! A hostile host: its answers are generated, and the process dies where they say so.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
    time::SystemTime,
};

use bytes::Bytes;
use mps_core::{
    clock::Clock,
    transport::{Chunks, RequestBody, ResponseBody, TransportError, TransportErrorKind},
};

use super::{
    super::{super::container::samples, *},
    answers::{Answer, Body, Crc, End, Length, Tag},
};

/// Two entities of one length that differ in every part.
pub(super) fn entities(kind: usize) -> [Vec<u8>; 2] {
    let first = match kind {
        0 => samples::mp4(),
        1 => samples::long_mp4(5_000),
        2 => samples::long_mp4(1_100),
        _ => [&b"\0\x01a file of unknown kind"[..], &[3; 4_000]].concat(),
    };
    let mut second = first.clone();
    let last = second.len() - 3;
    let middle = second.len() / 2;
    for at in [middle, last, last + 1, last + 2] {
        second[at] ^= 1;
    }
    [first, second]
}

/// A clock on which nothing ends after the process was killed.
#[derive(Clone, Debug)]
pub(super) struct MortalClock {
    pub(super) clock: TestClock,
    pub(super) is_killed: Arc<AtomicBool>,
}

impl Clock for MortalClock {
    fn wall(&self) -> SystemTime {
        self.clock.wall()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if self.is_killed.load(Ordering::Relaxed) {
            return Box::pin(std::future::pending());
        }
        self.clock.sleep(duration)
    }
}

#[derive(Debug)]
pub(super) struct Host {
    pub(super) entities: [Vec<u8>; 2],
    pub(super) answers: Arc<Mutex<VecDeque<Answer>>>,
    pub(super) clock: MortalClock,
}

struct Pieces {
    left: VecDeque<Bytes>,
    end: Option<End>,
    pause: u64,
    clock: MortalClock,
}

impl Chunks for Pieces {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>> {
        if self.pause > 0 {
            self.clock.clock.advance(Duration::from_secs(self.pause));
        }
        let piece = self.left.pop_front();
        match (piece, self.end) {
            (Some(piece), _) => Poll::Ready(Ok(Some(piece))),
            (None, None | Some(End::Silent)) => Poll::Ready(Ok(None)),
            (None, Some(End::Error)) => Poll::Ready(Err(TransportError::new(
                TransportErrorKind::Interrupted,
                "generated",
            ))),
            (None, Some(End::Killed)) => {
                self.clock.is_killed.store(true, Ordering::Relaxed);
                Poll::Pending
            }
        }
    }
}

impl Host {
    fn response(&self, answer: &Answer, range: Option<usize>) -> http::Response<ResponseBody> {
        let entity = &self.entities[answer.entity];
        let (status, content) = match answer.body {
            Body::Whole => (200, &entity[..]),
            Body::Part => {
                let begin = (range.unwrap_or(0) + answer.begin_error).min(entity.len() - 1);
                (206, &entity[begin..])
            }
            Body::Wrong(content) => (200, content.as_bytes()),
            Body::Status(status) => (status, &b"no"[..]),
        };
        let mut response = http::Response::builder().status(status);
        if status == 206 {
            let (end, total) = (entity.len() - 1, entity.len() + answer.total_error);
            let begin = entity.len() - content.len();
            response = response.header("content-range", format!("bytes {begin}-{end}/{total}"));
        }
        let tag = format!("\"v{}\"", answer.entity);
        response = match answer.tag {
            Tag::Strong => response.header("etag", tag),
            Tag::Weak => response.header("etag", format!("W/{tag}")),
            Tag::Missing => response,
        };
        response = match answer.length {
            Length::Right => response.header("content-length", content.len()),
            Length::TooLong => response.header("content-length", content.len() + 1),
            Length::Chunked => response.header("transfer-encoding", "chunked"),
            Length::Missing => response,
        };
        response = match answer.crc {
            Crc::Right => response.header("x-cos-hash-crc64ecma", crc64(entity)),
            Crc::Wrong => response.header("x-cos-hash-crc64ecma", crc64(entity) ^ 1),
            Crc::Missing => response,
        };
        if answer.is_encoded {
            response = response.header("content-encoding", "gzip");
        }
        let is_cut = answer.sent < 100 && !content.is_empty();
        let sent = &content[..content.len() * answer.sent / 100];
        // A transport sees where the chunks of a body end early.
        let end = match answer.end {
            End::Silent if answer.length == Length::Chunked => End::Error,
            end => end,
        };
        let left = sent.chunks(700).map(Bytes::copy_from_slice).collect();
        let body = Pieces {
            left,
            end: is_cut.then_some(end),
            pause: answer.pause,
            clock: self.clock.clone(),
        };
        response.body(ResponseBody::new(body)).unwrap()
    }
}

fn crc64(content: &[u8]) -> u64 {
    let mut digest = crc64fast::Digest::new();
    digest.write(content);
    digest.sum64()
}

impl Transport for Host {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let range = request.headers().get("range").map(|range| {
            let range = range.to_str().unwrap().strip_prefix("bytes=").unwrap();
            range.strip_suffix('-').unwrap().parse().unwrap()
        });
        let answer = lock(&self.answers).pop_front();
        let response = answer.map(|answer| self.response(&answer, range));
        let refused = || TransportError::new(TransportErrorKind::Connect, "generated");
        Box::pin(async move { response.ok_or_else(refused) })
    }
}

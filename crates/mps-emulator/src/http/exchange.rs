//! The result of a request: an answer and its delivery.

use std::{
    collections::VecDeque,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Response, Version, header};
use mps_core::{
    BoxFuture,
    clock::{SharedClock, timeout},
};
use tokio::sync::watch;

/// A connection, by its previous use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    Fresh,
    Reused,
}

/// The behaviour of the connection after a request, for the socket or the transport.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// Delay before the answer.
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
}

#[derive(Debug)]
pub(crate) enum Delivery {
    Whole(Response<Bytes>),
    /// The connection closes after some bytes of the body, although more were announced.
    Cut {
        response: Response<Bytes>,
        after: usize,
    },
    /// The body arrives in pieces with pauses between them.
    Drip {
        response: Response<Bytes>,
        pieces: u32,
        pause: Duration,
    },
    /// The first bytes of the body without an announced length: in chunks, or up to the end of the
    /// connection. Only with chunks can a client notice that a part is missing.
    Unframed {
        response: Response<Bytes>,
        after: usize,
        chunked: bool,
    },
    /// The connection is reset without an answer.
    Lost,
}

impl Exchange {
    pub(crate) fn whole(response: Response<Bytes>) -> Self {
        Self {
            delay: Duration::ZERO,
            delivery: Delivery::Whole(response),
        }
    }

    pub(crate) fn lost() -> Self {
        Self {
            delay: Duration::ZERO,
            delivery: Delivery::Lost,
        }
    }

    /// Waits for the delay before the answer, or until the faults are cleared. `cleared` must have been
    /// subscribed before the fault was applied, so that no clearing is missed.
    pub(crate) async fn delayed(&self, mut cleared: watch::Receiver<()>, clock: &SharedClock) {
        if !self.delay.is_zero() {
            let _at_once_or_later = timeout(&**clock, self.delay, cleared.changed()).await;
        }
    }

    /// Adds a `Date` header, unless the answer has one.
    pub(crate) fn dated(mut self, date: HeaderValue) -> Self {
        if let Delivery::Whole(response)
        | Delivery::Cut { response, .. }
        | Delivery::Drip { response, .. }
        | Delivery::Unframed { response, .. } = &mut self.delivery
        {
            response.headers_mut().entry(header::DATE).or_insert(date);
        }
        self
    }

    /// Returns the intended answer, and the number of bytes of its body that are sent.
    pub(crate) fn sent(&self) -> Option<(&Response<Bytes>, usize)> {
        match &self.delivery {
            Delivery::Whole(response) | Delivery::Drip { response, .. } => {
                Some((response, response.body().len()))
            }
            Delivery::Cut { response, after }
            | Delivery::Unframed {
                response, after, ..
            } => Some((response, *after)),
            Delivery::Lost => None,
        }
    }

    /// Returns the intended answer without its delivery, or `None` for a reset.
    pub(crate) fn into_response(self) -> Option<Response<Bytes>> {
        match self.delivery {
            Delivery::Whole(response)
            | Delivery::Cut { response, .. }
            | Delivery::Drip { response, .. }
            | Delivery::Unframed { response, .. } => Some(response),
            Delivery::Lost => None,
        }
    }
}

impl Delivery {
    /// Returns the answer with its body in pieces, or `None` for a reset.
    pub(crate) fn into_pieces(self, clock: &SharedClock) -> Option<Response<Pieces>> {
        match self {
            Self::Whole(response) => Some(response.map(|body| Pieces::whole(body, clock))),
            Self::Cut { response, after } => {
                Some(response.map(|body| Pieces::cut(&body, after, clock)))
            }
            Self::Drip {
                response,
                pieces,
                pause,
            } => Some(response.map(|body| Pieces::dripping(body, pieces, pause, clock))),
            Self::Unframed {
                mut response,
                after,
                chunked,
            } => {
                if !chunked {
                    // Makes hyper end the body with the connection.
                    *response.version_mut() = Version::HTTP_10;
                }
                Some(response.map(|body| Pieces::unframed(&body, after, chunked, clock)))
            }
            Self::Lost => None,
        }
    }
}

/// A body in pieces, with the pauses and the end of its delivery.
pub(crate) struct Pieces {
    left: VecDeque<Bytes>,
    /// The announced length, if any.
    announced: Option<u64>,
    end: End,
    pause: Duration,
    clock: SharedClock,
    pausing: Option<BoxFuture<'static, ()>>,
}

/// The event after the last piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Good,
    Broken,
}

/// The next part of a body.
pub(crate) enum Piece {
    Data(Bytes),
    End,
    /// The connection ends before the announced length.
    Broken,
}

impl Pieces {
    fn whole(body: Bytes, clock: &SharedClock) -> Self {
        Self {
            announced: Some(body.len() as u64),
            left: cut_up(body, 1),
            end: End::Good,
            pause: Duration::ZERO,
            clock: clock.clone(),
            pausing: None,
        }
    }

    fn cut(body: &Bytes, after: usize, clock: &SharedClock) -> Self {
        let announced = Some(body.len() as u64);
        Self {
            announced,
            end: End::Broken,
            ..Self::whole(body.slice(..after.min(body.len())), clock)
        }
    }

    fn dripping(body: Bytes, pieces: u32, pause: Duration, clock: &SharedClock) -> Self {
        let pieces = usize::try_from(pieces).unwrap_or(usize::MAX).max(1);
        let mut dripping = Self::whole(body.clone(), clock);
        dripping.left = cut_up(body, pieces);
        dripping.pause = pause;
        dripping
    }

    fn unframed(body: &Bytes, after: usize, chunked: bool, clock: &SharedClock) -> Self {
        let is_whole = after >= body.len();
        Self {
            announced: None,
            end: if is_whole || !chunked {
                End::Good
            } else {
                End::Broken
            },
            ..Self::whole(body.slice(..after.min(body.len())), clock)
        }
    }

    pub(crate) fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// Returns whether the body is complete, so that the connection can be reused.
    pub(crate) fn is_complete(&self) -> bool {
        self.left.is_empty() && self.end == End::Good
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Piece> {
        if let Some(pausing) = &mut self.pausing {
            ready!(pausing.as_mut().poll(cx));
            self.pausing = None;
        }
        let Some(piece) = self.left.pop_front() else {
            return Poll::Ready(match self.end {
                End::Good => Piece::End,
                End::Broken => Piece::Broken,
            });
        };
        if !self.pause.is_zero() && !self.left.is_empty() {
            self.pausing = Some(self.clock.sleep(self.pause));
        }
        Poll::Ready(Piece::Data(piece))
    }
}

/// Cuts a body into about equal, non-empty pieces, at most as many as requested.
fn cut_up(mut body: Bytes, pieces: usize) -> VecDeque<Bytes> {
    let size = body.len().div_ceil(pieces).max(1);
    let mut cut = VecDeque::new();
    while !body.is_empty() {
        cut.push_back(body.split_to(size.min(body.len())));
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_cut_up_without_losing_a_byte() {
        for (length, pieces) in [(0, 3), (1, 3), (10, 3), (10, 10), (10, 1), (1_000, 7)] {
            let body = Bytes::from(vec![7; length]);
            let cut = cut_up(body.clone(), pieces);
            assert!(cut.len() <= pieces);
            assert_eq!(cut.iter().flatten().count(), length);
            assert!(cut.iter().all(|piece| !piece.is_empty()));
        }
    }
}

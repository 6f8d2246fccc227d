//! Waits for the first of two futures.

use std::{future::poll_fn, pin::pin, task::Poll};

/// Polls both futures until one ends, and drops the other. Returns whether the first one ended.
pub(super) async fn ends_first(one: impl Future, other: impl Future) -> bool {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending => other.as_mut().poll(cx).map(|_| false),
    })
    .await
}

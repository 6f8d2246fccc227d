//! The place where the queue of slots of several processes is kept.

use std::{fmt, time::Duration};

use mps_models::Effect;

use crate::{
    BoxFuture,
    limit::{Unavailable, ring::START_TOLERANCE},
};

/// A store of slot queues, for example a file or a server.
pub(in crate::limit) trait Store: fmt::Debug + Send + Sync + 'static {
    /// Identifies a granted slot, so that it can be released.
    type SlotKey: Send + Sync + 'static;

    /// The longest time for one reply.
    const REPLY_WITHIN: Duration;

    /// Requests a slot. The caller may drop the future before there is a reply.
    fn request<'a>(
        &'a self,
        request: SlotRequest<'a>,
    ) -> BoxFuture<'a, Result<SlotReply<Self::SlotKey>, StoreError>>;

    /// Returns the error for a reply that did not arrive within `limit`.
    fn timed_out(&self, limit: Duration) -> Unavailable;

    /// Releases an unused slot if possible. Must not block.
    fn release(&self, slot: Self::SlotKey);
}

/// The request of this process for a slot of one action.
#[derive(Clone, Copy, Debug)]
pub(in crate::limit) struct SlotRequest<'a> {
    pub(in crate::limit) action: &'a str,
    pub(in crate::limit) effect: Effect,
    pub(in crate::limit) limit: u32,
    /// Random id of this process for this action.
    pub(in crate::limit) process: u64,
    /// Number of permitted calls that were throttled since the last request.
    pub(in crate::limit) throttled: u32,
}

impl SlotRequest<'_> {
    /// Returns whether the action only reads, so that exceeding the limit once costs nothing.
    pub(in crate::limit) fn is_read(&self) -> bool {
        self.effect == Effect::Read
    }
}

/// The reply of a store; see [`Decision`](crate::limit::slot_queue::Decision).
#[derive(Debug)]
pub(in crate::limit) struct SlotReply<K> {
    pub(in crate::limit) decision: StoreDecision<K>,
    /// Room between starts that throttling has added.
    pub(in crate::limit) widening: Duration,
}

#[derive(Debug)]
pub(in crate::limit) enum StoreDecision<K> {
    Granted {
        /// The time at which the request was sent, on this process's clock.
        sent: Duration,
        /// Time from the store's decision to the slot.
        wait: Duration,
        slot: K,
    },
    Wait {
        slot_in: Duration,
        ask_in: Duration,
    },
}

/// The reason why a store did not reply.
#[derive(Debug)]
pub(in crate::limit) enum StoreError {
    /// Another process is using the store at this moment.
    #[cfg_attr(
        not(all(unix, feature = "file-limit")),
        allow(dead_code, reason = "only a file is used by one process at a time")
    )]
    Busy(Unavailable),
    /// The request may succeed later.
    Transient(Unavailable),
    /// The request will not succeed until a person changes something.
    Permanent(Unavailable),
}

/// Returns the error for replies that arrive when their slot is already over.
pub(in crate::limit) fn slow_reply() -> Unavailable {
    Unavailable::new(format!(
        "replies of the rate limiter's store take longer than {} ms, so every slot is over when its grant arrives",
        START_TOLERANCE.as_millis()
    ))
    .with_hint("use a store that is nearer or less busy")
}

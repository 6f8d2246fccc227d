//! A request that is about to be sent, without its text.

use std::{fmt, sync::Arc, time::Duration};

use mps_models::Effect;
use sha2::{Digest as _, Sha256};

use super::Call;
use crate::endpoint::RouteEndpoint;

/// A request that is about to leave, or has left: the facts that a ledger records, without the text of the body.
///
/// Given to the [`Gate`](super::Gate) before an attempt starts and to the
/// [`Observer`](super::Observer) afterwards. Cheap to clone.
#[derive(Clone)]
pub struct Intent {
    call: Arc<Call>,
    endpoint: RouteEndpoint,
    attempt: u32,
    timestamp: i64,
    slot_time: Duration,
}

impl Intent {
    pub(crate) fn new(
        call: Arc<Call>,
        endpoint: RouteEndpoint,
        attempt: u32,
        timestamp: i64,
        slot_time: Duration,
    ) -> Self {
        Self {
            call,
            endpoint,
            attempt,
            timestamp,
            slot_time,
        }
    }

    /// Returns the name of the action.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.call.action
    }

    /// Returns the effect of executing the action.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.call.effect
    }

    /// Returns the host of the request, with the port where it is not the scheme's own.
    #[must_use]
    pub fn host(&self) -> &str {
        self.endpoint.endpoint().host()
    }

    /// Returns the number of the attempt; the first of a call is 1. An attempt that was not sent
    /// does not count, so a gate can be asked more than once about one number.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the time that the request is signed with, in Unix seconds of the service's clock.
    #[must_use]
    pub fn request_time(&self) -> i64 {
        self.timestamp
    }

    /// Returns the time of the rate limiter's slot, on the client's monotonic
    /// [clock](crate::Client::clock). The request leaves no earlier, and within the limiter's tolerance
    /// of 50 ms; else the slot is given up and another permit is acquired. In the future when the gate
    /// has a [lead](crate::Gate::lead).
    #[must_use]
    pub fn slot_time(&self) -> Duration {
        self.slot_time
    }

    /// Returns the number of bytes of the body.
    #[must_use]
    pub fn body_len(&self) -> usize {
        self.call.body.len()
    }

    /// Computes the SHA-256 of the body as lowercase hexadecimal digits.
    #[must_use]
    pub fn body_sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.call.body))
    }
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intent")
            .field("action", &self.action())
            .field("effect", &self.effect())
            .field("host", &self.host())
            .field("attempt", &self.attempt)
            .field("request_time", &self.timestamp)
            .field("body_bytes", &self.body_len())
            .finish_non_exhaustive()
    }
}

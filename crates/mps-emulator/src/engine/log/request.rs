//! Calls of the API.

use serde::{Deserialize, Serialize};

use super::{Outcome, Record, cut};

/// Target of the event that tells of each request to the API, at level `INFO`. Its fields are the
/// members of a [`RequestRecord`] that have a value, under the same names.
pub const REQUESTS_TARGET: &str = "mps_emulator::requests";

/// One request to the API, as the control API shows it. Holds no part of the request's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequestRecord {
    /// When it arrived, in microseconds since the emulator was made, on a clock that never jumps.
    pub at_us: u64,
    /// What `X-TC-Action` named, known or not, cut to a sensible length; empty if it was missing.
    pub action: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The error code that was answered, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The `RequestId` that was answered.
    pub request_id: String,
    /// The kind of the fault that struck it. With [`Outcome::Executed`] the action ran all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Why it was refused, in more detail than a client is told. After a signature that does not
    /// match: the canonical request it should have been made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// With these a full log stays below 50 MB at worst.
const LONGEST_ACTION: usize = 64;
const LONGEST_DETAIL: usize = 2_000;

impl Record for RequestRecord {
    fn shorten(&mut self) {
        cut(&mut self.action, LONGEST_ACTION);
        if let Some(detail) = &mut self.detail {
            cut(detail, LONGEST_DETAIL);
        }
    }

    fn tell(&self) {
        tracing::info!(
            target: REQUESTS_TARGET,
            at_us = self.at_us,
            action = self.action,
            outcome = self.outcome.as_str(),
            code = self.code,
            request_id = self.request_id,
            fault = self.fault,
            detail = self.detail,
        );
    }
}

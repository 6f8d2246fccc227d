//! The log of calls of the API.

use serde::{Deserialize, Serialize};

use super::{Outcome, Record, truncate};

/// Target of the tracing event for each call of the API, at level `INFO`. Its fields are the
/// members of a [`RequestRecord`] that have a value.
pub const REQUESTS_TARGET: &str = "mps_emulator::requests";

/// One call of the API. Contains no part of the request's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequestRecord {
    /// Time of arrival, in microseconds since the emulator was created, on a monotonic clock.
    pub at_us: u64,
    /// The value of `X-TC-Action`, known or not, shortened to 64 bytes; empty if it was missing.
    pub action: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The error code of the answer, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The `RequestId` of the answer.
    pub request_id: String,
    /// The kind of the fault that was applied. With [`Outcome::Executed`] the action ran all the
    /// same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The reason of a refusal in more detail than the answer. After a wrong signature: the
    /// explanation and the expected canonical request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// With these bounds a full log stays below 50 MB.
const LONGEST_ACTION: usize = 64;
const LONGEST_DETAIL: usize = 2_000;

impl Record for RequestRecord {
    fn shorten(&mut self) {
        truncate(&mut self.action, LONGEST_ACTION);
        if let Some(detail) = &mut self.detail {
            truncate(detail, LONGEST_DETAIL);
        }
    }

    fn emit(&self) {
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

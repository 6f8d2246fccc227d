//! The log of requests to the object storage.

use serde::{Deserialize, Serialize};

use super::{Outcome, Record, truncate};

/// Target of the tracing event for each request for a result, at level `INFO`. Its fields are the
/// members of a [`DownloadRecord`] that have a value.
pub const DOWNLOADS_TARGET: &str = "mps_emulator::downloads";

/// One request for a result or for an object of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DownloadRecord {
    /// Time of arrival, in microseconds since the emulator was created, on a monotonic clock.
    pub at_us: u64,
    /// `download`, or `upload` for a `PUT`: the name that a [`Fault`](crate::Fault) uses.
    pub action: String,
    /// The outcome: [`Outcome::Executed`] if the storage served something, even if it did not
    /// arrive.
    pub outcome: Outcome,
    /// The storage's own error code, for example `AccessDenied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The `x-cos-request-id` of the answer, also of a lost one.
    pub request_id: String,
    /// The HTTP method, for example `GET` or `HEAD`.
    pub method: String,
    /// The path of the result without the query, shortened to 512 bytes.
    pub path: String,
    /// The `Range` header of the request, shortened to 64 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// The HTTP status of the answer: for example 200, 206 for a part, 403 for an expired result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Bytes of the body that were sent: fewer than announced if a fault cut it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The kind of the fault that was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// With these bounds a full log stays below 20 MB.
const LONGEST_METHOD: usize = 16;
const LONGEST_PATH: usize = 512;
const LONGEST_RANGE: usize = 64;

impl Record for DownloadRecord {
    fn shorten(&mut self) {
        truncate(&mut self.method, LONGEST_METHOD);
        truncate(&mut self.path, LONGEST_PATH);
        if let Some(range) = &mut self.range {
            truncate(range, LONGEST_RANGE);
        }
    }

    fn emit(&self) {
        tracing::info!(
            target: DOWNLOADS_TARGET,
            at_us = self.at_us,
            action = self.action,
            outcome = self.outcome.as_str(),
            code = self.code,
            request_id = self.request_id,
            method = self.method,
            path = self.path,
            range = self.range,
            status = self.status,
            bytes = self.bytes,
            fault = self.fault,
        );
    }
}

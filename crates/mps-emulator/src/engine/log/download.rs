//! Requests to the object storage where results lie.

use serde::{Deserialize, Serialize};

use super::{Outcome, Record, cut};

/// Target of the event that tells of each request for a result, at level `INFO`. Its fields are the
/// members of a [`DownloadRecord`] that have a value, under the same names.
pub const DOWNLOADS_TARGET: &str = "mps_emulator::downloads";

/// One request for a result, as the control API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DownloadRecord {
    /// When it arrived, in microseconds since the emulator was made, on a clock that never jumps.
    pub at_us: u64,
    /// Always `download`, as a [`Fault`](crate::Fault) calls it.
    pub action: String,
    /// What became of it: [`Outcome::Executed`] if the storage handed something out, whether or not
    /// it arrived.
    pub outcome: Outcome,
    /// The storage's own error code, such as `AccessDenied`, if one was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The `x-cos-request-id` that was answered, or would have been.
    pub request_id: String,
    /// `GET`, `HEAD` or what else was tried.
    pub method: String,
    /// The path of the result, without a query, cut to a sensible length.
    pub path: String,
    /// The `Range` header as it was sent, cut to a sensible length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// The HTTP status that was answered: 200, 206 for a part, 403 for what has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How many bytes of a body were answered: fewer than were announced if a fault cut them off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The kind of the fault that struck it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// With these a full log stays below 20 MB at worst.
const LONGEST_METHOD: usize = 16;
const LONGEST_PATH: usize = 512;
const LONGEST_RANGE: usize = 64;

impl Record for DownloadRecord {
    fn shorten(&mut self) {
        cut(&mut self.method, LONGEST_METHOD);
        cut(&mut self.path, LONGEST_PATH);
        if let Some(range) = &mut self.range {
            cut(range, LONGEST_RANGE);
        }
    }

    fn tell(&self) {
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

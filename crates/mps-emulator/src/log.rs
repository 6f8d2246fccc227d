//! What arrived and what became of it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// The action ran.
    Executed,
    /// An error was answered, and nothing ran.
    Refused,
    /// Nothing ran and no error of the service was answered: the connection went away before the
    /// request was complete, or a fault kept it from the service.
    Dropped,
}

impl Outcome {
    /// The name used in JSON: `executed`, `refused` or `dropped`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Refused => "refused",
            Self::Dropped => "dropped",
        }
    }
}

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

/// The latest requests, oldest first. Bounded: beyond [`MOST_RECORDS`] the oldest is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Log {
    records: VecDeque<RequestRecord>,
    forgotten: u64,
}

/// With texts cut to [`LONGEST_ACTION`] and [`LONGEST_DETAIL`] this stays below 50 MB at worst.
const MOST_RECORDS: usize = 20_000;
const LONGEST_ACTION: usize = 64;
const LONGEST_DETAIL: usize = 2_000;

impl Log {
    pub(crate) fn add(&mut self, mut record: RequestRecord) {
        cut(&mut record.action, LONGEST_ACTION);
        if let Some(detail) = &mut record.detail {
            cut(detail, LONGEST_DETAIL);
        }
        tell(&record);
        if self.records.len() == MOST_RECORDS {
            self.records.pop_front();
            self.forgotten += 1;
        }
        self.records.push_back(record);
    }

    /// A log that already holds what another one kept.
    pub(crate) fn restored(records: Vec<RequestRecord>, forgotten: u64) -> Self {
        let mut log = Self {
            forgotten,
            ..Self::default()
        };
        for record in records {
            log.add(record);
        }
        log
    }

    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        self.records.iter().cloned().collect()
    }

    /// How many requests were too long ago to be kept.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

fn tell(record: &RequestRecord) {
    tracing::info!(
        target: REQUESTS_TARGET,
        at_us = record.at_us,
        action = record.action,
        outcome = record.outcome.as_str(),
        code = record.code,
        request_id = record.request_id,
        fault = record.fault,
        detail = record.detail,
    );
}

/// Shortens a text to at most `most` bytes, at a character's end.
pub(crate) fn cut(text: &mut String, most: usize) {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u64) -> RequestRecord {
        RequestRecord {
            at_us: number,
            action: "é".repeat(100),
            outcome: Outcome::Refused,
            code: None,
            request_id: String::new(),
            fault: None,
            detail: Some("x".repeat(5_000)),
        }
    }

    #[test]
    fn the_oldest_is_forgotten_and_texts_are_cut() {
        let mut log = Log::default();
        let total = u64::try_from(MOST_RECORDS).unwrap() + 3;
        (0..total).for_each(|number| log.add(record(number)));
        let records = log.records();
        assert_eq!((records.len(), log.forgotten()), (MOST_RECORDS, 3));
        assert_eq!(records[0].at_us, 3);
        assert_eq!(records[0].action.len(), LONGEST_ACTION);
        assert_eq!(records[0].detail.as_ref().unwrap().len(), LONGEST_DETAIL);
    }
}

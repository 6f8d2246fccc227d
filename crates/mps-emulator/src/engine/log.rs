//! The request log.

mod download;
mod request;

use std::{collections::VecDeque, fmt};

use serde::{Deserialize, Serialize};

pub use download::{DOWNLOADS_TARGET, DownloadRecord};
pub use request::{REQUESTS_TARGET, RequestRecord};

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// The action ran.
    Executed,
    /// An error was answered, and the action did not run.
    Refused,
    /// The action did not run and no error of the service was answered: the connection ended before
    /// the request was complete, or a fault kept the request from the service.
    Dropped,
}

impl Outcome {
    /// Returns the name in JSON: `executed`, `refused` or `dropped`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Refused => "refused",
            Self::Dropped => "dropped",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An entry of a log.
pub(crate) trait Record {
    /// Shortens texts whose length a client chooses.
    fn shorten(&mut self);

    /// Emits the tracing event of the entry.
    fn emit(&self);
}

/// The latest requests of one kind, oldest first. At most [`MAX_RECORDS`] are kept; beyond, the
/// oldest are forgotten.
#[derive(Debug)]
pub(crate) struct Log<R> {
    records: VecDeque<R>,
    forgotten: u64,
}

const MAX_RECORDS: usize = 20_000;

impl<R: Record + Clone> Log<R> {
    pub(crate) fn add(&mut self, mut record: R) {
        record.shorten();
        record.emit();
        self.push(record);
    }

    /// Returns a log with earlier entries, without emitting their events again.
    pub(crate) fn restored(records: Vec<R>, forgotten: u64) -> Self {
        let mut log = Self {
            forgotten,
            ..Self::default()
        };
        for mut record in records {
            record.shorten();
            log.push(record);
        }
        log
    }

    pub(crate) fn records(&self) -> Vec<R> {
        self.records.iter().cloned().collect()
    }

    /// Returns the number of forgotten requests.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn push(&mut self, record: R) {
        if self.records.len() == MAX_RECORDS {
            self.records.pop_front();
            self.forgotten += 1;
        }
        self.records.push_back(record);
    }
}

impl<R> Default for Log<R> {
    fn default() -> Self {
        Self {
            records: VecDeque::new(),
            forgotten: 0,
        }
    }
}

/// Shortens a text to at most `most` bytes, at a character boundary.
pub(crate) fn truncate(text: &mut String, most: usize) {
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
        let total = u64::try_from(MAX_RECORDS).unwrap() + 3;
        (0..total).for_each(|number| log.add(record(number)));
        let records = log.records();
        assert_eq!((records.len(), log.forgotten()), (MAX_RECORDS, 3));
        assert_eq!(records[0].at_us, 3);
        assert_eq!(records[0].action.len(), 64);
        assert_eq!(records[0].detail.as_ref().unwrap().len(), 2_000);
    }
}

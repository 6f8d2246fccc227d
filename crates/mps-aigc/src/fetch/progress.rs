//! Progress of a download.

use std::time::Duration;

/// Progress of the download of one result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DownloadProgress {
    /// The task's id.
    pub task_id: String,
    /// Position of the result among those of its task, from 0.
    pub index: usize,
    /// Received bytes, including those that an interrupted download had received before.
    pub bytes: u64,
    /// Length of the result in bytes; `None` until the host has stated it.
    pub total: Option<u64>,
    /// Average speed of the current attempt, in bytes a second; 0 at its begin.
    pub bytes_per_second: u64,
    /// `true` once the result is complete and verified.
    pub is_complete: bool,
}

/// Counts the bytes of an attempt and measures their speed.
#[derive(Debug)]
pub(super) struct Meter {
    started: Duration,
    received: u64,
    reported: u64,
}

impl Meter {
    /// Bytes between two reports.
    const INTERVAL: u64 = 256 * 1024;

    pub(super) fn new(now: Duration) -> Self {
        Self {
            started: now,
            received: 0,
            reported: 0,
        }
    }

    /// Adds received bytes. Returns `true` if it is time for a report.
    pub(super) fn add(&mut self, bytes: u64) -> bool {
        self.received += bytes;
        let is_due = self.received - self.reported >= Self::INTERVAL;
        if is_due {
            self.reported = self.received;
        }
        is_due
    }

    /// Returns the average speed since the begin, in bytes a second.
    pub(super) fn speed(&self, now: Duration) -> u64 {
        let elapsed = now.saturating_sub(self.started).as_millis();
        let speed = u128::from(self.received)
            .saturating_mul(1_000)
            .checked_div(elapsed);
        speed.map_or(0, |speed| u64::try_from(speed).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_an_average_and_reports_have_a_distance() {
        let mut meter = Meter::new(Duration::from_secs(10));
        assert_eq!(meter.speed(Duration::from_secs(10)), 0);
        assert!(!meter.add(200_000));
        assert!(meter.add(100_000));
        assert!(!meter.add(100_000));
        assert_eq!(meter.speed(Duration::from_secs(14)), 100_000);
    }
}

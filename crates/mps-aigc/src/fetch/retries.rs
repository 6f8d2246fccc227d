//! Which attempts of a transfer follow a failed one, and after which pause. Decides without any I/O.

use std::time::Duration;

use mps_core::retry::Backoff;

use super::errors::TransferError;
use crate::error::{Error, ErrorKind};

/// Most attempts in a row without progress.
pub(super) const ATTEMPTS: u32 = 6;
/// Attempts after which content that is not the result is an error.
pub(super) const WRONG_CONTENT_ATTEMPTS: u32 = 3;
/// Number of times that a refused URL is asked for again.
pub(super) const REFRESHES: u32 = 2;
/// Bytes beyond the furthest point so far that count as progress.
const PROGRESS: u64 = 64 * 1024;
/// Longest pause that a host may ask for.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(120);
pub(super) const BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(20));

/// The failed attempts of a transfer.
#[derive(Debug, Default)]
pub(super) struct Retries {
    attempts: u32,
    wrong: u32,
    refreshes: u32,
    /// The largest number of received bytes so far.
    furthest: u64,
}

/// The next step after a failed attempt.
#[derive(Debug)]
pub(super) enum Next {
    /// Another attempt after a pause.
    Again(Duration),
    /// Another attempt after a pause, with a new URL if the service has one.
    Refresh(Duration),
    /// The transfer ends.
    End(Error),
}

impl Retries {
    /// Decides after an attempt that failed with `error`, with `received` bytes in total. `jitter`
    /// is a random number from 0 to 1.
    pub(super) fn failed(&mut self, error: TransferError, received: u64, jitter: f64) -> Next {
        if received >= self.furthest.saturating_add(PROGRESS) {
            self.attempts = 0;
            self.furthest = received;
        }
        self.attempts += 1;
        let attempts = self.attempts;
        let (error, retry_after) = match error {
            TransferError::Permanent(error) => return Next::End(error),
            TransferError::Refused(_) => {
                self.refreshes += 1;
                return Next::Refresh(BACKOFF.pause_asked(self.refreshes - 1, jitter, None));
            }
            TransferError::Transient { error, retry_after } => (error, retry_after),
        };
        if error.kind() == ErrorKind::WrongContent {
            self.wrong += 1;
        }
        if attempts >= ATTEMPTS || self.wrong >= WRONG_CONTENT_ATTEMPTS {
            return Next::End(error);
        }
        let pause = BACKOFF.pause_asked(attempts - 1, jitter, retry_after);
        // Only the host asks for this much.
        if pause > LONGEST_PAUSE {
            let (asked, most) = (pause.as_secs(), LONGEST_PAUSE.as_secs());
            let message = format!(
                "{error}; it asks to wait {asked} s, and a download waits {most} s at most"
            );
            return Next::End(Error::new(ErrorKind::Download, message));
        }
        Next::Again(pause)
    }

    /// Returns `true` if a refused URL is asked for again.
    pub(super) fn may_refresh(&self) -> bool {
        self.refreshes < REFRESHES
    }
}

#[cfg(test)]
mod tests {
    use super::{super::errors::transient, *};

    fn again(retries: &mut Retries, received: u64) -> bool {
        matches!(
            retries.failed(transient("broke off"), received, 0.5),
            Next::Again(_)
        )
    }

    #[test]
    fn attempts_end_without_progress_and_start_again_with_it() {
        let mut retries = Retries::default();
        for _ in 1..ATTEMPTS {
            assert!(again(&mut retries, PROGRESS - 1));
        }
        assert!(again(&mut retries, PROGRESS));
        for _ in 2..ATTEMPTS {
            // Less than before, since the content changed.
            assert!(again(&mut retries, 0));
        }
        assert!(!again(&mut retries, PROGRESS));
    }
}

//! Whether the server's clock was set forward.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::limit::START_TOLERANCE;

/// A step longer ago than this no longer matters, while two clocks that run a little differently
/// would look like one.
const LOOK_BACK: Duration = Duration::from_secs(30);
/// More than two sound clocks differ by in that time.
const TOLERANCE: Duration = START_TOLERANCE.checked_div(2).unwrap();

/// The server's clock, read between two moments of this process's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) server: Duration,
    pub(super) sent: Duration,
    pub(super) received: Duration,
}

/// Holds each reading against the one before.
///
/// A clock that is set back needs no watching: the slots then lie ahead of it, and are waited for
/// or disbelieved.
#[derive(Debug, Default)]
pub(super) struct Watch(Mutex<Option<Reading>>);

impl Watch {
    pub(super) fn was_set_forward(&self, reading: Reading) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = last.replace(reading) else {
            return false;
        };
        let most = reading.received.saturating_sub(before.sent);
        let passed = reading.server.saturating_sub(before.server);
        most <= LOOK_BACK && passed > most + TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(server_ms: u64, sent_ms: u64, received_ms: u64) -> Reading {
        let ms = Duration::from_millis;
        Reading {
            server: ms(server_ms),
            sent: ms(sent_ms),
            received: ms(received_ms),
        }
    }

    #[test]
    fn only_a_step_forward_that_no_delay_explains_counts() {
        let watch = Watch::default();
        assert!(!watch.was_set_forward(reading(500_000, 0, 10)));
        assert!(!watch.was_set_forward(reading(501_035, 1_000, 1_010)));
        assert!(watch.was_set_forward(reading(502_100, 2_000, 2_010)));
        // From there on the new time is the time.
        assert!(!watch.was_set_forward(reading(503_100, 3_000, 3_010)));
        // Back, and far apart.
        assert!(!watch.was_set_forward(reading(400_000, 4_000, 4_010)));
        assert!(!watch.was_set_forward(reading(900_000, 60_000, 60_010)));
    }
}

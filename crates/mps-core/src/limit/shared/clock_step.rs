//! Detects that the server's clock was set forward.

use std::{sync::Mutex, time::Duration};

use crate::{limit::ring::START_TOLERANCE, sync::lock};

/// A longer time between readings is not compared: a step in it no longer matters, and two clocks
/// with slightly different rates would look like one.
const LOOK_BACK: Duration = Duration::from_secs(30);
/// More than two sound clocks differ by within that time.
const STEP_TOLERANCE: Duration = START_TOLERANCE.checked_div(2).unwrap();

/// The server's clock, read between two moments of this process's clock.
#[derive(Clone, Copy, Debug)]
pub(in crate::limit) struct ClockReading {
    pub(in crate::limit) server: Duration,
    pub(in crate::limit) sent: Duration,
    pub(in crate::limit) received: Duration,
}

/// Compares each reading with the one before.
///
/// A clock that is set back needs no detection: the slots are then ahead of it, and are waited for
/// or found implausible.
#[derive(Debug, Default)]
pub(in crate::limit) struct StepDetector(Mutex<Option<ClockReading>>);

impl StepDetector {
    pub(in crate::limit) fn was_set_forward(&self, reading: ClockReading) -> bool {
        let Some(before) = lock(&self.0).replace(reading) else {
            return false;
        };
        let most = reading.received.saturating_sub(before.sent);
        let passed = reading.server.saturating_sub(before.server);
        most <= LOOK_BACK && passed > most + STEP_TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(server_ms: u64, sent_ms: u64, received_ms: u64) -> ClockReading {
        let ms = Duration::from_millis;
        ClockReading {
            server: ms(server_ms),
            sent: ms(sent_ms),
            received: ms(received_ms),
        }
    }

    #[test]
    fn only_a_step_forward_that_no_delay_explains_is_detected() {
        let steps = StepDetector::default();
        assert!(!steps.was_set_forward(reading(500_000, 0, 10)));
        assert!(!steps.was_set_forward(reading(501_035, 1_000, 1_010)));
        assert!(steps.was_set_forward(reading(502_100, 2_000, 2_010)));
        // From here on the new time is compared.
        assert!(!steps.was_set_forward(reading(503_100, 3_000, 3_010)));
        // Set back, and too long ago.
        assert!(!steps.was_set_forward(reading(400_000, 4_000, 4_010)));
        assert!(!steps.was_set_forward(reading(900_000, 60_000, 60_010)));
    }
}

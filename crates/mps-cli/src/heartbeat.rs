//! A sign of life in long waits.

use std::{pin::pin, time::Duration};

use mps_core::clock::Clock;

/// The longest time without a line on stderr.
const INTERVAL: Duration = Duration::from_secs(30);

/// Runs `work` and returns its output. Calls `beat` with the time since the start after every 30
/// seconds: for example, three times during a wait of 95 seconds.
///
/// # Cancel safety
/// As cancel safe as `work`.
pub(crate) async fn during<T>(
    clock: &dyn Clock,
    work: impl Future<Output = T>,
    beat: impl Fn(Duration),
) -> T {
    let started = clock.monotonic();
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            output = &mut work => return output,
            () = clock.sleep(INTERVAL) => beat(clock.monotonic().saturating_sub(started)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use mps_core::clock::TestClock;

    use super::*;

    #[tokio::test]
    async fn a_long_wait_has_a_line_every_thirty_seconds() {
        let clock = TestClock::new(0);
        let beats = RefCell::new(Vec::new());
        let work = clock.sleep(Duration::from_secs(95));
        let wait = during(&clock, work, |elapsed| {
            beats.borrow_mut().push(elapsed.as_secs());
        });
        let time = async {
            for _ in 0..100 {
                clock.advance(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(wait, time);
        assert_eq!(*beats.borrow(), [30, 60, 90]);
    }
}

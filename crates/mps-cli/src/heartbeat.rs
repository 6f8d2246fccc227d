//! A sign of life in long waits.

use std::{pin::pin, time::Duration};

use mps_core::clock::Clock;

/// The longest time without a line on stderr.
const INTERVAL: Duration = Duration::from_secs(30);

/// Runs `work`, and calls `beat` with the time since the start after every 30 seconds.
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

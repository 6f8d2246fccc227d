//! Log events of the limiters. `telemetry.rs` documents their names.

use std::time::Duration;

use tracing::warn;

/// Reports that throttling added room between starts.
pub(super) fn widened(action: &str, added: Duration) {
    let added_ms = millis(added);
    warn!(name: "mps.limit.widened", action, added_ms, "permitted calls are throttled; leaving more room between starts");
}

/// Reports that the shared state could not be read and is requested again after `pause`.
#[cfg(any(
    all(unix, feature = "file-limit"),
    feature = "redis",
    feature = "postgres"
))]
pub(super) fn retrying(action: &str, error: &super::Unavailable, pause: Duration) {
    let pause_ms = millis(pause);
    warn!(name: "mps.limit.retry", action, %error, pause_ms, "the shared limit is unavailable; asking again");
}

/// Reports that a read is limited by this process alone.
#[cfg(any(
    all(unix, feature = "file-limit"),
    feature = "redis",
    feature = "postgres"
))]
pub(super) fn read_fallback(action: &str, error: &super::Unavailable) {
    warn!(name: "mps.limit.read_fallback", action, %error, "the shared limit is unavailable; reads are limited within this process");
}

/// Reports that starts come from the reserve because the shared limit is unavailable.
pub(super) fn reserve(action: &str, error: &super::Unavailable) {
    warn!(name: "mps.limit.reserve", action, %error, "the shared limit is unavailable; starting from the reserve only");
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

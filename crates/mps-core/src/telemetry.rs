//! Names of the spans, events and fields that calls emit through [`tracing`].
//!
//! No event ever carries a body, a prompt, a key or a URL.
//!
//! | name | level | fields |
//! |---|---|---|
//! | span `mps.call` | info | `action`, `effect` |
//! | event `mps.attempt` | debug | `attempt`, `waited_ms` |
//! | event `mps.retry` | warn | `attempt`, `kind`, `code`, `request_id`, `pause_ms` |
//! | event `mps.in_doubt` | error | `attempt`, `kind`, `code`, `request_id` |
//! | event `mps.skew` | warn | `offset_s` |
//! | event `mps.limit.widened` | warn | `action`, `added_ms` |
//! | event `mps.limit.trouble` | warn | `action`, `error`, `pause_ms` |

use std::time::Duration;

use mps_models::Effect;
use tracing::{Span, debug, error, info_span, warn};

use crate::error::Error;

pub(crate) fn call(action: &str, effect: Effect) -> Span {
    info_span!("mps.call", action, effect = effect.as_str())
}

pub(crate) fn attempt(attempt: u32, waited: Duration) {
    debug!(name: "mps.attempt", attempt, waited_ms = millis(waited), "request handed to the transport");
}

pub(crate) fn retry(attempt: u32, failure: &Error, pause: Duration) {
    warn!(
        name: "mps.retry",
        attempt,
        kind = failure.kind().as_str(),
        code = failure.code(),
        request_id = failure.request_id(),
        pause_ms = millis(pause),
        "attempt failed, another follows"
    );
}

pub(crate) fn in_doubt(attempt: u32, failure: &Error) {
    error!(
        name: "mps.in_doubt",
        attempt,
        kind = failure.kind().as_str(),
        code = failure.code(),
        request_id = failure.request_id(),
        "it may have been executed and billed; not tried again"
    );
}

pub(crate) fn skew(offset_s: i64) {
    warn!(name: "mps.skew", offset_s, "this machine's clock is off; following the service's");
}

pub(crate) fn limit_widened(action: &str, added: Duration) {
    warn!(name: "mps.limit.widened", action, added_ms = millis(added), "permitted calls are throttled; leaving more room");
}

#[cfg(any(all(unix, feature = "file-limit"), feature = "redis"))]
pub(crate) fn limit_trouble(action: &str, error: &crate::limit::Unavailable, pause: Duration) {
    warn!(name: "mps.limit.trouble", action, %error, pause_ms = millis(pause), "the limiter has no answer; asking again");
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

//! Telemetry of calls: spans and events through [`tracing`], and numbers through [`Metrics`].
//!
//! These names are part of the public interface: a version may add some and renames none.
//!
//! | name | level | fields |
//! |---|---|---|
//! | span `mps.call` | info | `action`, `effect`; at the end `attempts`, `outcome`, `request_id` |
//! | span `mps.attempt` | debug | `attempt`, `host`, `waited_ms`; at the end `outcome`, `code`, `request_id` |
//! | event `mps.sent` | debug | in its attempt's span, as the request is handed to the transport |
//! | event `mps.retry` | warn | `attempt`, `kind`, `code`, `request_id`, `pause_ms` |
//! | event `mps.throttled` | warn | `attempt`, `code`, `request_id` |
//! | event `mps.in_doubt` | error | `attempt`, `kind`, `code`, `request_id` |
//! | event `mps.detached` | warn | `action`, `attempt`, `host` |
//! | event `mps.left_in_flight` | warn | `count`, `calls` (actions and hashes of bodies) |
//! | event `mps.observer_panicked` | error | |
//! | event `mps.credentials_refreshed` | info | `outcome` (`renewed`, `unchanged`, `failed`) |
//! | event `mps.skew` | warn | `offset_s` |
//! | event `mps.credentials` | debug | `lifetime_s` |
//! | event `mps.credentials_failed` | warn | `reason` |
//! | event `mps.limit.widened` | warn | `action`, `added_ms` |
//! | event `mps.limit.retry` | warn | `action`, `error`, `pause_ms` |
//! | event `mps.limit.read_fallback` | warn | `action`, `error` |
//! | event `mps.limit.reserve` | warn | `action`, `error` |
//! | event `mps.breaker` | warn | `host`, `state` (`closed`, `open`, `half_open`) |
//!
//! `effect` is [`Effect::as_str`], `kind` is [`ErrorKind::as_str`](crate::ErrorKind::as_str), and
//! `outcome` is `ok` or a kind. Durations are whole milliseconds. Fields without a value are left
//! out. No span or event contains a body, a prompt, a key, a token, a signature or the URL of a result.

use std::{sync::Arc, time::Duration};

use mps_models::Effect;
use tracing::{Span, debug, debug_span, error, field::Empty, info, info_span, warn};

use crate::{call::Intent, endpoint::BreakerState, error::Error};

mod metrics;

pub use self::metrics::{AttemptEnded, CallEnded, CallInfo, Failure, Metrics, RefreshOutcome};

/// Reports the events of a client to its [`Metrics`] and to [`tracing`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Telemetry(Option<Arc<dyn Metrics>>);

/// Returns the span of a whole call.
pub(crate) fn call_span(action: &str, effect: Effect) -> Span {
    info_span!(
        "mps.call",
        action,
        effect = effect.as_str(),
        attempts = Empty,
        outcome = Empty,
        request_id = Empty,
    )
}

/// Returns the span of one attempt.
pub(crate) fn attempt_span(attempt: u32, host: &str, waited: Duration) -> Span {
    debug_span!(
        "mps.attempt",
        attempt,
        host,
        waited_ms = millis(waited),
        outcome = Empty,
        code = Empty,
        request_id = Empty,
    )
}

/// Must be called within the attempt's span.
pub(crate) fn sent() {
    debug!(name: "mps.sent", "request handed to the transport");
}

/// A caller went away while its request was on the wire.
pub(crate) fn detached(call: CallInfo<'_>, intent: &Intent) {
    warn!(
        name: "mps.detached",
        action = call.action,
        attempt = intent.attempt(),
        host = intent.host(),
        "the caller went away; the request on the wire continues"
    );
}

/// The last clone of a client was dropped while requests were on the wire.
pub(crate) fn left_in_flight(intents: &[Intent]) {
    let calls: Vec<String> = intents
        .iter()
        .map(|intent| format!("{} {}", intent.action(), intent.body_sha256()))
        .collect();
    warn!(
        name: "mps.left_in_flight",
        count = intents.len(),
        calls = calls.join(", "),
        "the client was dropped while requests were on the wire; call `drain` before a program ends"
    );
}

pub(crate) fn observer_panicked() {
    error!(name: "mps.observer_panicked", "an observer panicked; the call is not affected");
}

pub(crate) fn skew(offset_s: i64) {
    warn!(name: "mps.skew", offset_s, "this machine's clock is wrong; signing with the service's time");
}

impl Telemetry {
    pub(crate) fn new(metrics: Arc<dyn Metrics>) -> Self {
        Self(Some(metrics))
    }

    pub(crate) fn permit_waited(&self, call: CallInfo<'_>, waited: Duration) {
        self.count(|metrics| metrics.permit_waited(call, waited));
    }

    pub(crate) fn attempt_ended(
        &self,
        call: CallInfo<'_>,
        span: &Span,
        attempt: &AttemptEnded<'_>,
    ) {
        // A span that nobody listens to would look up each name all the same.
        if !span.is_disabled() {
            let failure = attempt.failure;
            span.record("outcome", outcome(failure));
            span.record("code", failure.and_then(|failure| failure.code));
            span.record("request_id", attempt.request_id);
        }
        self.count(|metrics| metrics.attempt_ended(call, attempt));
    }

    pub(crate) fn retrying(
        &self,
        call: CallInfo<'_>,
        attempt: u32,
        failure: &Error,
        pause: Duration,
    ) {
        warn!(
            name: "mps.retry",
            attempt,
            kind = failure.kind().as_str(),
            code = failure.code(),
            request_id = failure.request_id(),
            pause_ms = millis(pause),
            "attempt failed, another follows"
        );
        self.count(|metrics| metrics.retrying(call, &Failure::of(failure), pause));
    }

    pub(crate) fn throttled(&self, call: CallInfo<'_>, attempt: u32, failure: &Error) {
        warn!(
            name: "mps.throttled",
            attempt,
            code = failure.code(),
            request_id = failure.request_id(),
            "throttled; the limiter leaves more room between starts"
        );
        self.count(|metrics| metrics.throttled(call, &Failure::of(failure)));
    }

    pub(crate) fn in_doubt(&self, call: CallInfo<'_>, attempt: u32, failure: &Error) {
        error!(
            name: "mps.in_doubt",
            attempt,
            kind = failure.kind().as_str(),
            code = failure.code(),
            request_id = failure.request_id(),
            "the call may have been executed and billed; it is not retried"
        );
        self.count(|metrics| metrics.in_doubt(call, &Failure::of(failure)));
    }

    pub(crate) fn credentials_refreshed(&self, call: CallInfo<'_>, outcome: RefreshOutcome) {
        info!(
            name: "mps.credentials_refreshed",
            outcome = outcome.as_str(),
            "the service refused the token; credentials were refreshed"
        );
        self.count(|metrics| metrics.credentials_refreshed(call, outcome));
    }

    pub(crate) fn breaker_changed(&self, host: &str, state: BreakerState) {
        warn!(name: "mps.breaker", host, state = state.as_str(), "the circuit breaker of an endpoint changed its state");
        self.count(|metrics| metrics.breaker_changed(host, state));
    }

    pub(crate) fn call_ended(&self, call: CallInfo<'_>, span: &Span, ended: &CallEnded<'_>) {
        if !span.is_disabled() {
            span.record("attempts", ended.attempts);
            span.record("outcome", outcome(ended.failure));
            span.record("request_id", ended.request_id);
        }
        self.count(|metrics| metrics.call_ended(call, ended));
    }

    fn count(&self, record: impl FnOnce(&dyn Metrics)) {
        if let Some(metrics) = &self.0 {
            record(&**metrics);
        }
    }
}

fn outcome(failure: Option<Failure<'_>>) -> &'static str {
    failure.map_or("ok", |failure| failure.kind.as_str())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

//! Observes the calls of a client: keeps the phase of a create up to date, and prints events.

use std::{sync::Arc, time::Duration};

use mps_aigc::models::Effect;
use mps_core::{
    BoxFuture, Gate, GateError, Intent,
    clock::SharedClock,
    telemetry::{AttemptEnded, CallInfo, Failure, Metrics},
};
use mps_jobs::LedgerGate;
use serde_json::json;

use crate::{
    foreign_text,
    output::{Event, Output},
    phase::Phase,
};

/// The gate of a create: records when it leaves this machine, and lets nothing leave after a signal.
#[derive(Debug)]
pub(crate) struct SignalGate {
    phase: Phase,
    clock: SharedClock,
}

impl SignalGate {
    pub(crate) fn new(phase: Phase, clock: SharedClock) -> Self {
        Self { phase, clock }
    }
}

impl Gate for SignalGate {
    fn pass<'a>(&'a self, intent: &'a Intent) -> BoxFuture<'a, Result<(), GateError>> {
        let may_leave = self.phase.begin_attempt(intent, self.clock.wall());
        Box::pin(async move {
            if may_leave {
                Ok(())
            } else {
                Err(GateError::new("a signal was received"))
            }
        })
    }

    fn not_sent(&self, _: &Intent) {
        self.phase.attempt_not_sent();
    }
}

/// The gates of a create: the ledger records that it leaves, then a signal is looked for.
#[derive(Debug)]
pub(crate) struct CreateGate {
    ledger: Option<Arc<LedgerGate>>,
    signals: SignalGate,
}

impl CreateGate {
    pub(crate) fn new(ledger: Option<Arc<LedgerGate>>, signals: SignalGate) -> Self {
        Self { ledger, signals }
    }
}

impl Gate for CreateGate {
    fn pass<'a>(&'a self, intent: &'a Intent) -> BoxFuture<'a, Result<(), GateError>> {
        Box::pin(async move {
            if let Some(ledger) = &self.ledger {
                ledger.pass(intent).await?;
            }
            let passed = self.signals.pass(intent).await;
            if let (Err(_), Some(ledger)) = (&passed, &self.ledger) {
                ledger.not_sent(intent);
            }
            passed
        })
    }

    fn lead(&self) -> Duration {
        let ledger = self.ledger.as_ref();
        ledger.map_or(Duration::ZERO, Gate::lead)
    }

    fn not_sent(&self, intent: &Intent) {
        self.signals.not_sent(intent);
        if let Some(ledger) = &self.ledger {
            ledger.not_sent(intent);
        }
    }

    fn refused(&self, intent: &Intent) {
        if let Some(ledger) = &self.ledger {
            ledger.refused(intent);
        }
    }
}

/// Receives the events of calls.
#[derive(Debug)]
pub(crate) struct Monitor {
    pub(crate) phase: Phase,
    pub(crate) output: Output,
}

impl Metrics for Monitor {
    fn attempt_ended(&self, call: CallInfo<'_>, attempt: &AttemptEnded<'_>) {
        self.output.sentence(|| sentence(call, attempt));
        if call.effect == Effect::Read {
            return;
        }
        let failure = attempt.failure.as_ref();
        let surely_not_executed =
            failure.is_some_and(|failure| !failure.dispatch.may_have_executed());
        let outcome = failure.map_or_else(|| "answered".to_owned(), describe);
        self.phase
            .end_attempt(surely_not_executed, &outcome, attempt.request_id);
    }

    fn retrying(&self, call: CallInfo<'_>, failure: &Failure<'_>, pause: Duration) {
        // After a signal no further attempt is made.
        if self.phase.signal().is_some() {
            return;
        }
        let (action, cause) = (call.action, describe(failure));
        let human = format!("{action}: {cause}; trying again in {pause:.1?}");
        self.report("retry", call, failure, &human, Some(pause));
    }

    fn throttled(&self, call: CallInfo<'_>, failure: &Failure<'_>) {
        let (action, cause) = (call.action, describe(failure));
        let human = format!("{action}: throttled ({cause})");
        self.report("throttled", call, failure, &human, None);
    }
}

impl Monitor {
    /// Prints an event: for people only that of a create, since a wait survives trouble with polls.
    fn report(
        &self,
        event: &'static str,
        call: CallInfo<'_>,
        failure: &Failure<'_>,
        human: &str,
        pause: Option<Duration>,
    ) {
        let event = Event::new(event, human).details(json!({
            "action": call.action,
            "kind": failure.kind.as_str(),
            "code": failure.code.map(foreign_text::cut_name),
            "request_id": failure.request_id.map(foreign_text::cut_name),
            "dispatch": failure.dispatch.as_str(),
            "pause_ms": pause.map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)),
        }));
        if call.effect == Effect::Read {
            self.output.detail(&event);
        } else {
            self.output.progress(&event);
        }
    }
}

/// Returns the sentence about one request, for `-v`. For example: `CreateAigcVideoTask to
/// mps.intl.tencentcloudapi.com: status 200 after 312 ms, 87 bytes sent, 136 received, request id ...`.
fn sentence(call: CallInfo<'_>, attempt: &AttemptEnded<'_>) -> String {
    let number = match attempt.number {
        1 => String::new(),
        number => format!(", attempt {number}"),
    };
    let failure = attempt.failure.as_ref();
    let failure = failure.map_or_else(String::new, |failure| format!("{}, ", describe(failure)));
    let status = attempt.http_status.map_or_else(
        || "no response".to_owned(),
        |status| format!("status {status}"),
    );
    let received = attempt
        .received_bytes
        .map(|bytes| format!(", {bytes} received"));
    let id = attempt.request_id.map(foreign_text::name);
    let id = id.map(|id| format!(", request id {id}"));
    format!(
        "{} to {}{number}: {failure}{status} after {} ms, {} bytes sent{}{}",
        call.action,
        attempt.host,
        attempt.took.as_millis(),
        attempt.sent_bytes,
        received.unwrap_or_default(),
        id.unwrap_or_default(),
    )
}

fn describe(failure: &Failure<'_>) -> String {
    match (failure.code, failure.http_status) {
        (Some(code), _) => foreign_text::name(code).into_owned(),
        (None, Some(status)) => format!("{} (HTTP status {status})", failure.kind.as_str()),
        (None, None) => failure.kind.as_str().to_owned(),
    }
}

//! Reports of attempts and calls: breaker, limiter, spans, events and metrics.

use mps_models::Effect;
use tracing::Span;

use super::{Inner, on_wire::Attempted};
use crate::{
    call::{Call, Output},
    endpoint::{BreakerState, EndpointLease, Outcome},
    envelope::Answer,
    error::{Error, StopReason},
    retry::is_rate_throttled,
    telemetry::{AttemptEnded, CallEnded, CallInfo, Failure},
};

impl Inner {
    pub(super) fn report_probe(&self, lease: &EndpointLease) {
        if lease.is_probe() {
            let host = lease.endpoint().host();
            self.telemetry.breaker_changed(host, BreakerState::HalfOpen);
        }
    }

    /// Reports the outcome of an attempt to the breaker and to the metrics.
    pub(super) fn record_attempt(
        &self,
        call: &Call,
        mut lease: EndpointLease,
        number: u32,
        span: &Span,
        attempted: &Attempted,
    ) {
        let failure = attempted.outcome.as_ref().err();
        let outcome = failure.map_or(Outcome::Answered, Outcome::of);
        let changed = lease.settle(outcome, attempted.facts.ended);
        let host = lease.endpoint().host();
        if let Some(state) = changed {
            self.telemetry.breaker_changed(host, state);
        }
        let ended = AttemptEnded {
            number,
            host,
            took: attempted.facts.took(),
            http_status: attempted.facts.response.map(|(status, _)| status),
            sent_bytes: call.body.len(),
            received_bytes: attempted.facts.response.map(|(_, bytes)| bytes),
            request_id: request_id(&attempted.outcome),
            failure: failure.map(Failure::of),
        };
        self.telemetry.attempt_ended(call.info(), span, &ended);
    }

    /// Lets the limiter learn from a call that was refused for the rate of requests.
    pub(super) fn learn_from(&self, call: CallInfo<'_>, attempts: u32, failure: &Error) {
        if is_rate_throttled(failure) {
            self.limiter.throttled(call.action);
            self.telemetry.throttled(call, attempts, failure);
        }
    }

    /// Returns why a failure without a retry action is final, and reports a call that is in doubt.
    pub(super) fn why_final(
        &self,
        call: CallInfo<'_>,
        attempts: u32,
        failure: &Error,
    ) -> StopReason {
        if call.effect == Effect::Read || !failure.dispatch().may_have_executed() {
            return StopReason::Permanent;
        }
        self.telemetry.in_doubt(call, attempts, failure);
        StopReason::InDoubt
    }

    pub(super) fn record_end<T>(
        &self,
        call: &Call,
        span: &Span,
        outcome: &Result<Output<T>, Error>,
    ) {
        let ended = match outcome {
            Ok(output) => CallEnded {
                attempts: output.attempts,
                took: output.elapsed,
                request_id: output.request_id.as_deref(),
                failure: None,
            },
            Err(error) => CallEnded {
                attempts: error.attempts(),
                took: error.elapsed(),
                request_id: error.request_id(),
                failure: Some(Failure::of(error)),
            },
        };
        self.telemetry.call_ended(call.info(), span, &ended);
    }
}

fn request_id(outcome: &Result<Answer, Error>) -> Option<&str> {
    match outcome {
        Ok(answer) => answer.request_id.as_deref(),
        Err(error) => error.request_id(),
    }
}

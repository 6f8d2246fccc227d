//! One call from its first permit to its answer, or to the error that ends it.

use std::time::{Duration, SystemTime};

use mps_models::{
    Effect,
    service::{self, ErrorClass},
};
use tracing::{Instrument as _, Span};

use super::{
    Inner,
    errors::{no_answer, no_answer_in, no_credentials, no_permit, too_late},
    skew::Refused,
};
use crate::{
    call::{Call, CallOptions, Output},
    clock,
    credentials::Credentials,
    endpoint::{BreakerState, Endpoint, EndpointLease, Outcome},
    envelope::{Answer, Received},
    error::{Error, ErrorKind, StopReason},
    limit::{Permit, PermitRequest},
    retry::{Backoff, RetryAction, is_rate_throttled, retry_action, retry_after},
    sign::sign,
    telemetry::{self, AttemptEnded, CallInfo, Failure, RefreshOutcome},
    transport::RequestBody,
};

pub(super) struct Execution<'a> {
    client: &'a Inner,
    call: &'a Call,
    started: Duration,
    deadline: Duration,
    attempts: u32,
    /// The last attempt: when it began and ended, and the timestamp it was signed with.
    attempt_started: Duration,
    attempt_ended: Duration,
    timestamp: i64,
    clock_corrected: bool,
    credentials_refreshed: bool,
    /// The service's clock and wish, as the last answer gave them.
    service_time: Option<SystemTime>,
    retry_after: Option<Duration>,
}

impl<'a> Execution<'a> {
    pub(super) fn new(client: &'a Inner, call: &'a Call, options: &CallOptions) -> Self {
        let started = client.clock.monotonic();
        let limit = options.deadline.unwrap_or(client.limits.deadline);
        Self {
            client,
            call,
            started,
            deadline: started.saturating_add(limit),
            attempts: 0,
            attempt_started: started,
            attempt_ended: started,
            timestamp: 0,
            clock_corrected: false,
            credentials_refreshed: false,
            service_time: None,
            retry_after: None,
        }
    }

    /// Tries, and tries again for as long as that is safe, useful and in time.
    pub(super) async fn run(mut self) -> Result<Output<Answer>, Error> {
        self.check_size().map_err(|error| self.ended(error))?;
        let mut credentials = self
            .credentials()
            .await
            .map_err(|error| self.ended(error))?;
        loop {
            let failure = match self.attempt(&credentials).await {
                Ok(answer) => return Ok(self.arrived(answer)),
                Err(failure) => failure,
            };
            if let Err(reason) = self.make_ready(&failure, &mut credentials).await {
                return Err(self.ended(self.explained(failure).with_stop(reason)));
            }
        }
    }

    fn check_size(&self) -> Result<(), Error> {
        let (size, cap) = (self.call.body.len(), self.client.limits.request_bytes);
        if size <= cap {
            return Ok(());
        }
        let message = format!("the request has {size} bytes; the service takes at most {cap}");
        Err(Error::new(ErrorKind::TooLarge, message)
            .with_hint("pass media by URL, not inside the request"))
    }

    async fn credentials(&self) -> Result<Credentials, Error> {
        let provided = clock::timeout(
            &*self.client.clock,
            self.time_left(),
            self.client.credentials.provide(),
        );
        match provided.await {
            Some(Ok(credentials)) => Ok(credentials),
            Some(Err(error)) => Err(no_credentials(&error)),
            None => Err(Error::new(
                ErrorKind::Timeout,
                "the deadline passed while waiting for credentials",
            )),
        }
    }

    /// permit -> clock -> sign -> transport -> envelope
    async fn attempt(&mut self, credentials: &Credentials) -> Result<Answer, Error> {
        // Neither the clock nor the wish of an earlier answer says anything about this one.
        (self.service_time, self.retry_after) = (None, None);
        let body = RequestBody::new(self.call.body.clone());
        let asked = self.now();
        let (lease, request, started) = loop {
            let permit = self.permit().await?;
            let lease = self.client.route.pick(self.call.effect, || self.now());
            self.timestamp = self.client.timestamp();
            let request = self.signed(lease.endpoint, credentials, body.clone())?;
            let now = self.now();
            // Sent now, nobody would listen for the answer, and a create would be in doubt.
            if now >= self.deadline {
                return Err(too_late());
            }
            // Late by more than the fence: starting now could crowd a window, so ask again.
            if permit.start() {
                break (lease, request, now);
            }
        };
        self.attempts += 1;
        self.attempt_started = started;
        let waited = started.saturating_sub(asked);
        self.client.telemetry.permit_waited(self.called(), waited);
        let span = telemetry::attempt_span(self.attempts, lease.endpoint.host(), waited);
        self.report_probe(&lease);
        let left = self.deadline.saturating_sub(started);
        let exchange = self.exchange(request, &body, left).instrument(span.clone());
        let outcome = exchange.await.and_then(|received| self.open(&received));
        self.attempt_ended = self.now();
        self.settle(lease, &span, &outcome);
        outcome
    }

    async fn permit(&self) -> Result<Permit, Error> {
        let request = PermitRequest::new(&self.call.action, self.call.effect, self.call.rate_limit)
            .max_wait(self.time_left());
        self.client
            .limiter
            .acquire(request)
            .await
            .map_err(no_permit)
    }

    fn signed(
        &self,
        endpoint: &Endpoint,
        credentials: &Credentials,
        body: RequestBody,
    ) -> Result<http::Request<RequestBody>, Error> {
        let wire = self.client.wire(endpoint, self.call);
        let timestamp = self.timestamp;
        let keys = &self.client.keys;
        let key = keys.get(credentials.secret_key(), timestamp, service::NAME);
        let signed = sign(
            wire.canonical_request(),
            credentials.secret_id(),
            &key,
            timestamp,
        );
        wire.request(timestamp, credentials.token(), signed.authorization, body)
    }

    async fn exchange(
        &self,
        request: http::Request<RequestBody>,
        body: &RequestBody,
        left: Duration,
    ) -> Result<Received, Error> {
        telemetry::sent();
        let limit = self.client.limits.attempt.min(left);
        let exchange = async {
            let response = self.client.transport.send(request).await;
            let response = response.map_err(|error| no_answer(error, body))?;
            Received::read(response, self.client.limits.response_bytes).await
        };
        let exchanged = clock::timeout(&*self.client.clock, limit, exchange).await;
        exchanged.unwrap_or_else(|| Err(no_answer_in(limit, body)))
    }

    fn open(&mut self, received: &Received) -> Result<Answer, Error> {
        received.open().inspect_err(|_| {
            self.service_time = received.date();
            self.retry_after = retry_after(&received.headers, self.client.service_time());
        })
    }

    fn report_probe(&self, lease: &EndpointLease<'_>) {
        if lease.is_probe() {
            let host = lease.endpoint.host();
            self.client
                .telemetry
                .breaker_changed(host, BreakerState::HalfOpen);
        }
    }

    /// Tells the breaker and whoever counts what came of an attempt.
    fn settle(&self, lease: EndpointLease<'_>, span: &Span, outcome: &Result<Answer, Error>) {
        let (client, endpoint) = (self.client, lease.endpoint);
        let failure = outcome.as_ref().err();
        let verdict = failure.map_or(Outcome::Answered, Outcome::of);
        if let Some(state) = lease.settle(verdict, self.attempt_ended) {
            client.telemetry.breaker_changed(endpoint.host(), state);
        }
        let ended = AttemptEnded {
            number: self.attempts,
            host: endpoint.host(),
            took: self.attempt_took(),
            request_id: request_id(outcome),
            failure: failure.map(Failure::of),
        };
        client.telemetry.attempt_ended(self.called(), span, &ended);
    }

    /// Does what has to happen before another try, or says why there is none.
    async fn make_ready(
        &mut self,
        failure: &Error,
        credentials: &mut Credentials,
    ) -> Result<(), StopReason> {
        if let Some(reason) = failure.stopped() {
            return Err(reason);
        }
        if is_rate_throttled(failure) {
            self.client.limiter.throttled(&self.call.action);
            let telemetry = &self.client.telemetry;
            telemetry.throttled(self.called(), self.attempts, failure);
        }
        let action =
            retry_action(self.call.effect, failure).ok_or_else(|| self.why_not(failure))?;
        if self.attempts >= self.client.policy.max_attempts {
            return Err(StopReason::AttemptsUsed);
        }
        match action {
            RetryAction::CorrectClock => self.correct_clock(),
            RetryAction::RefreshCredentials => self.refresh(credentials).await,
            RetryAction::Backoff => self.pause(failure, self.client.policy.backoff).await,
            RetryAction::BackoffWhileBusy => self.pause(failure, self.client.policy.busy).await,
        }
    }

    fn why_not(&self, failure: &Error) -> StopReason {
        if self.call.effect == Effect::Read || !failure.dispatch().may_have_executed() {
            return StopReason::Permanent;
        }
        let telemetry = &self.client.telemetry;
        telemetry.in_doubt(self.called(), self.attempts, failure);
        StopReason::InDoubt
    }

    fn correct_clock(&mut self) -> Result<(), StopReason> {
        let first = !std::mem::replace(&mut self.clock_corrected, true);
        let skew = &self.client.skew;
        let refused = self
            .refused()
            .filter(|refused| first && skew.could_help(refused))
            .ok_or(StopReason::Permanent)?;
        if let Some(offset) = skew.learn(&refused) {
            telemetry::skew(offset);
        }
        Ok(())
    }

    /// A failure that is final, with what the clocks say about it if they are its reason.
    fn explained(&self, failure: Error) -> Error {
        if failure.class() != Some(ErrorClass::ClockSkew) {
            return failure;
        }
        let hint = match self.refused() {
            Some(refused) => self.client.skew.hint(&refused),
            None => "the answer tells no time to follow; check this machine's clock".to_owned(),
        };
        failure.with_hint(hint)
    }

    /// The clocks at the last answer, if that was a refusal and told the time.
    fn refused(&self) -> Option<Refused> {
        Some(Refused {
            service: self.service_time?,
            machine: self.client.clock.wall(),
            timestamp: self.timestamp,
            took: self.attempt_took(),
        })
    }

    async fn refresh(&mut self, credentials: &mut Credentials) -> Result<(), StopReason> {
        let first = !std::mem::replace(&mut self.credentials_refreshed, true);
        if !first {
            return Err(StopReason::Permanent);
        }
        let refreshed = self.client.credentials.refresh(credentials);
        let refreshed = clock::timeout(&*self.client.clock, self.time_left(), refreshed).await;
        let outcome = match &refreshed {
            Some(Ok(fresh)) if fresh.token() != credentials.token() => RefreshOutcome::Renewed,
            Some(Ok(_)) => RefreshOutcome::Unchanged,
            _ => RefreshOutcome::Failed,
        };
        let telemetry = &self.client.telemetry;
        telemetry.credentials_refreshed(self.called(), outcome);
        match refreshed {
            Some(Ok(fresh)) if outcome == RefreshOutcome::Renewed => {
                *credentials = fresh;
                Ok(())
            }
            _ => Err(StopReason::Permanent),
        }
    }

    async fn pause(&self, failure: &Error, backoff: Backoff) -> Result<(), StopReason> {
        let chance = fastrand::f64();
        let retry = self.attempts.saturating_sub(1);
        let pause = backoff.pause_asked(retry, chance, self.retry_after);
        if pause >= self.time_left() {
            return Err(StopReason::Deadline);
        }
        if !self.client.budget.spend() {
            return Err(StopReason::BudgetUsed);
        }
        let telemetry = &self.client.telemetry;
        telemetry.retrying(self.called(), self.attempts, failure, pause);
        self.client.clock.sleep(pause).await;
        Ok(())
    }

    fn arrived(&self, answer: Answer) -> Output<Answer> {
        self.client.budget.earn();
        Output {
            request_id: answer.request_id.clone(),
            body: answer,
            attempts: self.attempts,
            elapsed: self.attempt_ended.saturating_sub(self.started),
        }
    }

    fn called(&self) -> CallInfo<'a> {
        self.call.called()
    }

    fn ended(&self, error: Error) -> Error {
        error.with_call(
            &self.call.action,
            self.call.effect,
            self.attempts,
            self.elapsed(),
        )
    }

    fn now(&self) -> Duration {
        self.client.clock.monotonic()
    }

    fn attempt_took(&self) -> Duration {
        self.attempt_ended.saturating_sub(self.attempt_started)
    }

    fn elapsed(&self) -> Duration {
        self.now().saturating_sub(self.started)
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_sub(self.now())
    }
}

fn request_id(outcome: &Result<Answer, Error>) -> Option<&str> {
    match outcome {
        Ok(answer) => answer.request_id.as_deref(),
        Err(error) => error.request_id(),
    }
}

//! One attempt: permit, endpoint, signature, gate, start, exchange.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use mps_models::{Effect, service};

use super::{
    errors::{gate_panicked, gate_refused, no_permit, too_late},
    execute::Execution,
    on_wire::{Attempted, OnWire, Passed},
};
use crate::{
    call::Intent,
    clock,
    credentials::Credentials,
    endpoint::{Endpoint, EndpointLease},
    envelope::Answer,
    error::Error,
    limit::{Permit, PermitRequest},
    sign::sign,
    telemetry,
    transport::RequestBody,
};

/// The longest time before its slot at which a gate is asked. The request is signed before that, so
/// its timestamp is up to this much older when it leaves.
const LONGEST_LEAD: Duration = Duration::from_secs(1);

/// A signed request whose permit was used a moment ago.
struct Started {
    lease: EndpointLease,
    request: http::Request<RequestBody>,
    intent: Intent,
    passed: Option<Passed>,
    timestamp: i64,
    at: Duration,
}

impl Execution<'_> {
    pub(super) async fn attempt(&mut self, credentials: &Credentials) -> Result<Answer, Error> {
        // The date and the pause of the last answer do not apply to this attempt.
        (self.last.service_time, self.last.retry_after) = (None, None);
        let body = RequestBody::new(self.call.body.clone());
        let asked = self.now();
        let started = self.start(credentials, &body).await?;
        self.attempts += 1;
        let waited = started.at.saturating_sub(asked);
        let attempted = self.send(started, body, waited).await;
        self.last = attempted.facts;
        attempted.outcome
    }

    /// Acquires permits and passes the gate until both are in time. Dropped meanwhile, nothing is
    /// sent.
    async fn start(&self, credentials: &Credentials, body: &RequestBody) -> Result<Started, Error> {
        loop {
            let permit = self.permit().await?;
            let now = self.now();
            let slot_time = now.saturating_add(permit.opens_in());
            let lease = self.client.route.lease(self.call.effect, || now);
            let timestamp = self.client.timestamp();
            let request = self.signed(lease.endpoint(), credentials, body.clone(), timestamp)?;
            let endpoint = lease.route_endpoint();
            let number = self.attempts + 1;
            let intent = Intent::new(self.call.clone(), endpoint, number, timestamp, slot_time);
            let passed = self.pass_gate(&intent, body).await?;
            self.wait_for_slot(&permit).await;
            let at = self.now();
            // Without time left to wait for the answer, a create would be in doubt for sure.
            if at >= self.deadline || at > self.last_start {
                return Err(too_late());
            }
            // A permit that is used too late could crowd a window of the service's limit.
            if permit.start() {
                return Ok(Started {
                    lease,
                    request,
                    intent,
                    passed,
                    timestamp,
                    at,
                });
            }
        }
    }

    /// Returns the longest wait for a permit.
    fn longest_wait(&self) -> Duration {
        let limit = self.options.permit_within.unwrap_or(Duration::MAX);
        self.last_start.saturating_sub(self.now()).min(limit)
    }

    async fn permit(&self) -> Result<Permit, Error> {
        let info = self.info();
        let request = PermitRequest::new(info.action, info.effect, self.call.rate_limit)
            .max_wait(self.longest_wait())
            .lead(self.gate_lead());
        let permit = self.client.limiter.acquire(request).await;
        permit.map_err(no_permit)
    }

    /// Returns the time before its slot at which the gate is asked.
    fn gate_lead(&self) -> Duration {
        let gate = self.options.gate.as_ref();
        gate.map_or(Duration::ZERO, |gate| gate.lead().min(LONGEST_LEAD))
    }

    async fn wait_for_slot(&self, permit: &Permit) {
        loop {
            let wait = permit.opens_in();
            if wait.is_zero() {
                return;
            }
            self.client.clock.sleep(wait).await;
        }
    }

    fn signed(
        &self,
        endpoint: &Endpoint,
        credentials: &Credentials,
        body: RequestBody,
        timestamp: i64,
    ) -> Result<http::Request<RequestBody>, Error> {
        let wire = self.client.wire(endpoint, self.call);
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

    /// Awaits the gate, if there is one, for at most the time that is left.
    async fn pass_gate(
        &self,
        intent: &Intent,
        body: &RequestBody,
    ) -> Result<Option<Passed>, Error> {
        let Some(gate) = &self.options.gate else {
            return Ok(None);
        };
        let pass = AssertUnwindSafe(async { gate.pass(intent).await }).catch_unwind();
        let answer = clock::timeout(&*self.client.clock, self.time_left(), pass).await;
        match answer {
            Some(Ok(Ok(()))) => Ok(Some(Passed {
                gate: gate.clone(),
                intent: intent.clone(),
                body: body.clone(),
            })),
            Some(Ok(Err(refusal))) => Err(gate_refused(refusal)),
            Some(Err(_panic)) => Err(gate_panicked()),
            None => Err(too_late()),
        }
    }

    /// Sends the request. If it may change or bill something and this future is dropped once bytes
    /// may have left, the exchange continues without it.
    async fn send(&self, started: Started, body: RequestBody, waited: Duration) -> Attempted {
        let endpoint = started.lease.endpoint();
        let span = telemetry::attempt_span(self.attempts, endpoint.host(), waited);
        let metrics = &self.client.telemetry;
        metrics.permit_waited(self.info(), waited);
        self.client.report_probe(&started.lease);
        let intent = started.intent;
        let own_body = body.clone();
        let on_wire = OnWire {
            client: self.client.clone(),
            call: self.call.clone(),
            lease: started.lease,
            request: started.request,
            body,
            number: self.attempts,
            timestamp: started.timestamp,
            started: started.at,
            limit: self
                .client
                .limits
                .attempt
                .min(self.deadline.saturating_sub(started.at)),
            span,
            passed: started.passed,
        };
        if self.call.effect == Effect::Read {
            return on_wire.exchange().await;
        }
        self.ending.on_the_wire(&intent, own_body);
        let entry = self.client.in_flight.enter(intent);
        let ending = Arc::clone(&self.ending);
        let attempted = on_wire
            .detachable(ending, entry, self.options.cancel_on_drop)
            .await;
        self.ending.off_the_wire();
        attempted
    }
}

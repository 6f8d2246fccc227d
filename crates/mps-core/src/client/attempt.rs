//! One attempt: permit, endpoint, signature, gate, start, exchange.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use mps_models::{Effect, service};

use super::{
    errors::{gate_panicked, gate_refused, no_permit, too_late},
    execute::Execution,
    on_wire::{OnWire, Passed},
};
use crate::{
    call::Intent,
    clock,
    credentials::Credentials,
    endpoint::Endpoint,
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

impl Execution<'_> {
    /// Makes one attempt. If it may change or bill something and this future is dropped once bytes may
    /// have left, the exchange continues without it.
    pub(super) async fn attempt(&mut self, credentials: &Credentials) -> Result<Answer, Error> {
        // The date and the pause of the last answer do not apply to this attempt.
        (self.last.service_time, self.last.retry_after) = (None, None);
        let (on_wire, intent) = self.start(credentials).await?;
        self.attempts += 1;
        let attempted = if self.call.effect == Effect::Read {
            on_wire.exchange().await
        } else {
            self.ending.on_the_wire(&intent, &on_wire.body);
            let entry = self.client.in_flight.enter(intent);
            let detachable = on_wire.detachable(&self.ending, entry, self.options.cancel_on_drop);
            let attempted = detachable.await;
            self.ending.off_the_wire();
            attempted
        };
        self.last = attempted.facts;
        attempted.outcome
    }

    /// Acquires permits and passes the gate until both are in time. Returns the signed request, ready to be sent, and
    /// its intent.
    ///
    /// # Cancel safety
    /// Nothing is sent.
    async fn start(&self, credentials: &Credentials) -> Result<(Box<OnWire>, Intent), Error> {
        let body = RequestBody::new(self.call.body.clone());
        let requested_at = self.now();
        let mut now = requested_at;
        loop {
            let permit = self.permit(now).await?;
            now = self.now();
            let slot_time = now.saturating_add(permit.opens_in());
            let lease = self.client.route.lease(self.call.effect, || now);
            let timestamp = self.client.timestamp();
            let request = self.signed(lease.endpoint(), credentials, body.clone(), timestamp)?;
            let endpoint = lease.route_endpoint();
            let number = self.attempts + 1;
            let intent = Intent::new(self.call.clone(), endpoint, number, timestamp, slot_time);
            let passed = self.pass_gate(&intent, &body).await?;
            // Without a gate, and with an open permit, only signing happened since `now`.
            if passed.is_some() || !permit.opens_in().is_zero() {
                self.wait_for_slot(&permit).await;
                now = self.now();
            }
            // Without time left to wait for the answer, a create would be in doubt for sure.
            if now >= self.deadline || now > self.last_start {
                return Err(too_late());
            }
            // A permit that is used too late could crowd a window of the service's limit.
            if !permit.start() {
                continue;
            }
            let waited = now.saturating_sub(requested_at);
            self.client.telemetry.permit_waited(self.info(), waited);
            self.client.report_probe(&lease);
            let longest = self.client.limits.attempt;
            let on_wire = Box::new(OnWire {
                client: self.client.clone(),
                call: self.call.clone(),
                span: telemetry::attempt_span(number, lease.endpoint().host(), waited),
                lease,
                request,
                body,
                number,
                timestamp,
                started: now,
                limit: longest.min(self.deadline.saturating_sub(now)),
                passed,
            });
            return Ok((on_wire, intent));
        }
    }

    /// Acquires a permit, waiting until the last start or for `permit_within`, whichever is earlier.
    async fn permit(&self, now: Duration) -> Result<Permit, Error> {
        let info = self.info();
        let permit_within = self.options.permit_within.unwrap_or(Duration::MAX);
        let request = PermitRequest::new(info.action, info.effect, self.call.rate_limit)
            .max_wait(self.last_start.saturating_sub(now).min(permit_within))
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
}

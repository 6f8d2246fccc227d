//! A request on the wire: an exchange that can outlive its caller.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use tokio::runtime::Handle;
use tracing::{Instrument as _, Span};

use super::{
    Inner,
    ending::Ending,
    errors::{no_answer, no_answer_in},
    in_flight::Entry,
};
use crate::{
    BoxFuture,
    call::{Call, Gate, Intent, Output, RawBody},
    clock,
    endpoint::EndpointLease,
    envelope::{Answer, Received},
    error::{Dispatch, Error, StopReason},
    retry::retry_after,
    telemetry,
    transport::{RequestBody, ResponseBody, TransportError},
};

/// One attempt, ready to be handed to the transport. Owns everything it needs. Passed on in a box: a
/// future that takes it by value reserves its size for each move (about 5 KB, boxed 0.9 KB).
pub(super) struct OnWire {
    pub(super) client: Arc<Inner>,
    pub(super) call: Arc<Call>,
    pub(super) lease: EndpointLease,
    pub(super) request: http::Request<RequestBody>,
    pub(super) body: RequestBody,
    pub(super) number: u32,
    pub(super) timestamp: i64,
    pub(super) started: Duration,
    /// Longest time until the end of the answer.
    pub(super) limit: Duration,
    pub(super) span: Span,
    pub(super) passed: Option<Passed>,
}

/// One attempt after its end.
pub(super) struct Attempted {
    pub(super) outcome: Result<Answer, Error>,
    pub(super) facts: AttemptFacts,
}

/// The facts about an attempt that a retry needs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AttemptFacts {
    /// The time that it was signed with, in Unix seconds.
    pub(super) timestamp: i64,
    pub(super) started: Duration,
    pub(super) ended: Duration,
    /// The service's clock, if a failed answer gave it.
    pub(super) service_time: Option<SystemTime>,
    /// The pause that a failed answer asks for.
    pub(super) retry_after: Option<Duration>,
    /// The status of the response and the length of its body, if a whole one was received.
    pub(super) response: Option<(u16, usize)>,
}

impl AttemptFacts {
    pub(super) fn took(&self) -> Duration {
        self.ended.saturating_sub(self.started)
    }
}

impl OnWire {
    /// Sends the request and reads the answer.
    pub(super) async fn exchange(self: Box<Self>) -> Attempted {
        let request = self.request;
        let (client, span) = (&*self.client, &self.span);
        let response = span.in_scope(|| {
            telemetry::sent();
            client.transport.send(request)
        });
        let received = receive(client, response, &self.body, self.limit)
            .instrument(span.clone())
            .await;
        let mut facts = AttemptFacts {
            timestamp: self.timestamp,
            started: self.started,
            ended: client.clock.monotonic(),
            ..AttemptFacts::default()
        };
        let outcome = received.and_then(|received| {
            facts.response = Some((received.status.as_u16(), received.body.len()));
            received.open(self.call.effect).inspect_err(|_| {
                facts.service_time = received.date();
                facts.retry_after = retry_after(&received.headers, client.service_time());
            })
        });
        let attempted = Attempted { outcome, facts };
        client.record_attempt(&self.call, self.lease, self.number, span, &attempted);
        if let (Some(passed), Err(error)) = (&self.passed, &attempted.outcome)
            && error.dispatch() == Dispatch::Refused
        {
            passed.gate.refused(&passed.intent);
        }
        drop(self.passed);
        attempted
    }

    /// Sends the request such that it survives the caller, unless `cancel_on_drop`.
    pub(super) fn detachable(
        self: Box<Self>,
        ending: &Arc<Ending>,
        entry: Entry,
        cancel_on_drop: bool,
    ) -> Detachable {
        let (body, attempt) = (self.body.clone(), self.number);
        let (client, call) = (self.client.clone(), self.call.clone());
        Detachable {
            exchange: Some(Box::pin(self.exchange())),
            body,
            client,
            call,
            attempt,
            ending: ending.clone(),
            entry: Some(entry),
            runtime: Handle::try_current().ok().filter(|_| !cancel_on_drop),
        }
    }
}

async fn receive(
    client: &Inner,
    response: BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>>,
    body: &RequestBody,
    limit: Duration,
) -> Result<Received, Error> {
    // Pinned here, so that the future of the timeout has a pointer to it and not a copy.
    let exchange = pin!(async {
        let response = response.await.map_err(|error| no_answer(error, body));
        Received::read(response?, client.limits.response_bytes).await
    });
    let exchanged = clock::timeout(&*client.clock, limit, exchange).await;
    exchanged.unwrap_or_else(|| Err(no_answer_in(limit, body)))
}

/// The pass of a gate. Reports to the gate when the attempt was not sent after all.
pub(super) struct Passed {
    pub(super) gate: Arc<dyn Gate>,
    pub(super) intent: Intent,
    pub(super) body: RequestBody,
}

impl Drop for Passed {
    fn drop(&mut self) {
        if !self.body.was_taken() {
            self.gate.not_sent(&self.intent);
        }
    }
}

/// An exchange that continues in a task of the runtime when its caller drops it, once bytes may
/// have left.
pub(super) struct Detachable {
    exchange: Option<BoxFuture<'static, Attempted>>,
    body: RequestBody,
    client: Arc<Inner>,
    call: Arc<Call>,
    attempt: u32,
    ending: Arc<Ending>,
    entry: Option<Entry>,
    /// The runtime in which the exchange continues.
    runtime: Option<Handle>,
}

impl Future for Detachable {
    type Output = Attempted;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Attempted> {
        let Some(exchange) = &mut self.exchange else {
            return Poll::Pending;
        };
        let attempted = std::task::ready!(exchange.as_mut().poll(cx));
        self.exchange = None;
        Poll::Ready(attempted)
    }
}

impl Drop for Detachable {
    fn drop(&mut self) {
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        // No byte has left, and from here on none can.
        if self.body.revoke() {
            return;
        }
        self.ending.detach(self.runtime.is_some());
        let background = Background {
            client: self.client.clone(),
            call: self.call.clone(),
            attempt: self.attempt,
            ending: self.ending.clone(),
            _entry: self.entry.take(),
            is_over: false,
        };
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(background.finish(exchange))),
            None => background.give_up(exchange),
        }
    }
}

/// The rest of a call without a caller. Dropped unfinished, as by the end of the runtime, it
/// reports the call as lost.
struct Background {
    client: Arc<Inner>,
    call: Arc<Call>,
    attempt: u32,
    ending: Arc<Ending>,
    _entry: Option<Entry>,
    is_over: bool,
}

impl Background {
    async fn finish(mut self, exchange: BoxFuture<'static, Attempted>) {
        let attempted = exchange.await;
        self.is_over = true;
        let outcome = self.settled(attempted);
        self.ending.end_detached(self.attempt, outcome);
    }

    fn settled(&self, attempted: Attempted) -> Result<Output<RawBody>, Error> {
        let elapsed = attempted.facts.ended.saturating_sub(self.ending.started());
        match attempted.outcome {
            Ok(answer) => {
                self.client.budget.earn();
                Ok(Output::new(answer, self.attempt, elapsed).to_raw())
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// A failure is not retried, because no caller waits for the call.
    fn failed(&self, error: Error) -> Error {
        let call = self.call.info();
        self.client.learn_from(call, self.attempt, &error);
        match self.client.why_final(call, self.attempt, &error) {
            StopReason::InDoubt => error.with_stop(StopReason::InDoubt),
            _ if error.is_permanent() => error.with_stop(StopReason::Permanent),
            _ => error.with_stop(StopReason::CallerGone),
        }
    }

    fn give_up(self, exchange: BoxFuture<'static, Attempted>) {
        drop(exchange);
        drop(self);
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if !self.is_over {
            self.is_over = true;
            let message = "the call was cancelled while its request was on the wire";
            self.ending.lost(self.attempt, message);
        }
    }
}

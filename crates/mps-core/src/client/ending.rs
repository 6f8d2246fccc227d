//! The end of a call, reported exactly once, with or without a caller.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mps_models::Effect;
use tracing::Span;

use super::Inner;
use crate::{
    call::{Call, CallEnd, CallHandle, CallOptions, Intent, Observer, Output, RawBody},
    error::{Dispatch, Error, ErrorKind, StopReason},
    sync::lock,
    telemetry,
    transport::RequestBody,
};

/// The listeners of a call.
#[derive(Debug)]
pub(super) struct Ending {
    client: Arc<Inner>,
    call: Arc<Call>,
    observers: Vec<Arc<dyn Observer>>,
    handle: Option<CallHandle>,
    span: Span,
    started: Duration,
    intent: Mutex<Option<Intent>>,
    detached: AtomicBool,
    ended: AtomicBool,
}

impl Ending {
    pub(super) fn new(
        client: &Arc<Inner>,
        call: &Arc<Call>,
        options: &CallOptions,
        span: Span,
    ) -> Arc<Self> {
        let observers = [&options.observer, &client.observer];
        Arc::new(Self {
            client: client.clone(),
            call: call.clone(),
            observers: observers.into_iter().flatten().cloned().collect(),
            handle: options.handle.clone(),
            span,
            started: client.clock.monotonic(),
            intent: Mutex::default(),
            detached: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        })
    }

    pub(super) fn started(&self) -> Duration {
        self.started
    }

    /// Returns whether anything but the caller receives the outcome.
    pub(super) fn has_listeners(&self) -> bool {
        self.call.effect != Effect::Read && (!self.observers.is_empty() || self.handle.is_some())
    }

    /// Notes a request that is put on the wire.
    pub(super) fn on_the_wire(&self, intent: &Intent, body: &RequestBody) {
        *lock(&self.intent) = Some(intent.clone());
        if let Some(handle) = &self.handle {
            handle.on_the_wire(intent, body.clone());
        }
    }

    /// Notes the end of an attempt.
    pub(super) fn off_the_wire(&self) {
        if let Some(handle) = &self.handle {
            handle.off_the_wire();
        }
    }

    /// Notes that the caller went away while a request is on the wire, and whether that continues.
    pub(super) fn detach(&self, continues: bool) {
        self.detached.store(true, Ordering::Release);
        if !continues {
            return;
        }
        let Some(intent) = self.intent() else { return };
        telemetry::detached(self.call.info(), &intent);
        self.each(|observer| observer.detached(&intent));
    }

    /// Reports the outcome, unless one was reported already.
    pub(super) fn end(&self, outcome: &Result<Output<RawBody>, Error>) {
        if self.ended.swap(true, Ordering::AcqRel) || self.call.effect == Effect::Read {
            return;
        }
        let intent = self.intent();
        let end = CallEnd {
            intent: intent.as_ref(),
            outcome: outcome.as_ref(),
            detached: self.is_detached(),
        };
        self.each(|observer| observer.ended(&end));
        if let Some(handle) = &self.handle {
            handle.end(outcome.clone());
        }
    }

    /// Reports the end of a call without a caller: its metrics, and its outcome.
    pub(super) fn end_detached(&self, attempts: u32, outcome: Result<Output<RawBody>, Error>) {
        let outcome = outcome.map_err(|error| self.about_call(error, attempts));
        self.client.record_end(&self.call, &self.span, &outcome);
        self.end(&outcome);
    }

    /// Reports a request whose answer cannot be received any more.
    pub(super) fn lost(&self, attempts: u32, message: &str) {
        let error = Error::new(ErrorKind::Cancelled, message)
            .with_dispatch(Dispatch::Unknown)
            .with_stop(StopReason::InDoubt);
        let telemetry = &self.client.telemetry;
        telemetry.in_doubt(self.call.info(), attempts, &error);
        self.end_detached(attempts, Err(error));
    }

    /// Adds the facts of the call to an error.
    pub(super) fn about_call(&self, error: Error, attempts: u32) -> Error {
        let elapsed = self.client.clock.monotonic().saturating_sub(self.started);
        error.with_call(&self.call.action, self.call.effect, attempts, elapsed)
    }

    fn is_detached(&self) -> bool {
        self.detached.load(Ordering::Acquire)
    }

    fn intent(&self) -> Option<Intent> {
        let intent = lock(&self.intent);
        intent.clone()
    }

    fn each(&self, notify: impl Fn(&dyn Observer)) {
        for observer in &self.observers {
            notify_safely(&**observer, &notify);
        }
    }
}

/// Calls an observer and catches its panic, which must not cost the caller the answer.
pub(super) fn notify_safely(observer: &dyn Observer, notify: impl Fn(&dyn Observer)) {
    if catch_unwind(AssertUnwindSafe(|| notify(observer))).is_err() {
        telemetry::observer_panicked();
    }
}

/// Ends a call whose future is dropped before anything is on the wire.
pub(super) struct CallGuard(pub(super) Arc<Ending>);

impl Drop for CallGuard {
    fn drop(&mut self) {
        let ending = &self.0;
        if ending.ended.load(Ordering::Acquire) || ending.is_detached() || !ending.has_listeners() {
            return;
        }
        let message = "the caller went away while nothing was on the wire";
        let error = Error::new(ErrorKind::Cancelled, message);
        let attempts = ending.intent().map_or(0, |intent| intent.attempt());
        let error = ending.about_call(error.with_stop(StopReason::CallerGone), attempts);
        ending.end(&Err(error));
    }
}

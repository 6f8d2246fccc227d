//! Things that take time: a busy machine between a permit and its use, a wire between the client
//! and the service.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    BoxFuture,
    clock::SharedClock,
    limit::{LimitError, LimitStats, Limiter, Permit, PermitRequest},
    sync::lock,
    transport::{RequestBody, ResponseBody, Transport, TransportError},
};

/// Delays of random length, the same in every run with the same seed. Clones share the sequence.
#[derive(Clone, Debug)]
pub struct Delays {
    clock: SharedClock,
    rng: Arc<Mutex<fastrand::Rng>>,
    longest: Duration,
}

impl Delays {
    /// Returns delays on `clock` from zero to `longest`, in whole milliseconds.
    #[must_use]
    pub fn new(clock: SharedClock, seed: u64, longest: Duration) -> Self {
        Self {
            clock,
            rng: Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))),
            longest,
        }
    }

    /// Returns the next delay without waiting.
    #[must_use]
    pub fn next(&self) -> Duration {
        let longest = u64::try_from(self.longest.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(lock(&self.rng).u64(..=longest))
    }

    async fn pass(&self) {
        self.clock.sleep(self.next()).await;
    }
}

/// A limiter whose permits reach their callers late, as on a busy machine.
#[derive(Debug)]
pub struct DelayedLimiter<L> {
    inner: L,
    delays: Delays,
}

impl<L> DelayedLimiter<L> {
    /// Returns a limiter that delays every permit of `inner`.
    pub fn new(inner: L, delays: Delays) -> Self {
        Self { inner, delays }
    }
}

impl<L: Limiter> Limiter for DelayedLimiter<L> {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            let permit = self.inner.acquire(request).await?;
            self.delays.pass().await;
            Ok(permit)
        })
    }

    fn throttled(&self, action: &str) {
        self.inner.throttled(action);
    }

    fn stats(&self, action: &str) -> Option<LimitStats> {
        self.inner.stats(action)
    }
}

/// A transport over a slow network, which records the time of each request. Clones share the record.
#[derive(Clone, Debug)]
pub struct DelayedTransport<T> {
    inner: T,
    delays: Delays,
    starts_us: Arc<Mutex<Vec<u64>>>,
}

impl<T> DelayedTransport<T> {
    /// Returns a transport that delays every request to `inner`, and no response.
    pub fn new(inner: T, delays: Delays) -> Self {
        Self {
            inner,
            delays,
            starts_us: Arc::default(),
        }
    }

    /// Returns the time at which each request was passed to the transport, in microseconds of the clock.
    #[must_use]
    pub fn starts_us(&self) -> Vec<u64> {
        lock(&self.starts_us).clone()
    }

    fn note_start(&self) {
        let now = self.delays.clock.monotonic().as_micros();
        lock(&self.starts_us).push(u64::try_from(now).unwrap_or(u64::MAX));
    }
}

impl<T: Transport> Transport for DelayedTransport<T> {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            self.note_start();
            self.delays.pass().await;
            self.inner.send(request).await
        })
    }
}

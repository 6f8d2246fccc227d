//! Entry points for arbitrary bytes: the emulator's socket, and its service behind a valid signature.
//!
//! The fuzz targets in `tests/fuzz` and the property tests in `tests/tests/front.rs` use them.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use mps_core::{
    clock::{Clock, SystemClock, TestClock, timeout, unix_seconds},
    sign::{CanonicalRequest, Payload, Request as SignRequest, Scope, SigningKey, sign},
};
use mps_emulator::{Emulator, Service};
use mps_models::{ACTIONS, service};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
};

/// 2026-02-15T12:00:00Z.
const START: u64 = 1_771_156_800;
/// Limit on the time of one exchange.
const MAX_WAIT: Duration = Duration::from_secs(60);
const HOST: &str = "mps.emulator.invalid";

/// An emulator behind a loopback socket.
#[derive(Debug)]
pub struct Socket {
    runtime: Runtime,
    emulator: Emulator,
}

impl Socket {
    /// Starts an emulator on a free port.
    ///
    /// # Errors
    /// Fails if no port can be bound or no runtime can be created.
    pub fn open() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let emulator = runtime
            .block_on(Emulator::builder().seed(1).start())
            .map_err(io::Error::other)?;
        Ok(Self { runtime, emulator })
    }

    /// Resets the emulator, sends `bytes` over a new connection, and returns everything that is
    /// received until the emulator closes it.
    ///
    /// # Errors
    /// Fails if the connection breaks, which is allowed for malformed requests, or stays open for more
    /// than a minute, since a request may add a delay.
    pub fn exchange(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.emulator.reset();
        let clock = SystemClock::new();
        let exchanged = timeout(&clock, MAX_WAIT, self.send_and_receive(bytes));
        let exchanged = self.runtime.block_on(exchanged);
        exchanged.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn send_and_receive(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.emulator.address()).await?;
        stream.write_all(bytes).await?;
        stream.shutdown().await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

/// A service that is called with valid signatures, once per virtual second, so that neither
/// authentication nor the rate limit rejects a body before it is parsed.
#[derive(Debug)]
pub struct Signed {
    clock: TestClock,
    service: Service,
}

impl Signed {
    /// Returns a service with its own virtual clock.
    #[must_use]
    pub fn new() -> Self {
        let clock = TestClock::new(START);
        let builder = Emulator::builder().seed(1).clock(Arc::new(clock.clone()));
        Self {
            clock,
            service: builder.service(),
        }
    }

    /// Calls the action that is selected by the first byte, with the rest as its body. Returns `None`
    /// if `bytes` is empty.
    #[must_use]
    pub fn call(&self, bytes: &[u8]) -> Option<Response<Bytes>> {
        let (first, body) = bytes.split_first()?;
        let action = ACTIONS.get(usize::from(*first) % ACTIONS.len())?.name;
        self.clock.advance(Duration::from_secs(1));
        Some(self.service.handle(self.request(action, body).ok()?))
    }

    fn request(&self, action: &str, body: &[u8]) -> http::Result<Request<Bytes>> {
        let headers = [("content-type", "application/json"), ("host", HOST)];
        let canonical = CanonicalRequest::new(&SignRequest {
            method: "POST",
            uri: "/",
            query: "",
            headers: &headers,
            payload: Payload::Bytes(body),
        });
        let now = unix_seconds(self.clock.wall());
        let key = SigningKey::derive(self.service.secret_key(), &Scope::at(now, service::NAME));
        let signed = sign(canonical, self.service.secret_id(), &key, now);
        let request = headers
            .iter()
            .fold(Request::post("/"), |request, (name, value)| {
                request.header(*name, *value)
            });
        request
            .header("authorization", signed.authorization)
            .header("x-tc-action", action)
            .header("x-tc-timestamp", now)
            .header("x-tc-version", service::VERSION)
            .body(Bytes::copy_from_slice(body))
    }
}

impl Default for Signed {
    fn default() -> Self {
        Self::new()
    }
}

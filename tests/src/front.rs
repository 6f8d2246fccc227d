//! The emulator's front, for whoever throws bytes at it: the fuzzer in `tests/fuzz`, and the tests
//! that try the same with random bytes.

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

/// Noon.
const START: u64 = 1_771_156_800;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
const HOST: &str = "mps.emulator.invalid";

/// The socket: bytes in, bytes out.
#[derive(Debug)]
pub struct Socket {
    runtime: Runtime,
    emulator: Emulator,
}

impl Socket {
    /// An emulator on a free port.
    ///
    /// # Errors
    /// The system has no port or no thread to spare.
    pub fn open() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let emulator = runtime
            .block_on(Emulator::builder().seed(1).start())
            .map_err(io::Error::other)?;
        Ok(Self { runtime, emulator })
    }

    /// Sends these bytes and no more, and returns everything that comes back until the emulator
    /// closes the connection. It starts from nothing: what earlier bytes did is forgotten.
    ///
    /// # Errors
    /// The connection breaks, which is the emulator's right when it is sent nonsense, or stays open
    /// for five seconds, since bytes may ask for a delay too.
    pub fn exchange(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.emulator.reset();
        let clock = SystemClock::new();
        let exchanged = timeout(&clock, PATIENCE, self.exchanged(bytes));
        let exchanged = self.runtime.block_on(exchanged);
        exchanged.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn exchanged(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.emulator.address()).await?;
        stream.write_all(bytes).await?;
        stream.shutdown().await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

/// The service behind the signature: calls that are signed as they should be, one a second, so
/// that neither the key nor the limit stops what is inside them.
#[derive(Debug)]
pub struct Signed {
    clock: TestClock,
    service: Service,
}

impl Signed {
    /// A service under a clock of its own.
    #[must_use]
    pub fn new() -> Self {
        let clock = TestClock::new(START);
        let builder = Emulator::builder().seed(1).clock(Arc::new(clock.clone()));
        Self {
            clock,
            service: builder.service(),
        }
    }

    /// Calls the action that the first byte chooses with the rest as its body.
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

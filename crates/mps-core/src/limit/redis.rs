//! The limiter of all hosts that share a Redis server.

use std::{
    fmt, mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use redis::Script;
use sha2::{Digest, Sha256};

use super::{
    LimitError, LimitStats, Limiter, Permit, PermitRequest, Unavailable,
    ring::START_TOLERANCE,
    shared::{
        ClockGuard, ClockReading, Shared, SlotReply, SlotRequest, Store, StoreDecision, StoreError,
        slow_reply,
    },
};
use crate::{
    BoxFuture,
    clock::{SharedClock, timeout},
    sync::lock,
};

mod connection;
mod reply;
mod server;
mod store_error;
#[cfg_attr(not(feature = "redis-tls"), path = "redis/no_tls.rs")]
mod tls;

use self::{
    connection::Connection,
    reply::{Grant, ScriptReply},
    server::Server,
    store_error::store_error,
};

/// The script that runs in the server. It needs `TIME`, `INFO`, `GET`, `SET` and the `MessagePack`
/// library that is part of Redis.
#[cfg_attr(
    not(any(test, feature = "test-util")),
    expect(unreachable_pub, reason = "public in `internals` only")
)]
pub const SCRIPT: &str = include_str!("redis/script.lua");

/// A [`Limiter`] for all processes on all hosts that use the same Redis server (6 or later) and
/// account: one key for each action, changed by one script on the server's clock. Clones share one
/// limit.
///
/// | event | effect on paid creates and control actions |
/// |---|---|
/// | the key is lost, or the server was restarted, flushed or replaced | all wait for 1.1 s, the longest time for which a lost slot matters |
/// | the server's clock is set back | the same, or less |
/// | it is set forward by more than about 0.1 s | the next request waits for 1.1 s: a process that asked shortly before detects it, the others wait in any case |
/// | a process has not asked for 25 s, or never | it observes the server's clock for 1.1 s before its first start |
/// | the server is unreachable, slow, full or read-only | retried for up to 10 s, then [`LimitError::Unavailable`] |
/// | it refuses the password or the script | [`LimitError::Unavailable`] at once |
///
/// Nothing but a read starts without a reply of the server. Reads wait for none of these; while the
/// server is unavailable they are limited within this process.
///
/// Replies must arrive within 50 ms, and a process starts at most once per round trip, so the server
/// should be near. Processes take turns, and each has its share however many there are.
///
/// `redis://` is not encrypted; use it within a network you trust. `rediss://` is TLS (feature
/// `redis-tls`), with the cryptography and certificates of calls to the service.
///
/// # Example
/// ```
/// use mps_core::{clock::SystemClock, limit::RedisLimiter};
///
/// # fn main() -> Result<(), mps_core::limit::LimitError> {
/// let limiter = RedisLimiter::new("redis://redis.internal:6379/0", "team-video", SystemClock::shared())?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RedisLimiter(Arc<Shared<RedisStore>>);

impl RedisLimiter {
    /// Returns a limiter in the server at `url`, for example `redis://:password@host:6379/0`, the same
    /// with `rediss`, or `redis+unix:///run/redis.sock`. Opens no connection.
    ///
    /// `account` distinguishes accounts, for example by [`Account::at`](super::Account::at); only a
    /// hash of it becomes part of a key.
    ///
    /// # Errors
    /// Returns [`LimitError::Unavailable`] when `url` does not name a server, or asks for TLS
    /// without the feature for it or without certificates of the platform. The error does not
    /// repeat the URL, which may contain a password.
    pub fn new(url: &str, account: &str, clock: SharedClock) -> Result<Self, LimitError> {
        Ok(Self::in_server(Server::at(url)?, account, clock))
    }

    /// Returns a limiter in a server whose certificate is signed by an authority of your own, as is
    /// common for managed servers: `url` begins with `rediss`, and `pem` is the text of one or more
    /// certificates of authorities. Only these are trusted.
    ///
    /// # Errors
    /// Returns the errors of [`new`](Self::new), and [`LimitError::Unavailable`] when `pem` has no
    /// certificate or `url` does not ask for TLS.
    ///
    /// # Example
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mps_core::{clock::SystemClock, limit::RedisLimiter};
    ///
    /// let authority = std::fs::read("ca.pem")?;
    /// let url = "rediss://:password@redis.internal:6379/0";
    /// let limiter = RedisLimiter::with_authority(url, &authority, "account", SystemClock::shared())?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "redis-tls")]
    pub fn with_authority(
        url: &str,
        pem: &[u8],
        account: &str,
        clock: SharedClock,
    ) -> Result<Self, LimitError> {
        let server = Server::with_authority(url, pem)?;
        Ok(Self::in_server(server, account, clock))
    }

    fn in_server(server: Server, account: &str, clock: SharedClock) -> Self {
        let hash = Sha256::digest(account.as_bytes());
        let store = RedisStore {
            server,
            account: hex::encode(hash.get(..8).unwrap_or_default()),
            script: Arc::new(Script::new(SCRIPT)),
            clock: clock.clone(),
            connection: Mutex::default(),
            clock_guard: ClockGuard::default(),
        };
        Self(Arc::new(Shared::new(store, clock)))
    }
}

impl Limiter for RedisLimiter {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        self.0.acquire(request)
    }

    fn throttled(&self, action: &str) {
        self.0.throttled(action);
    }

    fn stats(&self, action: &str) -> Option<LimitStats> {
        self.0.stats(action)
    }
}

struct RedisStore {
    server: Server,
    account: String,
    script: Arc<Script>,
    clock: SharedClock,
    connection: Mutex<Option<Connection>>,
    clock_guard: ClockGuard,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("address", &self.server.address)
            .finish_non_exhaustive()
    }
}

/// A slot and the state that contains it.
struct SlotInKey {
    key: String,
    limit: u32,
    epoch: i64,
    /// Its number, and time and end of the slot it replaced, as the script returned them.
    slot: [i64; 3],
}

impl Store for RedisStore {
    type SlotKey = SlotInKey;

    const REPLY_WITHIN: Duration = Duration::from_secs(2);

    fn request<'a>(
        &'a self,
        request: SlotRequest<'a>,
    ) -> BoxFuture<'a, Result<SlotReply<SlotInKey>, StoreError>> {
        Box::pin(self.exchange(request))
    }

    fn timed_out(&self, limit: Duration) -> Unavailable {
        let (address, ms) = (&self.server.address, limit.as_millis());
        Unavailable::new(format!(
            "the rate limiter's Redis server at {address} did not answer within {ms} ms"
        ))
        .with_hint("check that it is up and not busy: redis-cli --latency")
    }

    /// Best effort: a slot that stays spent costs a tenth of a second.
    fn release(&self, slot: SlotInKey) {
        let (script, clock) = (self.script.clone(), self.clock.clone());
        let connection = lock(&self.connection).clone();
        let (Some(mut connection), Ok(runtime)) =
            (connection, tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(async move {
            let mut call = script.key(&slot.key);
            call.arg("release")
                .arg(slot.limit)
                .arg(slot.epoch)
                .arg(&slot.slot[..]);
            timeout(
                &*clock,
                Self::REPLY_WITHIN,
                call.invoke_async::<i64>(&mut connection.inner),
            )
            .await
        });
    }
}

impl RedisStore {
    async fn exchange(&self, request: SlotRequest<'_>) -> Result<SlotReply<SlotInKey>, StoreError> {
        let mut connection = self.connected().await?;
        let key = format!("mps:limit:{}:{}", self.account, request.action);
        let sent = self.clock.monotonic();
        // A read need not know the clock: one second over the limit costs it nothing.
        let missing = |guard: Duration| {
            if request.is_read() {
                Duration::ZERO
            } else {
                guard
            }
        };
        let observes = !missing(self.clock_guard.missing(sent)).is_zero();
        let mut call = self.script.key(&key);
        call.arg(if observes { "observe" } else { "request" })
            .arg(request.limit)
            .arg(request.process)
            .arg(request.throttled)
            .arg(u8::from(request.is_read()));
        let in_flight = InFlight { store: self, sent };
        let values = call.invoke_async(&mut connection.inner).await;
        mem::forget(in_flight);
        let values: Vec<i64> = values.map_err(|error| self.failed(&error))?;
        let reply = ScriptReply::read(&values).ok_or_else(|| self.malformed_reply())?;
        let reading = ClockReading {
            server: reply.now,
            sent,
            received: self.clock.monotonic(),
        };
        let missing = missing(self.clock_guard.record(reading));
        if !missing.is_zero() {
            if reading.is_too_slow() {
                return Err(StoreError::Transient(slow_reply()));
            }
            return Ok(SlotReply {
                decision: StoreDecision::Wait {
                    slot_in: missing,
                    ask_in: missing,
                },
                widening: reply.widening,
            });
        }
        Ok(SlotReply {
            widening: reply.widening,
            decision: match reply.grant {
                Grant::Slot { wait, slot } => StoreDecision::Granted {
                    sent,
                    wait,
                    slot: SlotInKey {
                        key,
                        limit: request.limit,
                        epoch: reply.epoch,
                        slot,
                    },
                },
                Grant::Wait { slot_in, ask_in } => StoreDecision::Wait { slot_in, ask_in },
            },
        })
    }

    async fn connected(&self) -> Result<Connection, StoreError> {
        if let Some(connection) = lock(&self.connection).clone() {
            return Ok(connection);
        }
        let connection = self.server.connect(&*self.clock).await?;
        *lock(&self.connection) = Some(connection.clone());
        Ok(connection)
    }

    /// Closes the connection. The next request opens another one, which also finds a server that
    /// has moved.
    fn disconnect(&self) {
        *lock(&self.connection) = None;
    }

    fn failed(&self, error: &redis::RedisError) -> StoreError {
        self.disconnect();
        store_error(&self.server.address, error)
    }

    fn malformed_reply(&self) -> StoreError {
        let address = &self.server.address;
        StoreError::Permanent(
            Unavailable::new(format!(
                "the reply of the rate limiter's Redis server at {address} is not one of its script"
            ))
            .with_hint(
                "check that no proxy changes replies, and that the key is not used otherwise",
            ),
        )
    }
}

/// A request without a reply yet. Forgotten when the reply arrives. When the caller leaves later
/// than a reply could still be of use, the connection is closed, because its other end may be gone.
struct InFlight<'a> {
    store: &'a RedisStore,
    sent: Duration,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let waited = self.store.clock.monotonic().saturating_sub(self.sent);
        if waited >= START_TOLERANCE {
            self.store.disconnect();
        }
    }
}

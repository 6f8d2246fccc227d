//! The limit of all hosts that share a Redis server.

use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::Script;
use sha2::{Digest, Sha256};

use super::{
    LimitError, LimitStats, Limiter, Permit, PermitRequest, START_TOLERANCE, Unavailable,
    shared::{Answer, Question, Shared, Store, Trouble, Turn, slow_answer},
};
use crate::{
    BoxFuture,
    clock::{SharedClock, timeout},
};

mod connection;
mod reply;
mod server;
#[cfg_attr(not(feature = "redis-tls"), path = "no_tls.rs")]
mod tls;
mod trouble;
mod vigil;
mod watch;

use self::{
    connection::Connection,
    reply::{Reply, Verdict},
    server::Server,
    trouble::trouble,
    vigil::Vigil,
    watch::Reading,
};

/// The script that runs in the server, for those who want to read what they let in. It needs
/// `TIME`, `INFO`, `GET` and `SET`, and the library for `MessagePack` that comes with Redis.
#[cfg_attr(
    not(any(test, feature = "test-util")),
    allow(
        unreachable_pub,
        reason = "public for the tests of this workspace only, through `internals`"
    )
)]
pub const SCRIPT: &str = include_str!("script.lua");

/// A [`Limiter`] for all processes on all hosts that name the same Redis server (6 or newer) and
/// account: one key for each action, changed by one script on the server's clock. Clones share it.
///
/// | when | then |
/// |---|---|
/// | the key is lost, or the server was restarted, flushed or replaced | all wait 1.1 s, as much as any lost slot can matter |
/// | the server's clock is set back | the same, or less |
/// | it is set forward, by more than about 0.1 s | whoever asks next waits 1.1 s: who asked shortly before notices, the others have to |
/// | a process did not ask for 25 s, or ever | it watches the server's clock for 1.1 s before its first start |
/// | the server is away, slow, full, read-only | asked again for up to 10 s, then [`LimitError::Unavailable`] |
/// | it refuses the password or the script | [`LimitError::Unavailable`] at once |
///
/// Nothing starts without an answer. Answers have to arrive within the [`START_TOLERANCE`], and a process
/// starts at most once in the time of a question and its answer: the server should be near.
/// Processes take turns, so each has its share however many there are.
///
/// Over `redis://` the connection is not encrypted; use it within a network you trust. `rediss://`
/// is TLS (feature `redis-tls`), by the cryptography and certificates that calls to the service use.
#[derive(Clone, Debug)]
pub struct RedisLimiter(Arc<Shared<RedisStore>>);

impl RedisLimiter {
    /// A limiter in the server at `url`, such as `redis://:password@host:6379/0`, the same with
    /// `rediss`, or `redis+unix:///run/redis.sock`. `account` is whatever tells accounts apart; only
    /// a hash of it becomes part of a key. Opens no connection.
    ///
    /// # Errors
    /// [`LimitError::Unavailable`] when `url` does not name a server, or asks for TLS without the
    /// feature for it or any certificates of the platform.
    pub fn new(url: &str, account: &str, clock: SharedClock) -> Result<Self, LimitError> {
        Ok(Self::in_server(Server::at(url)?, account, clock))
    }

    /// A limiter in a server whose certificate is signed by an authority of your own, as managed
    /// servers often are: `url` begins with `rediss`, and `pem` is the text of the authority's
    /// certificate, or of several. Only these are trusted.
    ///
    /// # Errors
    /// Those of [`new`](Self::new), and [`LimitError::Unavailable`] when `pem` holds no certificate or
    /// `url` asks for no TLS.
    ///
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
            vigil: Vigil::default(),
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
    vigil: Vigil,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("address", &self.server.address)
            .finish_non_exhaustive()
    }
}

/// A slot, and the state it is in.
struct Place {
    key: String,
    limit: u32,
    epoch: i64,
    /// Its number, and time and end of the slot it pushed out, as the script told them.
    slot: [i64; 3],
}

impl Store for RedisStore {
    type Place = Place;

    const ANSWER_WITHIN: Duration = Duration::from_secs(2);

    fn ask<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Answer<Place>, Trouble>> {
        Box::pin(self.exchange(question))
    }

    fn is_silent(&self, limit: Duration) -> Unavailable {
        let (address, ms) = (&self.server.address, limit.as_millis());
        Unavailable::new(format!(
            "the rate limiter's Redis server at {address} did not answer within {ms} ms"
        ))
        .with_hint("is it up, and is nothing else keeping it busy?")
    }

    fn give_back(&self, place: Place) {
        let (script, clock) = (self.script.clone(), self.clock.clone());
        let connection = self.connection().clone();
        let (Some(mut connection), Ok(runtime)) =
            (connection, tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(async move {
            let mut call = script.key(&place.key);
            call.arg("back")
                .arg(place.limit)
                .arg(place.epoch)
                .arg(&place.slot[..]);
            // Best effort: a slot that stays taken costs a tenth of a second.
            timeout(
                &*clock,
                Self::ANSWER_WITHIN,
                call.invoke_async::<i64>(&mut connection.inner),
            )
            .await
        });
    }
}

impl RedisStore {
    async fn exchange(&self, question: Question<'_>) -> Result<Answer<Place>, Trouble> {
        let mut connection = self.connected().await?;
        let key = format!("mps:limit:{}:{}", self.account, question.action);
        let sent = self.clock.monotonic();
        let lacks = self.vigil.lacks(sent);
        let act = if lacks.is_zero() { "ask" } else { "look" };
        let mut call = self.script.key(&key);
        call.arg(act)
            .arg(question.limit)
            .arg(question.who)
            .arg(question.throttled);
        let unanswered = Unanswered { store: self, sent };
        let told = call.invoke_async(&mut connection.inner).await;
        mem::forget(unanswered);
        let told: Vec<i64> = told.map_err(|error| self.failed(&error))?;
        let reply = Reply::read(&told).ok_or_else(|| self.nonsense())?;
        let reading = Reading {
            server: reply.now,
            sent,
            received: self.clock.monotonic(),
        };
        let lacks = self.vigil.heard(reading);
        if !lacks.is_zero() && reading.is_too_slow() {
            return Err(Trouble::Passing(slow_answer()));
        }
        let turn = match reply.verdict {
            _ if !lacks.is_zero() => Turn::Later {
                turn: lacks,
                ask_in: lacks,
            },
            Verdict::Slot { wait, slot } => Turn::Granted {
                sent,
                wait,
                place: Place {
                    key,
                    limit: question.limit,
                    epoch: reply.epoch,
                    slot,
                },
            },
            Verdict::Wait { turn, ask_in } => Turn::Later { turn, ask_in },
        };
        Ok(Answer {
            turn,
            widened: reply.widened,
        })
    }

    async fn connected(&self) -> Result<Connection, Trouble> {
        if let Some(connection) = self.connection().clone() {
            return Ok(connection);
        }
        let connection = self.server.connect(&*self.clock).await?;
        *self.connection() = Some(connection.clone());
        Ok(connection)
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The next question opens a connection, which also finds a server that has moved.
    fn hang_up(&self) {
        *self.connection() = None;
    }

    fn failed(&self, error: &redis::RedisError) -> Trouble {
        self.hang_up();
        trouble(&self.server.address, error)
    }

    fn nonsense(&self) -> Trouble {
        let address = &self.server.address;
        Trouble::Lasting(Unavailable::new(format!(
            "what the rate limiter's Redis server at {address} answers is not what its script says"
        )))
    }
}

/// A question on its way, to be forgotten when the answer is there. One that takes too long to be of
/// use may never come, and whoever asked may leave before that is certain; then the connection is
/// given up with the question.
struct Unanswered<'a> {
    store: &'a RedisStore,
    sent: Duration,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        let waited = self.store.clock.monotonic().saturating_sub(self.sent);
        if waited >= START_TOLERANCE {
            self.store.hang_up();
        }
    }
}

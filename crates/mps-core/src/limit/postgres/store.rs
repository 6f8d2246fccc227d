//! The store in a row of a PostgreSQL server.

use std::{fmt, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio_postgres::SimpleQueryRow;

use super::{
    statements::{self, Row},
    unavailable,
};
use crate::{
    BoxFuture,
    clock::{SharedClock, timeout},
    limit::{
        Unavailable,
        ring::Slot,
        shared::{
            ClockGuard, ClockReading, SlotReply, SlotRequest, State, Store, StoreDecision,
            StoreError, slow_reply,
        },
        slot_queue::Decision,
    },
    postgres::{Connection, Failure, FailureKind, Server},
};

pub(super) struct PostgresStore(Arc<Inner>);

struct Inner {
    server: Server,
    account: String,
    clock: SharedClock,
    clock_guard: ClockGuard,
    /// Taken out while it is used, so that a caller that leaves in the middle closes it.
    connection: Mutex<Option<Connection>>,
}

/// A slot and the state that contains it.
pub(super) struct SlotInRow {
    row: Row,
    limit: u32,
    /// The epoch of the state that the slot was taken from; no other state contains it.
    epoch: u64,
    slot: Slot,
}

/// A row that this process has locked.
struct Locked {
    text: String,
    /// The server's clock.
    now: Duration,
    /// Identifies the run of the server. The table survives an orderly restart, but it could also be
    /// one that was copied back meanwhile.
    run: String,
}

impl PostgresStore {
    pub(super) fn new(server: Server, account: &str, clock: SharedClock) -> Self {
        let hash = Sha256::digest(account.as_bytes());
        Self(Arc::new(Inner {
            server,
            account: hex::encode(hash.get(..8).unwrap_or_default()),
            clock,
            clock_guard: ClockGuard::default(),
            connection: Mutex::default(),
        }))
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("server", &self.0.server)
            .finish_non_exhaustive()
    }
}

impl Store for PostgresStore {
    type SlotKey = SlotInRow;

    const REPLY_WITHIN: Duration = Duration::from_secs(2);

    fn request<'a>(
        &'a self,
        request: SlotRequest<'a>,
    ) -> BoxFuture<'a, Result<SlotReply<SlotInRow>, StoreError>> {
        Box::pin(self.0.exchange(request))
    }

    fn timed_out(&self, limit: Duration) -> Unavailable {
        let (address, ms) = (self.0.server.address(), limit.as_millis());
        Unavailable::new(format!(
            "the rate limiter's PostgreSQL server at {address} did not answer within {ms} ms"
        ))
        .with_hint("check that it is up and not busy: pg_isready --host HOST --port PORT")
    }

    /// Best effort: a slot that stays spent costs a tenth of a second.
    fn release(&self, slot: SlotInRow) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let inner = self.0.clone();
        runtime.spawn(async move {
            timeout(&*inner.clock, Self::REPLY_WITHIN, inner.release(slot)).await
        });
    }
}

impl Inner {
    async fn exchange(&self, request: SlotRequest<'_>) -> Result<SlotReply<SlotInRow>, StoreError> {
        let row = Row::new(self.server.schema(), &self.account, request.action);
        let mut place = self.connection.lock().await;
        let connection = self.connected(place.take()).await?;
        // After the connection, because opening one takes longer than a grant is valid.
        let sent = self.clock.monotonic();
        let locked = self.lock(&connection, &row).await?;
        let reading = ClockReading {
            server: locked.now,
            sent,
            received: self.clock.monotonic(),
        };
        let missing = self.missing(&request, reading);
        let mut state = locked.state(&request);
        let queue = &mut state.queue;
        queue.record_throttling(locked.now, request.throttled);
        let decision = if missing.is_zero() {
            let decision = queue.request(locked.now, request.process);
            reply(decision, &locked, sent, (&row, &request, state.epoch))
        } else {
            StoreDecision::Wait {
                slot_in: missing,
                ask_in: missing,
            }
        };
        let widening = state.queue.widening(locked.now);
        self.save(&connection, &row, &locked, &state).await?;
        *place = Some(connection);
        if !missing.is_zero() && reading.is_too_slow() {
            return Err(StoreError::Transient(slow_reply()));
        }
        Ok(SlotReply { decision, widening })
    }

    /// Returns the time for which the server's clock must still be observed. A read need not know it:
    /// one second over the limit costs it nothing.
    fn missing(&self, request: &SlotRequest<'_>, reading: ClockReading) -> Duration {
        let missing = self.clock_guard.record(reading);
        if request.is_read() {
            Duration::ZERO
        } else {
            missing
        }
    }

    async fn release(&self, slot: SlotInRow) -> Result<(), StoreError> {
        let mut place = self.connection.lock().await;
        let connection = self.connected(place.take()).await?;
        let locked = self.lock(&connection, &slot.row).await?;
        let known = State::decode(locked.text.as_bytes(), &locked.run, slot.limit);
        match known.filter(|state| state.epoch == slot.epoch) {
            Some(mut state) => {
                state.queue.release(slot.slot);
                self.save(&connection, &slot.row, &locked, &state).await?;
            }
            None => drop(connection.rows("ROLLBACK").await.map_err(store_error)?),
        }
        *place = Some(connection);
        Ok(())
    }

    /// Returns the connection that is kept, or opens one.
    async fn connected(&self, kept: Option<Connection>) -> Result<Connection, StoreError> {
        match kept.filter(|kept| !kept.client().is_closed()) {
            Some(connection) => Ok(connection),
            None => self.server.connect().await.map_err(store_error),
        }
    }

    /// Locks the row. Creates the table if there is none.
    async fn lock(&self, connection: &Connection, row: &Row) -> Result<Locked, StoreError> {
        let rows = match connection.rows(&row.lock()).await {
            Err(failure) if failure.kind() == FailureKind::Missing => {
                self.create(connection).await?;
                connection.rows(&row.lock()).await
            }
            rows => rows,
        };
        Locked::read(&rows.map_err(store_error)?).ok_or_else(|| self.malformed_reply())
    }

    async fn create(&self, connection: &Connection) -> Result<(), StoreError> {
        let statements = [
            "ROLLBACK".to_owned(),
            statements::create(self.server.schema()),
        ];
        for statement in &statements {
            connection.rows(statement).await.map_err(store_error)?;
        }
        Ok(())
    }

    async fn save(
        &self,
        connection: &Connection,
        row: &Row,
        locked: &Locked,
        state: &State,
    ) -> Result<(), StoreError> {
        let text = String::from_utf8(state.encode(&locked.run)).unwrap_or_default();
        let saved = connection.rows(&row.save(&text)).await;
        saved.map(drop).map_err(store_error)
    }

    fn malformed_reply(&self) -> StoreError {
        let address = self.server.address();
        StoreError::Permanent(
            Unavailable::new(format!(
                "the reply of the rate limiter's PostgreSQL server at {address} is not one to its statements"
            ))
            .with_hint("check that no proxy changes replies, and that the table ring is not used otherwise"),
        )
    }
}

impl Locked {
    /// Reads the replies to [`Row::lock`].
    fn read(rows: &[SimpleQueryRow]) -> Option<Self> {
        let [row, clock] = rows else { return None };
        let micros = clock.try_get(0).ok()??.parse().ok()?;
        Some(Self {
            text: row.try_get(0).ok()??.to_owned(),
            now: Duration::from_micros(micros),
            run: clock.try_get(1).ok()??.to_owned(),
        })
    }

    /// Returns the state in the row, or, when that is lost, the fullest possible one. A read needs no
    /// such care and gets an empty one.
    fn state(&self, request: &SlotRequest<'_>) -> State {
        let known = State::decode(self.text.as_bytes(), &self.run, request.limit);
        let known = known.filter(|state| state.queue.is_plausible(self.now));
        known.unwrap_or_else(|| {
            if request.is_read() {
                State::empty(request.limit)
            } else {
                State::after_loss(request.limit, self.now)
            }
        })
    }
}

fn reply(
    decision: Decision,
    locked: &Locked,
    sent: Duration,
    (row, request, epoch): (&Row, &SlotRequest<'_>, u64),
) -> StoreDecision<SlotInRow> {
    match decision {
        Decision::Granted(slot) => StoreDecision::Granted {
            sent,
            wait: slot.at().saturating_sub(locked.now),
            slot: SlotInRow {
                row: row.clone(),
                limit: request.limit,
                epoch,
                slot,
            },
        },
        Decision::Wait { slot_in, ask_in } => StoreDecision::Wait { slot_in, ask_in },
    }
}

fn store_error(failure: Failure) -> StoreError {
    let transient = failure.kind().is_transient();
    let error = unavailable(failure);
    if transient {
        StoreError::Transient(error)
    } else {
        StoreError::Permanent(error)
    }
}

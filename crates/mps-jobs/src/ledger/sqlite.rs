//! The store in a file of this machine, or in memory: SQLite, on threads of its own.
//!
//! One connection writes and one reads, each on its thread, so that neither a slow disk nor a long
//! listing delays the runtime or the other. Processes take turns by SQLite's locks.

use std::{
    future::ready,
    sync::{Arc, Mutex},
};

use futures_util::FutureExt as _;
use mps_core::{
    BoxFuture,
    clock::SharedClock,
    sync::{Worker, lock},
};
use rusqlite::Connection;

use super::{
    error::{LedgerError, LedgerErrorKind},
    rows::Timestamp,
    schema,
    tx::{Mode, Op, Row, Transaction, Value, Work, unexpected},
};

mod connection;

use self::connection::failed;

pub(super) struct SqliteStore {
    shared: Arc<Shared>,
    writer: Worker,
    reader: Worker,
}

struct Shared {
    writer: Mutex<Connection>,
    /// `None` in memory, where there is one connection.
    reader: Option<Mutex<Connection>>,
    clock: SharedClock,
    worker: String,
}

impl SqliteStore {
    pub(super) async fn open(location: &str, clock: &SharedClock) -> Result<Self, LedgerError> {
        let _ = (location, clock);
        Err(LedgerError::new(LedgerErrorKind::Location, "not built yet"))
    }

    pub(super) fn in_memory(clock: &SharedClock) -> Result<Self, LedgerError> {
        let shared = Shared {
            writer: Mutex::new(connection::in_memory()?),
            reader: None,
            clock: clock.clone(),
            worker: format!("{:016x}", fastrand::u64(..)),
        };
        shared.transaction(Op::durable("migrate"), &0, schema::migrate)?;
        Ok(Self {
            shared: Arc::new(shared),
            writer: Worker::inline(),
            reader: Worker::inline(),
        })
    }

    pub(super) fn worker(&self) -> &str {
        &self.shared.worker
    }

    pub(super) async fn run<A, T>(
        &self,
        op: Op,
        args: A,
        work: Work<A, T>,
    ) -> Result<T, LedgerError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let thread = match op.mode {
            Mode::Read => &self.reader,
            Mode::Durable | Mode::Relaxed => &self.writer,
        };
        let shared = self.shared.clone();
        let done = thread
            .run(move || shared.transaction(op, &args, work))
            .await;
        done.unwrap_or_else(|error| {
            let message = "the ledger's thread ended";
            Err(LedgerError::new(LedgerErrorKind::Io, message)
                .with_hint("raise the limit of processes and threads (ulimit -u)")
                .with_source(error))
        })
    }
}

impl Shared {
    /// Runs an operation in a transaction, on the thread of its connection.
    fn transaction<A, T>(&self, op: Op, args: &A, work: Work<A, T>) -> Result<T, LedgerError> {
        let connection = match (&self.reader, op.mode) {
            (Some(reader), Mode::Read) => reader,
            _ => &self.writer,
        };
        let connection = &mut *lock(connection);
        begin(connection, op.mode)?;
        let before = connection.total_changes();
        let mut tx = SqliteTransaction {
            connection,
            now: Timestamp::from(self.clock.wall()),
            shared: self,
        };
        // Every statement has run when it returns its future, so the first poll completes it.
        let done = work(&mut tx, args).now_or_never();
        let done = done.unwrap_or_else(|| Err(unexpected()));
        let changed = connection.total_changes() != before;
        finish(connection, op, done, changed)
    }
}

/// Begins a transaction. Writers wait for each other here, for up to five seconds.
fn begin(connection: &Connection, mode: Mode) -> Result<(), LedgerError> {
    let sql = match mode {
        Mode::Read => "BEGIN",
        Mode::Durable => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
        // The next durable commit syncs this one as well.
        Mode::Relaxed => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
    };
    connection.execute_batch(sql).map_err(failed)
}

/// Commits an operation that succeeded and changed something, and takes back any other.
fn finish<T>(
    connection: &Connection,
    op: Op,
    done: Result<T, LedgerError>,
    changed: bool,
) -> Result<T, LedgerError> {
    if done.is_ok() && changed {
        failpoint(op, "before");
        if let Err(error) = connection.execute_batch("COMMIT") {
            // A commit that failed, for example on a full disk, leaves the transaction open.
            let _may_be_closed = connection.execute_batch("ROLLBACK");
            return Err(failed(error));
        }
        failpoint(op, "after");
    } else {
        connection.execute_batch("ROLLBACK").map_err(failed)?;
    }
    done
}

fn failpoint(op: Op, side: &str) {
    #[cfg(feature = "failpoints")]
    crate::failpoint::pass(op.name, side);
    let _ = (op.name, side);
}

struct SqliteTransaction<'a> {
    connection: &'a mut Connection,
    now: Timestamp,
    shared: &'a Shared,
}

impl Transaction for SqliteTransaction<'_> {
    fn query<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<Vec<Row>, LedgerError>> {
        let rows = connection::query(self.connection, sql, values);
        Box::pin(ready(rows.map_err(failed)))
    }

    fn execute<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<u64, LedgerError>> {
        let changed = connection::execute(self.connection, sql, values);
        Box::pin(ready(changed.map_err(failed)))
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn worker(&self) -> &str {
        &self.shared.worker
    }

    fn is_orphan(&mut self, _owner: &str, _lease: Timestamp) -> bool {
        false
    }

    fn epoch(&mut self) -> BoxFuture<'_, Result<i64, LedgerError>> {
        Box::pin(ready(Ok(0)))
    }
}

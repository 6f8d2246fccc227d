//! The store in a file of this machine, or in memory: SQLite, on threads of its own.
//!
//! One connection writes and one reads, each on its thread, so that neither a slow disk nor a long
//! listing delays the runtime or the other. Processes take turns by SQLite's locks.

use std::{
    future::ready,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
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
    files,
    names::Timestamp,
    schema,
    seal::{Entry, Seal},
    thread_ended,
    tx::{Mode, Op, Process, Row, Transaction, Value, Work, unexpected},
};

mod connection;
mod locks;
mod open;
mod peek;

pub use self::peek::{PeekedTask, peek_tasks};
use self::{connection::failed, locks::Locks};

pub(super) struct SqliteStore {
    shared: Arc<Shared>,
    writer: Worker,
    reader: Worker,
}

struct Shared {
    writer: Mutex<Connection>,
    /// Opened by the first read, since a command that creates one task does without. Never in memory,
    /// where there is one connection.
    reader: Mutex<Option<Connection>>,
    /// `true` if the commits of the writer are certainly synced.
    is_durable: AtomicBool,
    clock: SharedClock,
    process: Process,
    /// `None` in memory, which no other process shares.
    file: Option<LedgerFile>,
}

/// The path, identity and lock files of a ledger.
struct LedgerFile {
    path: PathBuf,
    identity: (u64, u64),
    locks: Locks,
}

impl SqliteStore {
    /// Opens the ledger of a file and its seal. Also returns the time of a commit that earlier processes
    /// measured.
    pub(super) async fn open(
        location: &str,
        clock: &SharedClock,
    ) -> Result<(Self, Seal, Option<u64>), LedgerError> {
        let opened = open::open(location, clock).await?;
        let store = Self {
            shared: Arc::new(opened.shared),
            writer: opened.thread,
            reader: Worker::new("mps-ledger-read"),
        };
        Ok((store, opened.seal, opened.commit_us))
    }

    pub(super) fn in_memory(clock: &SharedClock) -> Result<Self, LedgerError> {
        let shared = Shared {
            writer: Mutex::new(connection::in_memory()?),
            reader: Mutex::default(),
            is_durable: AtomicBool::new(false),
            clock: clock.clone(),
            process: Process::new(),
            file: None,
        };
        let empty = 0;
        shared.transaction(Op::durable("migrate"), &empty, schema::migrate_file)?;
        Ok(Self {
            shared: Arc::new(shared),
            writer: Worker::inline(),
            reader: Worker::inline(),
        })
    }

    pub(super) fn worker(&self) -> &str {
        &self.shared.process.id
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
        self.on(thread, move |shared| shared.transaction(op, &args, work))
            .await
    }

    /// Runs an operation and then writes its line of the seal, both on the thread of the writer.
    pub(super) async fn run_and_seal<A, T>(
        &self,
        op: Op,
        args: A,
        work: Work<A, T>,
        entry: fn(&T) -> Entry,
        seal: Option<Arc<Seal>>,
    ) -> Result<T, LedgerError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.on(&self.writer, move |shared| {
            let done = shared.transaction(op, &args, work)?;
            if let Some(seal) = seal {
                seal.append(&entry(&done), true)?;
            }
            Ok(done)
        })
        .await
    }

    async fn on<T: Send + 'static>(
        &self,
        thread: &Worker,
        work: impl FnOnce(&Shared) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let shared = self.shared.clone();
        let done = thread.run(move || work(&shared)).await;
        done.unwrap_or_else(|error| Err(thread_ended(error)))
    }

    /// Moves the write-ahead log into the database and empties it.
    pub(super) async fn truncate_log(&self) -> Result<(), LedgerError> {
        self.on(&self.writer, |shared| {
            connection::truncate_log(&lock(&shared.writer))
        })
        .await
    }
}

impl Shared {
    /// Runs an operation in a transaction, on the thread of its connection.
    fn transaction<A, T>(&self, op: Op, args: &A, work: Work<A, T>) -> Result<T, LedgerError> {
        let Some(file) = self.file.as_ref().filter(|_| op.mode == Mode::Read) else {
            return self.transaction_on(&mut lock(&self.writer), op, args, work);
        };
        let mut reader = lock(&self.reader);
        let connection = match &mut *reader {
            Some(connection) => connection,
            none => {
                file.check_still_there()?;
                let opened = connection::open(&file.path)?;
                file.check_still_there()?;
                none.insert(opened)
            }
        };
        self.transaction_on(connection, op, args, work)
    }

    fn transaction_on<A, T>(
        &self,
        connection: &mut Connection,
        op: Op,
        args: &A,
        work: Work<A, T>,
    ) -> Result<T, LedgerError> {
        if let (Some(file), Mode::Durable) = (&self.file, op.mode) {
            file.check_still_there()?;
        }
        self.begin(connection, op.mode)?;
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

impl Shared {
    /// Begins a transaction. Writers wait for each other here, for up to five seconds.
    fn begin(&self, connection: &Connection, mode: Mode) -> Result<(), LedgerError> {
        if mode == Mode::Read {
            return connection::run(connection, "BEGIN").map_err(failed);
        }
        self.set_durable(connection, mode == Mode::Durable)?;
        connection::run(connection, "BEGIN IMMEDIATE").map_err(failed)
    }

    /// Sets whether the commits of the writer are synced.
    fn set_durable(&self, writer: &Connection, durable: bool) -> Result<(), LedgerError> {
        if durable && self.is_durable.load(Ordering::Relaxed) {
            return Ok(());
        }
        // Until the setting has succeeded, it may be either.
        self.is_durable.store(false, Ordering::Relaxed);
        let sql = if durable {
            "PRAGMA synchronous = FULL"
        } else {
            // The next durable commit syncs this one as well.
            "PRAGMA synchronous = NORMAL"
        };
        writer.execute_batch(sql).map_err(failed)?;
        self.is_durable.store(durable, Ordering::Relaxed);
        Ok(())
    }
}

impl LedgerFile {
    /// Returns an error when the path names another file than the one that is open: its
    /// changes would be lost.
    fn check_still_there(&self) -> Result<(), LedgerError> {
        let named = std::fs::symlink_metadata(&self.path);
        if named.is_ok_and(|named| files::identity(&named) == self.identity) {
            return Ok(());
        }
        let message = format!(
            "{} was deleted or replaced while it was in use",
            self.path.display()
        );
        Err(LedgerError::new(LedgerErrorKind::Damaged, message)
            .with_hint("put the file back, next to its seal, and start again"))
    }
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
        if let Err(error) = connection::run(connection, "COMMIT") {
            // A commit that failed, for example on a full disk, leaves the transaction open.
            let _may_be_closed = connection.execute_batch("ROLLBACK");
            return Err(failed(error));
        }
        failpoint(op, "after");
    } else if !connection.is_autocommit() {
        // Some errors, for example a full disk, end the transaction; then they are what is reported.
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

    fn change_one<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<bool, LedgerError>> {
        let changed = connection::execute(self.connection, sql, values);
        Box::pin(ready(changed.map(|rows| rows > 0).map_err(failed)))
    }

    fn execute_late<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<(), LedgerError>> {
        let done = connection::execute(self.connection, sql, values);
        Box::pin(ready(done.map(drop).map_err(failed)))
    }

    fn query_last<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<Option<Row>, LedgerError>> {
        let rows = connection::query(self.connection, sql, values);
        Box::pin(ready(rows.map(|mut rows| rows.pop()).map_err(failed)))
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn process(&self) -> &Process {
        &self.shared.process
    }

    fn is_orphan(&mut self, owner: &str, _: Timestamp) -> bool {
        let file = self.shared.file.as_ref();
        owner != self.shared.process.id && file.is_some_and(|file| file.locks.is_free(owner))
    }

    fn epoch(&mut self) -> BoxFuture<'_, Result<i64, LedgerError>> {
        Box::pin(ready(connection::epoch(self.connection)))
    }
}

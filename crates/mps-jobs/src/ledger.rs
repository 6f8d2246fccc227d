//! The ledger: one set of operations over two stores.
//!
//! A row is claimed ([`Ledger::claim`], [`Ledger::submit`]), armed when its bytes are about to leave
//! ([`Ledger::arm`]), and settled by the outcome ([`Ledger::created`], [`Ledger::refused`],
//! [`Ledger::in_doubt`], [`Ledger::not_sent`]). Each of these is one transaction, which compares the
//! claim's fencing token and the row's state: a late operation changes nothing.
//!
//! # Files
//! A ledger `tasks.db` is the file of that name and, beside it, `tasks.db-wal` and `tasks.db-shm`
//! (SQLite's), `tasks.db-seal` (every send, so that a store that lost one is noticed),
//! `tasks.db-lock` (creation and migration) and the folder `tasks.db-workers` (a locked file for each
//! process). Delete all of them together or none.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, atomic::AtomicU64},
};

use mps_core::{clock::SharedClock, sync::Worker as Thread};

mod batch;
mod change;
mod compare;
mod daily_cap;
mod error;
mod export;
mod files;
mod filter;
mod follow;
mod import;
mod insert;
mod item;
mod learned;
mod liveness;
mod names;
mod owned;
mod phase;
#[cfg(feature = "postgres")]
mod postgres;
mod read;
mod recall;
mod resolve;
mod retention;
mod rows;
mod schema;
mod seal;
mod send;
mod settle;
mod sqlite;
mod submit;
pub(crate) mod tx;

pub use self::{
    batch::BatchStatus,
    compare::{Compared, RowContent},
    daily_cap::DailyUse,
    error::{LedgerError, LedgerErrorKind},
    export::ExportedRow,
    filter::Filter,
    follow::Finished,
    import::{Imported, NewBatch},
    liveness::Reaped,
    names::{BatchId, Key, Timestamp},
    resolve::{Resolution, Retried},
    retention::{Forget, Forgotten},
    rows::{
        AuditEvent, Batch, Claim, Count, Fence, FileRow, Item, NewItem, RowId, Stray, Token, Worker,
    },
    settle::{Answer, Recorded},
    sqlite::{PeekedTask, peek_tasks},
    submit::{Caps, Single, Submission},
};
pub(crate) use self::{batch::count_of, files::sync_folder};
use self::{
    seal::{Entry, Seal},
    tx::{Op, Work},
};

/// A ledger of billed tasks. Clones share it.
///
/// The process counts as alive, and its claims as held, as long as a clone exists.
///
/// # Examples
/// ```no_run
/// # async fn example() -> Result<(), mps_jobs::LedgerError> {
/// use mps_core::clock::SystemClock;
/// use mps_jobs::{Ledger, ledger::Filter};
///
/// let ledger = Ledger::open("tasks.db", SystemClock::shared()).await?;
/// for item in ledger.list(&Filter::default()).await? {
///     println!("{} {} {:?}", item.key, item.state, item.task);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    store: Store,
    clock: SharedClock,
    seal: Option<Arc<Seal>>,
    seal_thread: Thread,
    /// The smoothed time of a commit, and the one that is stored.
    commit_us: AtomicU64,
    stored_commit_us: AtomicU64,
}

/// The store below the operations.
enum Store {
    Sqlite(sqlite::SqliteStore),
    #[cfg(feature = "postgres")]
    Postgres(Arc<postgres::PostgresStore>),
}

impl Ledger {
    /// Opens the ledger at a path, or at the URL of a PostgreSQL server (feature `postgres`), and creates
    /// it if there is none.
    ///
    /// A URL is one of `mps_core::limit::PostgresLimiter`, with one more parameter: `seal` names the
    /// folder of this host's seal, by default `mps` in the state folder that `XDG_STATE_HOME` or `HOME`
    /// names. It must be on a disk of this machine and outlive the process.
    ///
    /// Files are created for their owner only. Also reads the seal beside a ledger that lost commits,
    /// and marks the sends that the ledger does not know as in doubt.
    ///
    /// # Errors
    /// [`LedgerErrorKind`] distinguishes: a ledger locked by another program for more than five seconds,
    /// a full disk, a newer version, damage, a place that cannot be written, a network file system, a
    /// file of another user, and a location that this build does not support.
    ///
    /// # Cancel safety
    /// Dropping the future leaves a sound ledger, perhaps one that is open until the work ends.
    pub async fn open(location: &str, clock: SharedClock) -> Result<Self, LedgerError> {
        #[cfg(feature = "postgres")]
        if ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| location.starts_with(scheme))
        {
            let store = Box::pin(postgres::PostgresStore::open(location, &clock)).await?;
            let seal = Some(store.seal());
            let ledger = Self::new(Store::Postgres(Arc::new(store)), seal, clock);
            ledger.load_commit_time().await?;
            return Ok(ledger);
        }
        let (store, seal, commit_us) = sqlite::SqliteStore::open(location, &clock).await?;
        let ledger = Self::new(Store::Sqlite(store), Some(Arc::new(seal)), clock);
        ledger.start_with_commit_time(commit_us);
        Ok(ledger)
    }

    /// Returns an empty ledger in memory, which ends with its last clone.
    ///
    /// Its operations run within the call, so that tests on a paused clock work.
    ///
    /// # Errors
    /// [`LedgerErrorKind::Io`] when memory is short.
    pub fn in_memory(clock: SharedClock) -> Result<Self, LedgerError> {
        let store = Store::Sqlite(sqlite::SqliteStore::in_memory(&clock)?);
        Ok(Self::new(store, None, clock))
    }

    fn new(store: Store, seal: Option<Arc<Seal>>, clock: SharedClock) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            seal,
            seal_thread: Thread::new("mps-ledger-seal"),
            commit_us: AtomicU64::new(5_000),
            stored_commit_us: AtomicU64::new(5_000),
        }))
    }

    /// Accepts a PostgreSQL server that was failed over or restored, after a replay of this host's
    /// seal: starts go on. Returns the number of sends that the server had forgotten and that are in
    /// doubt now. Does nothing for a file.
    ///
    /// A send of a host that has not replayed its seal is not known yet, and may be paid again. So stop
    /// all hosts, open the ledger once on each host that has a seal, then accept. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call may have replayed the seal without accepting. Repeat it.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "a file has no failover to accept")
    )]
    pub async fn accept_failover(&self) -> Result<u64, LedgerError> {
        match &self.0.store {
            Store::Sqlite(_) => Ok(0),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => Box::pin(store.accept_failover()).await,
        }
    }

    /// Returns `true` if several hosts can use the ledger.
    pub(crate) fn is_shared(&self) -> bool {
        !matches!(self.0.store, Store::Sqlite(_))
    }

    /// Returns the id of this process in the ledger.
    #[must_use]
    pub fn worker(&self) -> &str {
        match &self.0.store {
            Store::Sqlite(store) => store.worker(),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => store.worker(),
        }
    }

    /// Returns the clock that the ledger was opened with.
    #[must_use]
    pub fn clock(&self) -> &SharedClock {
        &self.0.clock
    }

    /// Runs an operation in a transaction of its own.
    async fn run<A, T>(&self, op: Op, args: A, work: Work<A, T>) -> Result<T, LedgerError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        match &self.0.store {
            Store::Sqlite(store) => store.run(op, args, work).await,
            #[cfg(feature = "postgres")]
            // Boxed, because it is large, and every operation would contain it.
            Store::Postgres(store) => Box::pin(store.run(op, args, work)).await,
        }
    }
}

impl Ledger {
    /// Runs an operation, and then writes a line of the seal. It is on the disk before this returns.
    async fn run_and_seal<A, T>(
        &self,
        op: Op,
        args: A,
        work: Work<A, T>,
        entry: fn(&T) -> Entry,
    ) -> Result<T, LedgerError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        match &self.0.store {
            Store::Sqlite(store) => {
                let seal = self.0.seal.clone();
                store.run_and_seal(op, args, work, entry, seal).await
            }
            #[cfg(feature = "postgres")]
            Store::Postgres(_) => {
                let done = self.run(op, args, work).await?;
                let entry = entry(&done);
                self.with_seal(move |seal| seal.append(&entry, true))
                    .await?;
                Ok(done)
            }
        }
    }

    /// Appends a line that is not synced: if it is lost, the row stays in doubt.
    async fn seal_later(&self, happened: bool, entry: Entry) {
        if happened && let Err(error) = self.with_seal(move |seal| seal.append(&entry, false)).await
        {
            tracing::warn!(%error, "the seal of the ledger was not written");
        }
    }

    /// Returns the task ids that the seal has for some sends.
    async fn sealed_tasks(&self, claims: Vec<Token>) -> Result<Vec<(Token, String)>, LedgerError> {
        self.with_seal(move |seal| seal.tasks(&claims)).await
    }

    async fn compact_seal(
        &self,
        removed: HashSet<RowId>,
        before: Timestamp,
    ) -> Result<(), LedgerError> {
        self.with_seal(move |seal| seal.compact(removed, before))
            .await
    }

    /// Runs work on the seal on its thread; returns nothing for a ledger without one.
    async fn with_seal<T: Default + Send + 'static>(
        &self,
        work: impl FnOnce(&Seal) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let Some(seal) = self.0.seal.clone() else {
            return Ok(T::default());
        };
        let done = self.0.seal_thread.run(move || work(&seal)).await;
        done.unwrap_or_else(|error| Err(thread_ended(error)))
    }

    /// Empties the write-ahead log, so that no removed text is left in it.
    async fn truncate_log(&self, removed: u64) -> Result<(), LedgerError> {
        match &self.0.store {
            _ if removed == 0 => Ok(()),
            Store::Sqlite(store) => store.truncate_log().await,
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => store.vacuum().await,
        }
    }
}

/// Returns the error for a thread that could not be started or panicked.
fn thread_ended(error: std::io::Error) -> LedgerError {
    LedgerError::new(LedgerErrorKind::Io, "a thread of the ledger ended")
        .with_hint("raise the limit of processes and threads (ulimit -u)")
        .with_source(error)
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ledger").field(&self.worker()).finish()
    }
}

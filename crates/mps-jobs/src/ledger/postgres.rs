//! The store in a PostgreSQL server that several hosts share.
//!
//! Each operation is one transaction on one of a few connections. No transaction needs the session of an earlier one,
//! so a pooler in transaction mode may be in between: settings hold for their transaction only, and where a prepared
//! statement is missing, none is prepared from then on (see `script`). The server's clock is the time of all processes.

use std::{
    io::Error,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mps_core::{
    clock::{SharedClock, timeout},
    postgres::{Connection, Server},
    sync::{Worker, lock},
};
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_postgres::SimpleQueryRow;

use super::{
    error::LedgerError,
    names::Timestamp,
    seal::Seal,
    thread_ended,
    tx::{Op, Process, Work, unexpected},
};

mod attempt;
mod begin;
mod failover;
mod failure;
mod location;
mod open;
mod script;
mod transaction;
mod value;

use self::{
    attempt::{Failed, Retries},
    begin::Begun,
    failover::Seen,
    failure::{failed, silent},
    script::Session,
    transaction::PgTransaction,
};

/// Connections of one process. More would only wait for each other's rows.
const CONNECTIONS: usize = 4;
/// Longest time of one try, beyond the server's own limits on locks and statements.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct PostgresStore {
    server: Server,
    clock: SharedClock,
    process: Process,
    /// Connections that are not in use.
    idle: Mutex<Vec<Session>>,
    /// True if statements are prepared in sessions; not behind a pooler that exchanges them.
    prepares: AtomicBool,
    connections: Semaphore,
    seal: Arc<Seal>,
    seal_thread: Worker,
    /// The newest state of the server that this process has seen or this host's seal has recorded.
    seen: Mutex<Seen>,
    /// Held while a change of the server is dealt with, so that it is done once.
    noticing: tokio::sync::Mutex<()>,
}

impl PostgresStore {
    pub(super) fn worker(&self) -> &str {
        &self.process.id
    }

    pub(super) fn seal(&self) -> Arc<Seal> {
        self.seal.clone()
    }

    /// Runs an operation in a task, which ends with this future.
    ///
    /// A transaction holds a connection and locks, so it must go on while the caller, which may have begun
    /// several, waits for another one of them.
    pub(super) async fn run<A, T>(
        self: &Arc<Self>,
        op: Op,
        args: A,
        work: Work<A, T>,
    ) -> Result<T, LedgerError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let store = self.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { store.run_here(op, &args, work).await });
        match task.join_next().await {
            Some(Ok(done)) => done,
            Some(Err(error)) => Err(thread_ended(Error::other(error))),
            None => Err(unexpected()),
        }
    }

    /// Runs an operation in a transaction of its own, again where that is safe.
    async fn run_here<A, T>(&self, op: Op, args: &A, work: Work<A, T>) -> Result<T, LedgerError>
    where
        A: Send + Sync,
        T: Send,
    {
        let mut retries = Retries::new(op, &self.clock);
        let (mut is_stepwise, mut is_unprepared) = (false, false);
        loop {
            match self.attempt(op, args, work, is_stepwise).await {
                Ok(done) => return Ok(done),
                Err(Failed::Suspicious(begun, reason)) => {
                    Box::pin(self.take_notice(&begun, reason)).await?;
                }
                Err(Failed::Unexpected(_)) if !is_stepwise => is_stepwise = true,
                Err(Failed::Unprepared(error)) if !is_unprepared => {
                    is_unprepared = true;
                    self.prepares.store(false, Ordering::Relaxed);
                    tracing::debug!(%error, "no more statements are prepared");
                }
                Err(failure) => retries.pause(failure).await?,
            }
        }
    }

    async fn attempt<A, T>(
        &self,
        op: Op,
        args: &A,
        work: Work<A, T>,
        is_stepwise: bool,
    ) -> Result<T, Failed>
    where
        A: Send + Sync,
        T: Send,
    {
        let done = timeout(&*self.clock, ANSWER_WITHIN, async {
            let _turn = self.connections.acquire().await;
            let mut session = self.session().await?;
            let mut tx = PgTransaction::new(self, &mut session, op);
            if is_stepwise {
                tx.be_stepwise();
            }
            let done = if is_stepwise || !op.is_joined {
                match tx.begin().await {
                    Ok(()) => run(tx, args, work).await,
                    Err(error) => Err(tx.into_failure(error)),
                }
            } else {
                run(tx, args, work).await
            };
            self.finish(session, op, done).await
        });
        let address = self.server.address();
        done.await
            .unwrap_or_else(|| Err(Failed::Unknown(silent(address))))
    }

    /// Runs an operation whatever the state of the server is: those that deal with it.
    async fn run_unchecked<A, T>(
        &self,
        op: Op,
        args: &A,
        work: Work<A, T>,
    ) -> Result<T, LedgerError>
    where
        A: Send + Sync,
        T: Send,
    {
        let done = timeout(&*self.clock, ANSWER_WITHIN, async {
            let connection = self.connect().await?;
            let begun = Begun::read(&connection, &self.server, op).await?;
            let mut session = Session::new(connection, false);
            let tx = PgTransaction::begun(&mut session, &self.process, op, begun);
            let done = run(tx, args, work).await;
            self.finish(session, op, done).await
        });
        let done = done
            .await
            .unwrap_or_else(|| Err(Failed::Unknown(silent(self.server.address()))));
        done.map_err(Failed::into_error)
    }

    /// Keeps the session for the next transaction, if it can be used.
    async fn finish<T>(
        &self,
        session: Session,
        op: Op,
        done: Result<T, Failed>,
    ) -> Result<T, Failed> {
        match &done {
            Ok(_) => {
                failpoint(op, "after");
                self.keep(session);
            }
            Err(Failed::Operation(_) | Failed::Unexpected(_)) => self.roll_back(session).await,
            // The connection is dropped, which ends the transaction.
            Err(_) => {}
        }
        done
    }

    /// Returns the newest state of the server that is known. Asked before a request, since the answers to others
    /// may arrive in another order.
    fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }

    /// Compares the answer of the server at the beginning of a transaction with what was known about it, and
    /// returns an error for an operation that it must not run.
    fn begun(&self, look: Option<&SimpleQueryRow>, before: &Seen, op: Op) -> Result<Begun, Failed> {
        let begun = look.and_then(Begun::of);
        let begun = begun.ok_or_else(|| Failed::Operation(unexpected()))?;
        if let Some(reason) = before.suspicion(&begun) {
            return Err(Failed::Suspicious(Box::new(begun), reason));
        }
        {
            let mut seen = lock(&self.seen);
            seen.epoch = seen.epoch.max(begun.epoch());
        }
        match begun.refusal(op) {
            Some(refusal) => Err(Failed::Operation(refusal)),
            None => Ok(begun),
        }
    }

    /// Returns an idle session, or opens one and compares its server with the seal.
    async fn session(&self) -> Result<Session, Failed> {
        let prepares = self.prepares.load(Ordering::Relaxed);
        let idle = lock(&self.idle).pop();
        if let Some(mut session) = idle.filter(|session| !session.connection.client().is_closed()) {
            session.prepared = session.prepared.filter(|_| prepares);
            return Ok(session);
        }
        let connection = self.connect().await?;
        Box::pin(self.compare_with_seal(&connection)).await?;
        Ok(Session::new(connection, prepares))
    }

    fn keep(&self, session: Session) {
        if !session.is_spoiled {
            lock(&self.idle).push(session);
        }
    }

    async fn connect(&self) -> Result<Connection, Failed> {
        let connected = self.server.connect().await;
        connected.map_err(|failure| Failed::Unavailable(failed(failure)))
    }

    /// Ends a transaction without its changes, and keeps the connection if that succeeds.
    async fn roll_back(&self, session: Session) {
        if session.connection.rows("ROLLBACK").await.is_ok() {
            self.keep(session);
        }
    }

    /// Removes deleted rows from the tables' files. Copies in the write-ahead log, in replicas and in
    /// backups end with these.
    pub(super) async fn vacuum(&self) -> Result<(), LedgerError> {
        let connection = self.connect().await.map_err(Failed::into_error)?;
        let schema = mps_core::postgres::identifier(self.server.schema());
        let tables = ["item", "body", "file", "event"];
        let tables = tables.map(|table| format!("{schema}.{table}")).join(", ");
        let vacuumed = connection.rows(&format!("VACUUM {tables}")).await;
        vacuumed.map(drop).map_err(failed)
    }
}

/// Runs an operation in a transaction and commits it.
async fn run<A, T>(mut tx: PgTransaction<'_>, args: &A, work: Work<A, T>) -> Result<T, Failed> {
    match work(&mut tx, args).await {
        Ok(done) => tx.commit().await.map(|()| done),
        Err(error) => Err(tx.into_failure(error)),
    }
}

fn failpoint(op: Op, side: &str) {
    #[cfg(feature = "failpoints")]
    crate::failpoint::pass(op.name, side);
    let _ = (op.name, side);
}

/// Returns the time that the server's clock showed.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp(micros)
}

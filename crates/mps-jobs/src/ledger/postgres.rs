//! The store in a PostgreSQL server that several hosts share.
//!
//! Each operation is one transaction on one of a few connections. Nothing is bound to a session, so a
//! pooler in transaction mode may be in between: statements are unnamed, and settings hold for their
//! transaction only. The server's clock is the time of all processes.

use std::{sync::Arc, sync::Mutex, time::Duration};

use mps_core::{
    clock::{SharedClock, timeout},
    postgres::{Connection, Server},
    sync::{Worker, lock},
};
use tokio::sync::Semaphore;

use super::{
    error::LedgerError,
    names::Timestamp,
    seal::Seal,
    tx::{Op, Process, Work},
};

mod attempt;
mod begin;
mod failover;
mod failure;
mod location;
mod open;
mod transaction;
mod value;

use self::{
    attempt::{Failed, Retries},
    begin::Begun,
    failover::Seen,
    failure::{failed, silent},
    transaction::{PgTransaction, Start},
};

/// Connections of one process. More would only wait for each other's rows.
const CONNECTIONS: usize = 4;
/// Longest time of one try, beyond the server's own limits on locks and statements.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Operations whose first statement reads, or changes one row that it compares, and does not need the time
/// of the server as a parameter. It is sent together with the beginning of the transaction.
const JOINED: [&str; 9] = [
    "arm",
    "claim",
    "claim_row",
    "created",
    "disarm",
    "in_doubt",
    "not_sent",
    "refused",
    "submit",
];

pub(super) struct PostgresStore {
    server: Server,
    clock: SharedClock,
    process: Process,
    /// Connections that are not in use.
    idle: Mutex<Vec<Connection>>,
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

    /// Runs an operation in a transaction of its own, again where that is safe.
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
        let mut retries = Retries::new(op, &self.clock);
        loop {
            let failure = match self.attempt(op, &args, work).await {
                Ok(done) => return Ok(done),
                Err(Failed::Suspicious(begun, reason)) => {
                    Box::pin(self.take_notice(&begun, reason)).await?;
                    continue;
                }
                Err(failure) => failure,
            };
            retries.pause(failure).await?;
        }
    }

    async fn attempt<A, T>(&self, op: Op, args: &A, work: Work<A, T>) -> Result<T, Failed>
    where
        A: Send + Sync,
        T: Send,
    {
        let done = timeout(&*self.clock, ANSWER_WITHIN, async {
            let _turn = self.connections.acquire().await;
            let connection = self.connection().await?;
            let start = if JOINED.contains(&op.name) {
                Start::Joined(self, op)
            } else {
                Start::Begun(self.begin(&connection, op).await?)
            };
            self.finish(connection, op, start, args, work).await
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
            let start = Start::Begun(begun);
            self.finish(connection, op, start, args, work).await
        });
        let done = done
            .await
            .unwrap_or_else(|| Err(Failed::Unknown(silent(self.server.address()))));
        done.map_err(Failed::into_error)
    }

    async fn finish<A, T>(
        &self,
        connection: Connection,
        op: Op,
        start: Start<'_>,
        args: &A,
        work: Work<A, T>,
    ) -> Result<T, Failed>
    where
        A: Send + Sync,
        T: Send,
    {
        let mut tx = PgTransaction::new(&connection, &self.process, start);
        let done = match work(&mut tx, args).await {
            Ok(done) => done,
            Err(error) => {
                let failed = match tx.into_failure() {
                    (Some(not_begun), _) => not_begun,
                    (None, cause) => Failed::before_commit(error, cause),
                };
                // After any other failure the connection is dropped, which ends the transaction.
                if let Failed::Operation(_) = failed {
                    self.roll_back(connection).await;
                }
                return Err(failed);
            }
        };
        failpoint(op, "before");
        tx.commit().await?;
        failpoint(op, "after");
        lock(&self.idle).push(connection);
        Ok(done)
    }

    /// Begins a transaction, compares the server with what is known about it, and returns an error for an
    /// operation that it must not run.
    async fn begin(&self, connection: &Connection, op: Op) -> Result<Begun, Failed> {
        // Before the request: answers to others may arrive in another order.
        let before = lock(&self.seen).clone();
        let begun = Begun::read(connection, &self.server, op).await?;
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

    /// Returns an idle connection, or opens one and compares its server with the seal.
    async fn connection(&self) -> Result<Connection, Failed> {
        let idle = lock(&self.idle).pop();
        if let Some(connection) = idle.filter(|connection| !connection.client().is_closed()) {
            return Ok(connection);
        }
        let connection = self.connect().await?;
        Box::pin(self.compare_with_seal(&connection)).await?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<Connection, Failed> {
        let connected = self.server.connect().await;
        connected.map_err(|failure| Failed::Unavailable(failed(failure)))
    }

    /// Ends a transaction without its changes, and keeps the connection if that succeeds.
    async fn roll_back(&self, connection: Connection) {
        if connection.rows("ROLLBACK").await.is_ok() {
            lock(&self.idle).push(connection);
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

fn failpoint(op: Op, side: &str) {
    #[cfg(feature = "failpoints")]
    crate::failpoint::pass(op.name, side);
    let _ = (op.name, side);
}

/// Returns the time that the server's clock showed.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp(micros)
}

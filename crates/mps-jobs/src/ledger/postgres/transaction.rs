//! An open transaction of an operation.

use futures_util::future::join;
use mps_core::{
    BoxFuture,
    postgres::{Connection, Failure},
};
use tokio_postgres::types::{ToSql, Type};

use super::{
    attempt::Failed,
    begin::Begun,
    failure::failed_ref,
    value::{row, type_of},
};
use crate::ledger::{
    error::LedgerError,
    names::Timestamp,
    tx::{Process, Row, Transaction, Value},
};

pub(super) struct PgTransaction<'a> {
    connection: &'a Connection,
    process: &'a Process,
    begun: Begun,
    /// The failure of the first statement that failed, after which no other one can succeed.
    failure: Option<Failure>,
    /// The statement that is sent in one round trip with the next one.
    late: Option<(&'static str, Vec<Value>)>,
}

impl<'a> PgTransaction<'a> {
    pub(super) fn new(connection: &'a Connection, process: &'a Process, begun: Begun) -> Self {
        Self {
            connection,
            process,
            begun,
            failure: None,
            late: None,
        }
    }

    pub(super) fn into_failure(self) -> Option<Failure> {
        self.failure
    }

    /// Commits, in one round trip with the statement that is still to be sent.
    pub(super) async fn commit(mut self) -> Result<(), Failed> {
        let connection = self.connection;
        let late = self.late.take();
        let (late, committed) = join(run_late(connection, late), connection.rows("COMMIT")).await;
        if let Err(error) = late {
            let failure = connection.failed(error);
            // After a statement that the server refused, the commit rolls back. Without an answer to either,
            // both may have been executed.
            return Err(match Failed::at_commit(&failure) {
                unknown @ Failed::Unknown(_) => unknown,
                _ => Failed::before_commit(failed_ref(&failure), Some(failure)),
            });
        }
        let committed = committed.map_err(|failure| Failed::at_commit(&failure));
        committed.map(drop)
    }

    fn failed(&mut self, error: tokio_postgres::Error) -> LedgerError {
        let failure = self.connection.failed(error);
        let error = failed_ref(&failure);
        self.failure.get_or_insert(failure);
        error
    }
}

async fn run_late(
    connection: &Connection,
    late: Option<(&'static str, Vec<Value>)>,
) -> Result<(), tokio_postgres::Error> {
    let Some((sql, values)) = late else {
        return Ok(());
    };
    let values = parameters(&values);
    connection.client().execute_typed(sql, &values).await?;
    Ok(())
}

/// Returns the parameters of an unnamed statement.
fn parameters(values: &[Value]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    let typed = |value| (value as &(dyn ToSql + Sync), type_of(value));
    values.iter().map(typed).collect()
}

impl Transaction for PgTransaction<'_> {
    fn query<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<Vec<Row>, LedgerError>> {
        Box::pin(async move {
            let (connection, late) = (self.connection, self.late.take());
            let values = parameters(values);
            let rows = connection.client().query_typed(sql, &values);
            let (late, rows) = join(run_late(connection, late), rows).await;
            let rows = late.and(rows).map_err(|error| self.failed(error))?;
            rows.iter().map(row).collect()
        })
    }

    fn execute<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<u64, LedgerError>> {
        Box::pin(async move {
            let (connection, late) = (self.connection, self.late.take());
            let values = parameters(values);
            let changed = connection.client().execute_typed(sql, &values);
            let (late, changed) = join(run_late(connection, late), changed).await;
            late.and(changed).map_err(|error| self.failed(error))
        })
    }

    fn execute_late<'t>(
        &'t mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> BoxFuture<'t, Result<(), LedgerError>> {
        Box::pin(async move {
            let (connection, late) = (self.connection, self.late.replace((sql, values)));
            let done = run_late(connection, late).await;
            done.map_err(|error| self.failed(error))
        })
    }

    fn refresh_statistics(&mut self) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move { self.execute("ANALYZE item", &[]).await.map(drop) })
    }

    fn now(&self) -> Timestamp {
        self.begun.now
    }

    fn process(&self) -> &Process {
        self.process
    }

    /// A process that is alive renews its leases, so the owner of a lease that is over is dead.
    fn is_orphan(&mut self, _: &str, lease: Timestamp) -> bool {
        lease <= self.begun.now
    }

    fn epoch(&mut self) -> BoxFuture<'_, Result<i64, LedgerError>> {
        Box::pin(std::future::ready(Ok(self.begun.epoch())))
    }
}

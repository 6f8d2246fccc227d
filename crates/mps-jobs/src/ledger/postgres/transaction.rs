//! An open transaction of an operation.

use futures_util::future::{join, join3};
use mps_core::{
    BoxFuture,
    postgres::{Connection, Failure},
};
use tokio_postgres::types::{ToSql, Type};

use super::{
    PostgresStore,
    attempt::Failed,
    begin::{Begun, NOW},
    failure::failed_ref,
    value::{row, type_of},
};
use crate::ledger::{
    error::LedgerError,
    names::Timestamp,
    tx::{Op, Process, Row, Statement, Transaction, Value, unexpected},
};

/// The beginning of a transaction.
pub(super) enum Start<'a> {
    /// It has begun.
    Begun(Begun),
    /// It begins with its first statement, in one round trip.
    Joined(&'a PostgresStore, Op),
}

pub(super) struct PgTransaction<'a> {
    connection: &'a Connection,
    process: &'a Process,
    begun: Begun,
    /// Until the first statement.
    beginning: Option<(&'a PostgresStore, Op)>,
    /// The failure to begin.
    not_begun: Option<Failed>,
    /// The failure of the first statement that failed, after which no other one can succeed.
    failure: Option<Failure>,
    /// The statement that is sent in one round trip with the next one.
    late: Option<(&'static str, Vec<Value>)>,
}

impl<'a> PgTransaction<'a> {
    pub(super) fn new(connection: &'a Connection, process: &'a Process, start: Start<'a>) -> Self {
        let (begun, beginning) = match start {
            Start::Begun(begun) => (begun, None),
            Start::Joined(store, op) => (Begun::none(), Some((store, op))),
        };
        Self {
            connection,
            process,
            begun,
            beginning,
            not_begun: None,
            failure: None,
            late: None,
        }
    }

    /// Returns the failure to begin, or that of a statement.
    pub(super) fn into_failure(self) -> (Option<Failed>, Option<Failure>) {
        (self.not_begun, self.failure)
    }

    /// Begins the transaction, if that is still to be done, and runs the delayed statement and another one,
    /// in one round trip.
    async fn run<T>(
        &mut self,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, LedgerError> {
        let (connection, late, beginning) =
            (self.connection, self.late.take(), self.beginning.take());
        let start = async {
            match beginning {
                Some((store, op)) => store.begin(connection, op).await.map(Some),
                None => Ok(None),
            }
        };
        let (begun, late, done) = join3(start, run_late(connection, late), statement).await;
        match begun {
            Ok(Some(begun)) => self.begun = begun,
            Ok(None) => {}
            Err(failed) => {
                self.not_begun = Some(failed);
                // Whatever the statement came to: the transaction is given up.
                return Err(unexpected());
            }
        }
        late.and(done).map_err(|error| self.failed(error))
    }

    /// Commits, in one round trip with the statement that is still to be sent.
    pub(super) async fn commit(mut self) -> Result<(), Failed> {
        let connection = self.connection;
        if let Some(failed) = self.not_begun.take() {
            return Err(failed);
        }
        if self.beginning.is_some() {
            // No statement ran, and none is still to be sent.
            debug_assert!(self.late.is_none(), "a delayed statement would be lost");
            return Ok(());
        }
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
            let (client, values) = (self.connection.client(), parameters(values));
            let rows = self.run(client.query_typed(sql, &values)).await?;
            rows.iter().map(row).collect()
        })
    }

    fn execute<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<u64, LedgerError>> {
        Box::pin(async move {
            let (client, values) = (self.connection.client(), parameters(values));
            self.run(client.execute_typed(sql, &values)).await
        })
    }

    fn query_and_execute<'t>(
        &'t mut self,
        (query, query_values): Statement<'t>,
        (execute, execute_values): Statement<'t>,
    ) -> BoxFuture<'t, Result<(Vec<Row>, u64), LedgerError>> {
        Box::pin(async move {
            let client = self.connection.client();
            let query_values = parameters(query_values);
            let execute_values = parameters(execute_values);
            let both = async {
                let rows = client.query_typed(query, &query_values);
                let changed = client.execute_typed(execute, &execute_values);
                let (rows, changed) = join(rows, changed).await;
                Ok((rows?, changed?))
            };
            let (rows, changed) = self.run(both).await?;
            let rows: Result<Vec<_>, _> = rows.iter().map(row).collect();
            Ok((rows?, changed))
        })
    }

    fn execute_late<'t>(
        &'t mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> BoxFuture<'t, Result<(), LedgerError>> {
        Box::pin(async move {
            if self.late.is_some() {
                self.run(std::future::ready(Ok(()))).await?;
            }
            self.late = Some((sql, values));
            Ok(())
        })
    }

    fn refresh_statistics(&mut self) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move { self.execute("ANALYZE item", &[]).await.map(drop) })
    }

    fn now(&self) -> Timestamp {
        self.begun.now
    }

    fn now_in_sql(&self) -> Option<&'static str> {
        self.beginning.is_some().then_some(NOW)
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

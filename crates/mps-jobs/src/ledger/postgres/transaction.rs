//! An open transaction of an operation.

use mps_core::{
    BoxFuture,
    postgres::{Connection, Failure},
};
use tokio_postgres::types::{ToSql, Type};

use super::{
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
}

impl<'a> PgTransaction<'a> {
    pub(super) fn new(connection: &'a Connection, process: &'a Process, begun: Begun) -> Self {
        Self {
            connection,
            process,
            begun,
            failure: None,
        }
    }

    pub(super) fn into_failure(self) -> Option<Failure> {
        self.failure
    }

    fn failed(&mut self, error: tokio_postgres::Error) -> LedgerError {
        let failure = self.connection.failed(error);
        let error = failed_ref(&failure);
        self.failure.get_or_insert(failure);
        error
    }
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
            let client = self.connection.client();
            let rows = client.query_typed(sql, &parameters(values)).await;
            let rows = rows.map_err(|error| self.failed(error))?;
            rows.iter().map(row).collect()
        })
    }

    fn execute<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<u64, LedgerError>> {
        Box::pin(async move {
            let client = self.connection.client();
            let changed = client.execute_typed(sql, &parameters(values)).await;
            changed.map_err(|error| self.failed(error))
        })
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

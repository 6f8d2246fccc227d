//! An open transaction of an operation.

use futures_util::future::join;
use mps_core::{
    BoxFuture,
    postgres::{Connection, Failure, StatementResult},
};
use tokio_postgres::types::{ToSql, Type};

use super::{
    PostgresStore,
    attempt::Failed,
    begin::{self, Begun, Look, NOW},
    failover::Seen,
    failpoint,
    failure::failed_ref,
    script::{Literal, Script, Session, Statements, changing_one, literals, with_rows},
    value::{row, type_of, untyped},
};
use crate::ledger::{
    error::LedgerError,
    names::Timestamp,
    tx::{Mode, Op, Process, Row, Transaction, Value, unexpected},
};

pub(super) struct PgTransaction<'a> {
    connection: &'a Connection,
    statements: Statements<'a>,
    process: &'a Process,
    op: Op,
    begun: Begun,
    /// Until the transaction has begun, which it does with its first statement, in one round trip.
    beginning: Option<(&'a PostgresStore, Seen)>,
    /// True if each statement is sent at once, since an earlier run expected too much of one.
    is_stepwise: bool,
    /// Statements that are sent in one round trip with the next one.
    pending: Vec<(String, Vec<Literal>)>,
    /// The first failure, after which no statement can succeed.
    failed: Option<Failed>,
    is_committed: bool,
}

impl<'a> PgTransaction<'a> {
    /// Returns a transaction that begins with its first statement.
    pub(super) fn new(store: &'a PostgresStore, session: &'a mut Session, op: Op) -> Self {
        Self {
            beginning: Some((store, store.seen())),
            ..Self::begun(session, &store.process, op, Begun::none())
        }
    }

    /// Returns a transaction that has begun.
    pub(super) fn begun(
        session: &'a mut Session,
        process: &'a Process,
        op: Op,
        begun: Begun,
    ) -> Self {
        let (connection, statements) = session.parts();
        Self {
            connection,
            statements,
            process,
            op,
            begun,
            beginning: None,
            is_stepwise: false,
            pending: Vec::new(),
            failed: None,
            is_committed: false,
        }
    }

    /// Sends each statement at once from here on.
    pub(super) fn be_stepwise(&mut self) {
        self.is_stepwise = true;
    }

    /// Begins the transaction before its first statement.
    pub(super) async fn begin(&mut self) -> Result<(), LedgerError> {
        self.send().await.map(drop)
    }

    /// Returns the failure to begin, or that of a statement; else that of the operation itself.
    pub(super) fn into_failure(self, error: LedgerError) -> Failed {
        self.failed.unwrap_or(Failed::Operation(error))
    }

    /// Returns what is to be sent with the next statement: the beginning, and pending statements.
    fn script(&mut self, look: Look) -> Script {
        let mut script = Script::default();
        if let Some((store, _)) = &self.beginning {
            let schema = store.server.schema();
            begin::add(&mut script, &self.statements, schema, self.op.mode, look);
        }
        for (sql, values) in self.pending.drain(..) {
            self.statements.add(&mut script, &sql, &values);
        }
        script
    }

    /// Sends what is pending. Returns the result of its last statement.
    async fn send(&mut self) -> Result<StatementResult, LedgerError> {
        let script = self.script(Look::Read);
        let sent = script.run(self.connection).await;
        let mut results = self.received(script, sent, Failed::before_commit)?;
        Ok(results.pop().unwrap_or_default())
    }

    /// Sends what is pending and another statement in one round trip.
    async fn run<T>(
        &mut self,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, LedgerError> {
        let script = self.script(Look::Read);
        let (sent, done) = join(script.run(self.connection), statement).await;
        self.received(script, sent, Failed::before_commit)?;
        done.map_err(|error| {
            let failure = self.connection.failed(error);
            self.fail(&failure, Failed::before_commit)
        })
    }

    /// Sends what is pending and the commit in one round trip. Returns the result of the last statement
    /// before it.
    async fn send_and_commit(&mut self) -> Result<StatementResult, LedgerError> {
        if self.failed.is_some() {
            return Err(unexpected());
        }
        let seen = self.beginning.as_ref().map(|(_, seen)| seen.clone());
        let mut script = self.script(seen.map_or(Look::Read, Look::Expect));
        script.add("COMMIT");
        failpoint(self.op, "before");
        let sent = script.run(self.connection).await;
        let mut results = self.received(script, sent, Failed::at_commit)?;
        self.is_committed = true;
        results.pop();
        Ok(results.pop().unwrap_or_default())
    }

    /// Looks at the answers to a script.
    fn received(
        &mut self,
        script: Script,
        sent: Result<Vec<StatementResult>, Failure>,
        failed: fn(&Failure) -> Failed,
    ) -> Result<Vec<StatementResult>, LedgerError> {
        let look = script.look;
        self.statements.ran(script, sent.is_ok());
        let results = sent.map_err(|failure| self.fail(&failure, failed))?;
        if let Some((store, seen)) = self.beginning.take() {
            let look = results.get(look).and_then(|look| look.rows.first());
            match store.begun(look, &seen, self.op) {
                Ok(begun) => self.begun = begun,
                Err(failed) => {
                    self.failed = Some(failed);
                    // Whatever the statements came to: the transaction is given up.
                    return Err(unexpected());
                }
            }
        }
        Ok(results)
    }

    fn fail(&mut self, failure: &Failure, failed: fn(&Failure) -> Failed) -> LedgerError {
        self.failed.get_or_insert_with(|| failed(failure));
        failed_ref(failure)
    }

    /// Commits, in one round trip with the statements that are still to be sent.
    pub(super) async fn commit(mut self) -> Result<(), Failed> {
        if self.is_committed {
            return Ok(());
        }
        if self.beginning.is_some() && self.pending.is_empty() && self.failed.is_none() {
            // Nothing ran.
            failpoint(self.op, "before");
            return Ok(());
        }
        let committed = self.send_and_commit().await;
        committed
            .map(drop)
            .map_err(|error| self.into_failure(error))
    }

    /// Keeps a statement for the next round trip.
    fn keep(&mut self, sql: String, values: Vec<Literal>) {
        self.pending.push((sql, values));
    }

    /// Returns the values of a change that travels with the next statement; `None` if it is sent at once, since a value is
    /// private or an earlier run expected too much.
    fn delayed(&self, values: &[Value]) -> Option<Vec<Literal>> {
        literals(values).filter(|_| !self.is_stepwise)
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
            let in_text = match self.op.mode {
                // Planned with its values, by which the numbers of rows differ.
                Mode::Read => None,
                Mode::Durable | Mode::Relaxed => literals(values),
            };
            let Some(in_text) = in_text else {
                let (client, values) = (self.connection.client(), parameters(values));
                let rows = self.run(client.query_typed(sql, &values)).await?;
                return rows.iter().map(row).collect();
            };
            self.keep(sql.to_owned(), in_text);
            let result = self.send().await?;
            Ok(result.rows.iter().map(untyped).collect())
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

    fn change_one<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<bool, LedgerError>> {
        Box::pin(async move {
            let Some(in_text) = self.delayed(values) else {
                return Ok(self.execute(sql, values).await? > 0);
            };
            self.keep(changing_one(sql), in_text);
            Ok(true)
        })
    }

    fn execute_late<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<(), LedgerError>> {
        Box::pin(async move {
            let Some(in_text) = literals(values) else {
                return self.execute(sql, values).await.map(drop);
            };
            self.keep(sql.to_owned(), in_text);
            Ok(())
        })
    }

    fn query_last<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<Option<Row>, LedgerError>> {
        Box::pin(async move {
            let Some(in_text) = self.delayed(values) else {
                return Ok(self.query(sql, values).await?.pop());
            };
            self.keep(with_rows(sql), in_text);
            let result = self.send_and_commit().await?;
            Ok(result.rows.first().map(untyped))
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

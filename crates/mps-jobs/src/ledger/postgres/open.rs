//! Opening a ledger in a PostgreSQL server: creation and migration by one process at a time, then the
//! comparison with the seal.

use std::{
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use mps_core::{
    clock::{SharedClock, timeout},
    postgres::{Connection, Server, identifier},
    sync::Worker,
};
use tokio::sync::Semaphore;

use super::{
    CONNECTIONS, PostgresStore,
    attempt::Failed,
    begin::{Begun, CLUSTER},
    failover::Seen,
    failpoint,
    failure::{failed, silent},
    location,
    script::Session,
    transaction::PgTransaction,
};
use crate::ledger::{
    error::{LedgerError, LedgerErrorKind},
    files, schema,
    seal::{Seal, Sent},
    thread_ended,
    tx::{Op, Process, Value, unexpected},
};

/// Longest time of creation, migration and the wait for other processes that do it.
const OPENS_WITHIN: Duration = Duration::from_secs(10);

/// The lock of creation and migration, held until the end of its transaction.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7163904418265)";

impl PostgresStore {
    /// Opens the ledger at a URL, creates it if there is none, and compares it with its seal.
    pub(in crate::ledger) async fn open(
        url: &str,
        clock: &SharedClock,
    ) -> Result<Self, LedgerError> {
        let (url, folder) = location::split(url)?;
        let server = Server::at(&url).map_err(failed)?;
        let process = Process::new();
        let prepared = timeout(&**clock, OPENS_WITHIN, async {
            let mut session = Session::new(server.connect().await.map_err(failed)?, false);
            let ledger = prepare(&mut session, &server, &process).await?;
            warn_about_settings(&session.connection).await;
            Ok(ledger)
        });
        let ledger = prepared
            .await
            .unwrap_or_else(|| Err(silent(server.address())))?;
        let path = location::seal_file(&folder, &ledger);
        let seal_thread = Worker::new("mps-ledger-seal-read");
        let opened = seal_thread.run(move || {
            files::prepare_folder(&path)?;
            let seal = Seal::open(&path, &ledger)?;
            let epoch = seal.newest()?.map_or(0, |sent| sent.epoch);
            Ok((seal, epoch))
        });
        let (seal, epoch) = opened
            .await
            .unwrap_or_else(|error| Err(thread_ended(error)))?;
        let store = Self {
            clock: clock.clone(),
            process,
            idle: Mutex::default(),
            prepares: AtomicBool::new(true),
            connections: Semaphore::new(CONNECTIONS),
            seal: Arc::new(seal),
            seal_thread,
            noticing: tokio::sync::Mutex::default(),
            seen: Mutex::new(Seen {
                cluster: String::new(),
                epoch,
            }),
            server,
        };
        store.first_look().await?;
        Ok(store)
    }

    /// Compares the server with the one that was accepted, and with the seal.
    async fn first_look(&self) -> Result<(), LedgerError> {
        let connection = self.connect().await.map_err(Failed::into_error)?;
        let begun = Begun::read(&connection, &self.server, Op::read("open")).await;
        let begun = begun.map_err(Failed::into_error)?;
        drop(connection);
        mps_core::sync::lock(&self.seen)
            .cluster
            .clone_from(&begun.accepted_cluster);
        // Compared with the seal at the first connection; the rest at each beginning.
        let session = self.session().await.map_err(Failed::into_error)?;
        self.keep(session);
        Ok(())
    }
}

/// Creates and migrates the tables. Returns the id of the ledger.
async fn prepare(
    session: &mut Session,
    server: &Server,
    process: &Process,
) -> Result<String, LedgerError> {
    let version = begin(&session.connection, server.schema()).await?;
    // Only the settings of the transaction and its tables are used.
    let op = Op::durable("migrate");
    let mut tx = PgTransaction::begun(session, process, op, Begun::none());
    schema::migrate_server(&mut tx, &version).await?;
    let id = format!("{:016x}", fastrand::u64(..));
    let statements = format!(
        "INSERT INTO meta (k, v) VALUES ('id', '{id}'), ('accepted', '1'), ('cluster', {CLUSTER}) \
         ON CONFLICT (k) DO NOTHING; SELECT v FROM meta WHERE k = 'id'"
    );
    let connection = &session.connection;
    let rows = connection.rows(&statements).await.map_err(failed)?;
    failpoint(op, "before");
    connection.rows("COMMIT").await.map_err(failed)?;
    failpoint(op, "after");
    let id = rows.last().and_then(|row| row.try_get(0).ok().flatten());
    id.map(ToOwned::to_owned).ok_or_else(unexpected)
}

/// Begins the transaction of creation and migration. Returns the version of the schema, 0 for none.
async fn begin(connection: &Connection, schema: &str) -> Result<usize, LedgerError> {
    let quoted = identifier(schema);
    let exists = format!(
        "SELECT to_regclass({0}) IS NOT NULL, \
         EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = {1})",
        mps_core::postgres::literal(&format!("{quoted}.meta")),
        mps_core::postgres::literal(schema),
    );
    let statements = format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit TO on; \
         SET LOCAL search_path TO {quoted}; SET LOCAL lock_timeout TO 10000; {LOCK}; {exists}"
    );
    let rows = connection.rows(&statements).await.map_err(failed)?;
    let answer = rows.last().ok_or_else(unexpected)?;
    let is = |column: usize| answer.try_get(column).ok().flatten() == Some("t");
    if !is(1) {
        let create = format!("CREATE SCHEMA {quoted}");
        connection.rows(&create).await.map_err(failed)?;
    }
    if !is(0) {
        return Ok(0);
    }
    let version = "SELECT v FROM meta WHERE k = 'schema'";
    let rows = connection.rows(version).await.map_err(failed)?;
    let version = rows.first().and_then(|row| row.try_get(0).ok().flatten());
    version
        .and_then(|version| version.parse().ok())
        .ok_or_else(|| {
            let message = "the schema has a table `meta` that is not one of a ledger";
            LedgerError::new(LedgerErrorKind::Damaged, message)
                .with_hint("use another schema: schema=NAME in the URL")
        })
}

/// Warns about a server that loses commits by its settings.
async fn warn_about_settings(connection: &Connection) {
    let lost = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'";
    for row in connection.rows(lost).await.unwrap_or_default() {
        let setting = row.try_get(0).ok().flatten().unwrap_or_default();
        tracing::warn!(
            setting,
            "the ledger's server may lose commits in a crash: the setting is off"
        );
    }
}

/// Returns whether the store has a send.
pub(super) async fn newest_is_known(connection: &Connection, sent: &Sent) -> Result<bool, Failed> {
    let sql = "SELECT fence FROM item WHERE batch = $1 AND key = $2";
    let values = [
        Value::from(sent.claim.row.batch.as_str()),
        Value::from(&sent.key),
    ];
    let typed = values
        .each_ref()
        .map(|value| (value as _, super::value::type_of(value)));
    let rows = connection.client().query_typed(sql, &typed).await;
    let rows = rows.map_err(|error| Failed::at_begin(&connection.failed(error)))?;
    let fence = rows.first().and_then(|row| row.try_get::<_, i64>(0).ok());
    Ok(fence.is_some_and(|fence| fence >= sent.claim.fence.0))
}

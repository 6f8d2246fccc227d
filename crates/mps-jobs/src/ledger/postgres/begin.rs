//! The beginning of a transaction: its settings, the server's clock, and which server it is.

use mps_core::postgres::{Connection, Server, identifier};
use tokio_postgres::SimpleQueryRow;

use super::{
    attempt::Failed,
    failover::{self, Seen},
    script::{Literal, Script, Statements},
    timestamp,
};
use crate::ledger::{
    error::LedgerError,
    names::Timestamp,
    tx::{Effect, Mode, Op, unexpected},
};

/// Bits of an epoch that hold the position in the write-ahead log; 128 TiB fit. The bits above count
/// the failovers that were accepted.
const POSITION_BITS: u32 = 47;

/// The answers of the server at the beginning of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) now: Timestamp,
    /// The identity of the database cluster and its timeline.
    pub(super) cluster: String,
    position: i64,
    /// The cluster that was accepted last.
    pub(super) accepted_cluster: String,
    pub(super) accepted: i64,
    /// The reason why starts wait for a person, if they do.
    pub(super) failover: Option<String>,
}

impl Begun {
    /// Begins a transaction of an operation.
    pub(super) async fn read(
        connection: &Connection,
        server: &Server,
        op: Op,
    ) -> Result<Self, Failed> {
        let mut statements = begin(server.schema(), op.mode).join("; ");
        statements.extend(["; ", &Look::Read.statement(op.mode).0]);
        let rows = connection.rows(&statements).await;
        let rows = rows.map_err(|failure| Failed::at_begin(&failure))?;
        let begun = rows.last().and_then(Self::of);
        begun.ok_or_else(|| Failed::Operation(unexpected()))
    }

    pub(super) fn of(row: &SimpleQueryRow) -> Option<Self> {
        let text = |column: usize| row.try_get(column).ok();
        let number = |column: usize| text(column)??.parse().ok();
        Some(Self {
            now: timestamp(number(0)?),
            cluster: text(1)??.to_owned(),
            position: number(2)?,
            accepted_cluster: text(3)?.unwrap_or_default().to_owned(),
            accepted: number(4).unwrap_or_default(),
            failover: text(5)?.map(ToOwned::to_owned),
        })
    }

    /// Returns a beginning without a look at the server, for a schema without tables.
    pub(super) fn none() -> Self {
        Self {
            now: Timestamp(0),
            cluster: String::new(),
            position: 0,
            accepted_cluster: String::new(),
            accepted: 0,
            failover: None,
        }
    }

    /// Returns a number that grows with every commit and every accepted failover.
    pub(super) fn epoch(&self) -> i64 {
        (self.accepted << POSITION_BITS) | self.position
    }

    /// Returns the number of accepted failovers in an epoch.
    pub(super) fn accepted_in(epoch: i64) -> i64 {
        epoch >> POSITION_BITS
    }

    /// Returns why an operation that leads to a send is refused.
    pub(super) fn refusal(&self, op: Op) -> Option<LedgerError> {
        if op.effect != Effect::Send {
            return None;
        }
        if let Some(reason) = &self.failover {
            return Some(failover::not_accepted(reason));
        }
        (self.cluster != self.accepted_cluster).then(|| failover::not_accepted(failover::OTHER))
    }
}

/// Adds the beginning of a transaction to a script.
pub(super) fn add(
    script: &mut Script,
    statements: &Statements<'_>,
    schema: &str,
    mode: Mode,
    look: Look,
) {
    for statement in begin(schema, mode) {
        script.add(&statement);
    }
    let (sql, values) = look.statement(mode);
    statements.add(script, &sql, &values);
    script.looked();
}

/// Returns the statements before the look at the server, which depends on their settings.
///
/// Plans of changes are kept in their session, so that they must suit tables that were small at the time.
fn begin(schema: &str, mode: Mode) -> Vec<String> {
    let access = match mode {
        Mode::Read => "READ ONLY",
        Mode::Durable | Mode::Relaxed => "READ WRITE",
    };
    let mut statements = vec![
        format!("BEGIN ISOLATION LEVEL READ COMMITTED {access}"),
        format!("SET LOCAL search_path TO {}", identifier(schema)),
    ];
    if mode != Mode::Read {
        statements.push("SET LOCAL enable_seqscan TO off".to_owned());
    }
    statements
}

/// Returns the settings that the look at the server makes for the rest of the transaction, since a statement for
/// each takes longer.
///
/// Every order that the ledger asks for is that of an index. Without statistics, as after an import, the
/// server's planner would sort all rows of a batch to find the next one, on the disk (60 ms for 100,000).
fn settings(mode: Mode) -> String {
    let commit = match mode {
        Mode::Durable => "on",
        Mode::Read | Mode::Relaxed => "off",
    };
    let settings = [
        ("synchronous_commit", commit),
        ("lock_timeout", "5000"),
        ("statement_timeout", "10000"),
        ("idle_in_transaction_session_timeout", "10000"),
        ("enable_sort", "off"),
        ("jit", "off"),
    ];
    let set = |(name, value)| format!("set_config('{name}', '{value}', true)");
    settings.map(set).join(", ")
}

/// The look at the server at the beginning of a transaction. Its row is read by [`Begun::of`].
pub(super) enum Look {
    /// Its answer is compared before anything is committed.
    Read,
    /// Fails with a division by zero unless this state of the server was reached, its cluster was accepted, and
    /// starts do not wait: the transaction may be committed before its answer is read.
    Expect(Seen),
}

impl Look {
    fn statement(self, mode: Mode) -> (String, Vec<Literal>) {
        let settings = settings(mode);
        let read = format!(
            "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now, \
             {CLUSTER} AS cluster, {POSITION} AS position, known.*, {settings} FROM \
             (SELECT max(v) FILTER (WHERE k = 'cluster') AS accepted_cluster, \
             max(v) FILTER (WHERE k = 'accepted') AS accepted, \
             max(v) FILTER (WHERE k = 'failover') AS failover \
             FROM meta WHERE k IN ('cluster', 'accepted', 'failover')) AS known"
        );
        match self {
            Self::Read => (read, Vec::new()),
            Self::Expect(Seen { cluster, epoch }) => {
                let sql = format!(
                    "SELECT look.*, 1 / (CASE WHEN cluster = $1 AND cluster = accepted_cluster \
                     AND failover IS NULL AND (accepted::bigint << {POSITION_BITS}) | position >= $2 \
                     THEN 1 ELSE 0 END) FROM ({read}) AS look"
                );
                (sql, vec![Literal::text(&cluster), Literal::int(epoch)])
            }
        }
    }
}

/// The server's time at the beginning of a statement, for the first one of a transaction.
pub(super) const NOW: &str = "floor(extract(epoch FROM statement_timestamp()) * 1000000)::bigint";

/// The identity of the cluster and the timeline that it writes.
pub(super) const CLUSTER: &str = "(SELECT system_identifier::text FROM pg_control_system()) || '/' || \
     left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)";

/// The position up to which the write-ahead log is on the disk, in bytes. A crash does not take it back,
/// unlike the position of the latest record.
const POSITION: &str = "(pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint";
